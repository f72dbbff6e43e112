/** Notes refused credentials and reached limits of a request, for the log and the counter of failed guesses. */
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

/** Notes that a presented credential was refused. A request without a credential is not an event. */
export function noteRefusedCredential(
  c: Context,
  credential: Exclude<Credential, "service-token">,
  reason: string,
  isGuess: boolean,
): void {
  note(c, { kind: "credential-refused", credential, reason, isGuess });
}

/** Notes that the request reached a limit. */
export function noteLimit(c: Pick<Context, "get">, limit: Limit): void {
  note(c, { kind: "limit-reached", limit });
}

/** Notes the refusal of a request when it is one of a service's token or one of a limit. */
export function noteRefusal(
  c: Context,
  refusal: CallerRefusal | { readonly kind: string },
): void {
  if ("refusal" in refusal) return noteRefusedCaller(c, refusal);
  if (refusal.kind === "rate-limited") noteLimit(c, "rate");
  if (refusal.kind === "daily-limit") noteLimit(c, "daily");
}

/** Notes the refusal of an upload when it is one of a limit. */
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
