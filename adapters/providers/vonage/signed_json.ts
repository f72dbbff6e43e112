import { jwtVerify } from "jose";
import { sameSecret } from "../../../domain/access/constant_time.ts";
import type { ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import { JSON_LIMITS } from "../../../domain/json/json_shape.ts";
import { readJsonInSteps } from "../../../domain/json/read_json.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { runSteps } from "../../../domain/steps/steps.ts";

/** What a signature of Vonage is verified with. */
export interface SignatureSettings {
  /** The account's signature secrets: while one is rotated, the signature of each of them is accepted. */
  readonly secrets: readonly string[];
  /** An account signs the calls of all its applications with one secret; those of other ones are refused. */
  readonly applicationId: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * How old a signed call may be, in seconds: Vonage repeats one that fails for up to 24 hours. An older one is refused.
 * What comes twice within that time is applied once.
 */
export const MAX_SIGNATURE_AGE_S = 24 * 60 * 60;

/** How far the clocks of Vonage and of this machine may differ, in seconds. */
const CLOCK_TOLERANCE_S = 300;

/** The longest `Authorization` header that is read, in characters; Vonage's has about 500. */
export const MAX_AUTHORIZATION_LENGTH = 4_096;

/**
 * Verifies the signature of a webhook's call, a JWT (HS256) whose `payload_hash` is the SHA-256 of the body, and parses
 * the body. A call that no secret has signed, that is too old, of another application, or whose body was changed is
 * refused as `unauthorised`; without a right signature its body is not read. A body that is not JSON is `undefined`.
 * Source: https://developer.vonage.com/en/messages/concepts/signed-webhooks
 */
export async function readSignedJson(
  { headers, readBody }: ReceiptRequest,
  settings: SignatureSettings,
): Promise<Result<unknown, ReceiptRefusal>> {
  const hash = await verifyToken(headers.get("Authorization"), settings);
  if (hash === undefined) return refuse({ kind: "unauthorised" });
  const body = await readBody();
  if (!body.ok) return body;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body.value));
  if (!sameSecret(hash.toLowerCase(), digest.toHex())) return refuse({ kind: "unauthorised" });
  // A receipt is short, so its steps run at once.
  const json = runSteps(readJsonInSteps(new TextDecoder().decode(body.value), JSON_LIMITS));
  return ok(json.ok ? json.value : undefined);
}

/** Returns the claim `payload_hash` of a valid token; `undefined` for any other. */
async function verifyToken(
  authorization: string | null,
  { secrets, applicationId, now }: SignatureSettings,
): Promise<string | undefined> {
  if (authorization === null || authorization.length > MAX_AUTHORIZATION_LENGTH) return undefined;
  const [, token] = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization) ?? [];
  if (token === undefined) return undefined;
  for (const secret of secrets) {
    try {
      const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
        algorithms: ["HS256"],
        requiredClaims: ["iat", "payload_hash"],
        maxTokenAge: MAX_SIGNATURE_AGE_S,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(now()),
      });
      const { payload_hash: hash, application_id: application } = payload;
      const isOwn = application === undefined || application === applicationId;
      if (isOwn && typeof hash === "string") return hash;
    } catch {
      // Not signed with this secret, or too old.
    }
  }
  return undefined;
}
