import type { TOTP } from "otpauth/bare";
import type { Totp } from "../../domain/ports/totp.ts";

const PERIOD_S = 30;
/** How many time steps a code may be early or late. */
const WINDOW = 1;
const SECRET_BYTES = 20;
/** The name of the deployment's accounts in authenticator apps. */
const ISSUER = "Hark";

/** Creates the one-time codes by time, over `otpauth`, which the first use loads. */
export function createTotp(): Totp {
  return {
    async newSecret() {
      const { Secret } = await import("otpauth/bare");
      return new Secret({ size: SECRET_BYTES }).base32;
    },
    async uriOf(secret, account) {
      return (await openTotp(secret, account)).toString();
    },
    async findStep(secret, code, now) {
      const totp = await openTotp(secret);
      const delta = totp.validate({ token: code, timestamp: now, window: WINDOW });
      return delta === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + delta;
    },
  };
}

/** `otpauth/bare` has no hashes of its own, which `node:crypto` has everywhere. */
async function openTotp(secret: string, label = ""): Promise<TOTP> {
  const [{ Secret, TOTP }, { createHmac }] = await Promise.all([
    import("otpauth/bare"),
    import("node:crypto"),
  ]);
  return new TOTP({
    issuer: ISSUER,
    label,
    secret: Secret.fromBase32(secret),
    period: PERIOD_S,
    hmac: (_algorithm, key, message) =>
      new Uint8Array(createHmac("sha1", key).update(message).digest()),
  });
}
