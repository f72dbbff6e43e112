import * as z from "zod/mini";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import {
  outcomeOfStatus,
  type ProviderReply,
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
} from "../shared/http_exchange.ts";
import { lookUp } from "../shared/json_fields.ts";

type CodeOutcome = Omit<RejectedOutcome, "code"> | Omit<RetryOutcome, "code">;

/**
 * The outcome of Postmark's `ErrorCode`; for any other code the HTTP status decides.
 * Source: https://postmarkapp.com/developer/api/overview#error-codes
 */
const ERROR_CODES = {
  /** Bad or missing token, which an operator can fix. */
  10: { kind: "retry", outcome: "not-sent" },
  /** Maintenance. */
  100: { kind: "retry", outcome: "not-sent" },
  /** Rate limit; a single message of a batch can get it. */
  429: { kind: "retry", outcome: "not-sent" },
  /** Not allowed to send: out of credits. */
  405: { kind: "retry", outcome: "not-sent" },
  /** Not allowed to send: the account is not approved, or is held. */
  413: { kind: "retry", outcome: "not-sent" },
  /** Invalid e-mail request, usually an invalid address. */
  300: { kind: "rejected", permanent: true },
  /** Inactive recipient, who bounced or complained before. It comes with HTTP status 422. */
  406: { kind: "rejected", permanent: true },
} as const satisfies Record<number, CodeOutcome>;

const Accepted = z.object({ ErrorCode: z.literal(0), MessageID: z.string().check(z.minLength(1)) });
const Refused = z.object({ ErrorCode: z.int().check(z.positive()) });

/**
 * Returns the outcome of one message from Postmark's reply. Of a 2xx or 422 reply, Postmark's `ErrorCode` decides;
 * otherwise the HTTP status. A 2xx reply without a valid body has an unknown outcome.
 */
export function fromResponse(reply: ProviderReply): SendOutcome {
  const refused = Refused.safeParse(reply.body);
  const errorCode = refused.success ? refused.data.ErrorCode : undefined;
  if (reply.status >= 200 && reply.status < 300) {
    const accepted = Accepted.safeParse(reply.body);
    if (accepted.success) return { kind: "accepted", providerMessageId: accepted.data.MessageID };
    if (errorCode === undefined) return unknownOutcome("bad-answer");
    return fromResponse({ ...reply, status: 422 });
  }
  const code = errorCode === undefined ? undefined : String(errorCode);
  if (reply.status === 422 && code !== undefined) {
    const codeOutcome = lookUp<CodeOutcome>(ERROR_CODES, code);
    if (codeOutcome !== undefined) return { ...codeOutcome, code };
  }
  return outcomeOfStatus(reply, code);
}

/**
 * Returns the outcomes of a batch from Postmark's reply. A batch that Postmark accepted is answered with 200 and a list
 * with an entry for each message, in order, even if single messages were refused. A message without an entry may have
 * been sent, so its outcome is unknown. Source: https://github.com/activecampaign/postmark-php/wiki/Sending-Batches
 *
 * @param count the number of messages in the batch
 * @returns an outcome for each message, or one for all when the whole call failed
 */
export function fromBatchResponse(
  reply: ProviderReply,
  count: number,
): readonly SendOutcome[] | Exclude<SendOutcome, { readonly kind: "accepted" }> {
  const { status, retryAfter } = reply;
  if (status < 200 || status >= 300) {
    const outcome = fromResponse(reply);
    return outcome.kind === "accepted" ? unknownOutcome("bad-answer") : outcome;
  }
  const entries: readonly unknown[] = Array.isArray(reply.body) ? reply.body : [];
  return Array.from(
    { length: count },
    (_, index) => fromResponse({ status, retryAfter, body: entries[index] }),
  );
}
