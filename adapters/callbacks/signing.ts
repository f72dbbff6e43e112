/** Signatures of callbacks by Standard Webhooks. */
import type { CallbackSigner } from "../../domain/ports/callback_signer.ts";

const SECRET_BYTES = 32;
const SECRET_PREFIX = "whsec_";

/** Signs callbacks by Standard Webhooks (HMAC-SHA-256). A new secret is `whsec_` and 32 random bytes in base64. */
export const callbackSigner: CallbackSigner = {
  newSecret() {
    const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    return `${SECRET_PREFIX}${bytes.toBase64()}`;
  },
  async sign(secrets, id, at, body) {
    // Loaded by the first callback.
    const { Webhook } = await import("./webhook.ts");
    return secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body)).join(" ");
  },
};
