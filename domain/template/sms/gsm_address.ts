import { FOREIGN_HOST } from "../markdown/addresses.ts";
import { downgradeToSms } from "./gsm7.ts";

const FOREIGN = /[^\0-\x7f]+/g;

/**
 * Returns a web address in characters that `downgrade` leaves as they are: other letters are percent-encoded, and those of
 * a host get its ASCII form. A program opens the same address. Text that is no address is downgraded.
 */
export function toGsmAddress(address: string): string {
  if (downgradeToSms(address) === address) return address;
  const whole = address.toWellFormed();
  if (!FOREIGN_HOST.test(whole)) return whole.replace(FOREIGN, encodeURIComponent);
  return URL.parse(whole)?.href ?? downgradeToSms(address);
}
