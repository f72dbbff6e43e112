import { Secret, TOTP } from "otpauth";
import type { Totp } from "../../domain/ports/totp.ts";

const PERIOD_S = 30;
/** How many time steps a code may be early or late. */
const WINDOW = 1;
const SECRET_BYTES = 20;
/** The name of the deployment's accounts in authenticator apps. */
const ISSUER = "Hark";

/** Creates the one-time codes by time, over `otpauth`. */
export function createTotp(): Totp {
  const open = (secret: string, label = "") =>
    new TOTP({ issuer: ISSUER, label, secret: Secret.fromBase32(secret), period: PERIOD_S });
  return {
    newSecret: () => new Secret({ size: SECRET_BYTES }).base32,
    uriOf: (secret, account) => open(secret, account).toString(),
    findStep(secret, code, now) {
      const delta = open(secret).validate({ token: code, timestamp: now, window: WINDOW });
      return delta === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + delta;
    },
  };
}
