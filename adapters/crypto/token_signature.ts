/** Checks the signatures of service tokens: JWS in compact form (RFC 7515) with HS256. */
import { compactVerify } from "jose";
import { sameBytes } from "../../domain/access/constant_time.ts";
import { fromBase64Url } from "../../domain/access/service_token/base64url.ts";
import { isJsonObject } from "../../domain/json/json_object.ts";
import type { Bytes } from "./aes_gcm.ts";
import type { ImportSyncKey, SyncKey } from "./sync_crypto.ts";

/** Whether a secret signed a token with HS256, and with nothing else. */
export type VerifyToken = (token: string) => Promise<boolean>;

/**
 * Imports the secret of an API key. By jose where the runtime has WebCrypto only; otherwise the HMAC is made in the
 * calling thread (decision 020).
 */
export async function importTokenSecret(
  secret: Bytes,
  importSyncKey: ImportSyncKey | undefined,
): Promise<VerifyToken> {
  if (importSyncKey !== undefined) {
    const key = importSyncKey(secret);
    return (token) => Promise.resolve(isSignedBy(token, key));
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["verify"]);
  return async (token) => {
    try {
      await compactVerify(token, key, { algorithms: ["HS256"] });
      return true;
    } catch {
      return false;
    }
  };
}

function isSignedBy(token: string, key: SyncKey): boolean {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || rest.length > 0) return false;
  const presented = signature === undefined ? undefined : fromBase64Url(signature);
  if (presented === undefined || fromBase64Url(payload) === undefined) return false;
  return isHs256(header) && sameBytes(presented, key.hmac(`${header}.${payload}`));
}

/** Whether a protected header names HS256, and no extension that would have to be understood (RFC 7515, 4.1.11). */
function isHs256(segment: string): boolean {
  const bytes = fromBase64Url(segment);
  if (bytes === undefined) return false;
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isJsonObject(header) && header.alg === "HS256" && !Object.hasOwn(header, "crit") &&
      header.b64 !== false;
  } catch {
    return false;
  }
}
