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

type Judgement = Omit<RejectedOutcome, "code"> | Omit<RetryOutcome, "code">;

/**
 * What Postmark's `ErrorCode` means beside its HTTP status; any other is judged by the status.
 * Source: https://postmarkapp.com/developer/api/overview#error-codes
 */
export const ERROR_CODES = {
  /** Bad or missing token: an operator can mend it. */
  10: { kind: "retry", outcome: "not-sent" },
  /** Maintenance. */
  100: { kind: "retry", outcome: "not-sent" },
  /** Too much at once, which one message of a batch can be told. */
  429: { kind: "retry", outcome: "not-sent" },
  /** Not allowed to send: out of credits. */
  405: { kind: "retry", outcome: "not-sent" },
  /** Not allowed to send: the account is not approved, or is held. */
  413: { kind: "retry", outcome: "not-sent" },
  /** Invalid e-mail request, as a rule its address. */
  300: { kind: "rejected", permanent: true },
  /** Inactive recipient: bounced or complained before. It comes with HTTP status 422. */
  406: { kind: "rejected", permanent: true },
} as const satisfies Record<number, Judgement>;

const Accepted = z.object({ ErrorCode: z.literal(0), MessageID: z.string().check(z.minLength(1)) });
const Refused = z.object({ ErrorCode: z.int().check(z.positive()) });

/** What Postmark's answer about one message came to. */
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
    const known = lookUp<Judgement>(ERROR_CODES, code);
    if (known !== undefined) return { ...known, code };
  }
  return outcomeOfStatus(reply, code);
}

/**
 * What Postmark's answer to a batch came to. It is a success whatever became of the messages, each of which has an entry
 * of its own, in their order. A message without one may have gone out.
 * Source: https://github.com/activecampaign/postmark-php/wiki/Sending-Batches
 *
 * @param count how many messages there were
 * @returns an outcome for each message, or the one of the whole call where that was refused or went wrong
 */
export function fromBatchResponse(
  reply: ProviderReply,
  count: number,
): readonly SendOutcome[] | RetryOutcome | RejectedOutcome {
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
