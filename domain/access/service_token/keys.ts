import { ok, refuse, type Result } from "../../result.ts";
import type { ApiKey, Service } from "../../service/service.ts";
import type { AuthRefusal } from "./refusal.ts";
import type { ServiceToken } from "./token.ts";
import { DAY_MS } from "../../time/durations.ts";

const REVOKED_KEY_KNOWN_MS = 7 * DAY_MS;

/**
 * The keys to verify a token's signature with, in the order given: all but those revoked a week ago or earlier.
 *
 * A revoked key is among them for six to seven days, so that its caller is answered that the key was revoked. After
 * that it is treated as unknown.
 *
 * @param token the keys do not depend on it; one whose algorithm is not HS256 is refused
 * @param now epoch milliseconds
 * @returns one key or more; or the first refusal that applies: `no-keys`, `service-archived`, `algorithm-unsupported`
 */
export function usableKeys(
  service: Pick<Service, "active">,
  keys: readonly ApiKey[],
  token: Pick<ServiceToken, "algorithm">,
  now: number,
): Result<readonly ApiKey[], AuthRefusal> {
  const usable = keys.filter((key) => isStillKnown(key, now));
  if (usable.length === 0) return refuse({ kind: "no-keys" });
  if (!service.active) return refuse({ kind: "service-archived" });
  if (token.algorithm !== "HS256") return refuse({ kind: "algorithm-unsupported" });
  return ok(usable);
}

// GOV.UK Notify compares the *date* of the revocation, that is its midnight (UTC), with an instant.
function isStillKnown({ revokedAt }: ApiKey, now: number): boolean {
  if (revokedAt === undefined) return true;
  const midnight = Math.floor(revokedAt / DAY_MS) * DAY_MS;
  return midnight > now - REVOKED_KEY_KNOWN_MS;
}
