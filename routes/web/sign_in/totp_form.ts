/** The form that carries the secret of an authenticator app back to its reader. */
import type { TotpSetup } from "../../../application/accounts/totp_setup.ts";
import type { Form } from "../forms.ts";
import { PageError } from "../page_error.ts";

/** A longer address does not fit into a QR code. */
const MAX_URI = 2_000;

/**
 * Reads what the form of the app repeats, to show it again after a wrong code.
 *
 * @throws PageError 403 when it is not what the page had in its form
 */
export function readTotpSetup(form: Form): TotpSetup {
  const setup = { secret: form.text("secret"), uri: form.text("uri") };
  const isOfPage = /^[A-Z2-7]{16,64}$/.test(setup.secret) && setup.uri.length <= MAX_URI &&
    setup.uri.startsWith("otpauth://totp/");
  if (!isOfPage) throw new PageError(403);
  return setup;
}
