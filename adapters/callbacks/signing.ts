/** Signatures of callbacks by Standard Webhooks. */
import { Webhook } from "standardwebhooks";
import type { CallbackSigner } from "../../domain/ports/callback_signer.ts";

const SECRET_BYTES = 32;
const SECRET_PREFIX = "whsec_";

/** The signer of callbacks. A secret has 32 random bytes. */
export const callbackSigner: CallbackSigner = {
  newSecret() {
    const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    return `${SECRET_PREFIX}${bytes.toBase64()}`;
  },
  sign: (secrets, id, at, body) =>
    secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body)).join(" "),
};
