/**
 * Records a request's security event (a refused credential or a reached limit) in its `requestLog`. When the request
 * has been answered, the event is logged, and the middleware `slowGuesses` counts it if it may be a guess.
 */
import type { Context } from "hono";
import type { UploadRefusal } from "../../application/jobs/upload_refusal.ts";
import type { CallerRefusal } from "../../application/sending/authenticate.ts";
import type { AuthRefusal } from "../../domain/access/service_token/refusal.ts";
import type { Credential, Limit, SecurityEvent } from "../../domain/access/security_event.ts";
import type { RequestLog } from "./context.ts";

/** Refusals of a service's token that a caller gets who guesses services or keys. */
const GUESSES: ReadonlySet<AuthRefusal["kind"]> = new Set([
  "service-not-found",
  "no-keys",
  "key-not-found",
]);

/** Notes the request's security event; the first of a request stays. */
function note(c: Pick<Context, "get">, event: SecurityEvent): void {
  const facts: RequestLog | undefined = c.get("requestLog");
  if (facts !== undefined) facts.security ??= event;
}

/**
 * Records that the request's credential was refused. Do not call it for a request without a credential. A request has
 * one event: when it has one already, that one stays.
 *
 * @param reason the kind of the refusal; no part of the credential
 * @param isGuess whether the caller may be guessing credentials; such failures are counted, and slowed when there are
 * many
 */
export function noteRefusedCredential(
  c: Context,
  credential: Exclude<Credential, "service-token">,
  reason: string,
  isGuess: boolean,
): void {
  note(c, { kind: "credential-refused", credential, reason, isGuess });
}

/**
 * Records as the request's security event that it reached `limit`, such as the rate limit. When the request has an
 * event already, that one stays.
 */
export function noteLimit(c: Pick<Context, "get">, limit: Limit): void {
  note(c, { kind: "limit-reached", limit });
}

/**
 * Records a refusal as the request's security event if it is one: a refused token of a service, or a reached rate limit
 * or daily limit. When the request has an event already, that one stays. The kind of every refusal is added to
 * `refusals`, for the metrics.
 */
export function noteRefusal(
  c: Context,
  refusal: CallerRefusal | { readonly kind: string },
): void {
  const facts: RequestLog | undefined = c.get("requestLog");
  const reason = "refusal" in refusal ? refusal.refusal.kind : refusal.kind;
  if (facts !== undefined) (facts.refusals ??= []).push(reason);
  if ("refusal" in refusal) return noteRefusedCaller(c, refusal);
  if (refusal.kind === "rate-limited") noteLimit(c, "rate");
  if (refusal.kind === "daily-limit") noteLimit(c, "daily");
}

/** Records an upload's refusal if its cause is a limit: a rate limit, or a daily limit that its rows exceed. */
export function noteRefusedUpload(c: Context, refusal: UploadRefusal): void {
  if (refusal.kind === "refused") noteRefusal(c, refusal.refusal);
  if (refusal.kind !== "list") return;
  const { over_daily_limit, over_international_limit } = refusal.report.errorCounts;
  if (over_daily_limit !== undefined || over_international_limit !== undefined) {
    noteLimit(c, "daily");
  }
}

function noteRefusedCaller(c: Context, { refusal, claimedServiceId }: CallerRefusal): void {
  const { kind: reason } = refusal;
  if (reason === "token-missing") return;
  note(c, {
    kind: "credential-refused",
    credential: "service-token",
    reason,
    isGuess: GUESSES.has(reason),
    ...(claimedServiceId === undefined ? {} : { claimedServiceId }),
  });
}
