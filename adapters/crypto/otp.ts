import { toCode } from "../../domain/recipient_settings/otp.ts";

/** Draws a code that proves an address; every one is as likely as any other. */
export function createOtp(): string {
  for (;;) {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    const code = toCode(random);
    if (code !== undefined) return code;
  }
}
