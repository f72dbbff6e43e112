import * as z from "zod/mini";
import type { ProviderFault, SendOutcome } from "../../../domain/ports/provider.ts";
import {
  outcomeOfStatus,
  parseRetryAfter,
  type ProviderReply,
  type RefusalOutcome,
  type RejectedOutcome,
  type RetryOutcome,
  unknownOutcome,
} from "../shared/http_exchange.ts";
import { lookUp } from "../shared/json_fields.ts";

type CodeOutcome =
  | Omit<RejectedOutcome, "code">
  | Omit<RetryOutcome, "code">
  | Omit<ProviderFault, "code">;

const NOT_SENT = { kind: "retry", outcome: "not-sent" } as const;
const ACCOUNT_FAULT = { kind: "provider-fault", scope: "provider" } as const;
/** A fault of the message stream: of the deployment's, or of the message's service where it has one of its own. */
const STREAM_FAULT = { kind: "provider-fault", scope: "service" } as const;

/**
 * The outcome of Postmark's `ErrorCode`; for any other code the HTTP status decides.
 * Source: https://postmarkapp.com/developer/api/overview#error-codes
 */
const ERROR_CODES = {
  /** Bad or missing token. */
  10: ACCOUNT_FAULT,
  /** Maintenance; nothing was processed. */
  100: NOT_SENT,
  /** The sender's signature does not exist. */
  400: ACCOUNT_FAULT,
  /** The sender's signature is not confirmed. */
  401: ACCOUNT_FAULT,
  /** Not allowed to send: out of credits. */
  405: ACCOUNT_FAULT,
  /** Inactive recipient, who bounced or complained before. It comes with HTTP status 422. */
  406: { kind: "rejected", permanent: true },
  /** The account awaits its approval, and may send to its own domain only. */
  412: ACCOUNT_FAULT,
  /** Not allowed to send: the account is not approved, or is held. */
  413: ACCOUNT_FAULT,
  /** Rate limit; a single message of a batch can get it. */
  429: NOT_SENT,
  /** The message stream does not exist. */
  1235: STREAM_FAULT,
} as const satisfies Record<number, CodeOutcome>;

/** The code of an invalid e-mail request. Its message tells whether the recipient is the reason. */
const INVALID_REQUEST = "300";
const RECIPIENT_MESSAGE = /^(?:Invalid|Error parsing) '(?:To|Cc|Bcc)'/;

const Accepted = z.object({ ErrorCode: z.literal(0), MessageID: z.string().check(z.minLength(1)) });
const Refused = z.object({
  ErrorCode: z.int().check(z.positive()),
  Message: z.catch(z.optional(z.string()), undefined),
});

/**
 * Returns the outcome of one message from Postmark's reply. Of a 2xx, 401 or 422 reply, Postmark's `ErrorCode` decides;
 * so does the code of a planned outage with 503, in which nothing is processed. Otherwise the HTTP status decides. A
 * 2xx reply without a valid body has an unknown outcome.
 *
 * @param hasOwnStream whether the message's service has set its stream, so that a fault of it concerns no other service
 */
export function fromResponse(reply: ProviderReply, hasOwnStream = false): SendOutcome {
  const refused = Refused.safeParse(reply.body);
  const errorCode = refused.success ? refused.data.ErrorCode : undefined;
  if (reply.status >= 200 && reply.status < 300) {
    const accepted = Accepted.safeParse(reply.body);
    if (accepted.success) return { kind: "accepted", providerMessageId: accepted.data.MessageID };
    if (errorCode === undefined) return unknownOutcome("bad-answer");
    return fromResponse({ ...reply, status: 422 }, hasOwnStream);
  }
  const code = errorCode === undefined ? undefined : String(errorCode);
  const isPlannedOutage = reply.status === 503 && code === "100";
  if (code !== undefined && ([401, 422].includes(reply.status) || isPlannedOutage)) {
    const outcome = outcomeOfCode(code, refused.data?.Message, hasOwnStream);
    if (outcome?.kind === "rejected") return { ...outcome, code };
    if (outcome !== undefined) return { ...outcome, code, ...parseRetryAfter(reply.retryAfter) };
  }
  return outcomeOfStatus(reply, code);
}

function outcomeOfCode(
  code: string,
  message: string | undefined,
  hasOwnStream: boolean,
): CodeOutcome | undefined {
  if (code === INVALID_REQUEST) {
    return { kind: "rejected", permanent: RECIPIENT_MESSAGE.test(message ?? "") };
  }
  const outcome = lookUp<CodeOutcome>(ERROR_CODES, code);
  return outcome === STREAM_FAULT && !hasOwnStream ? ACCOUNT_FAULT : outcome;
}

/**
 * Returns the outcomes of a batch from Postmark's reply. A batch that Postmark accepted is answered with 200 and a list
 * with an entry for each message, in order, even if single messages were refused. A message without an entry may have
 * been sent, so its outcome is unknown. Source: https://github.com/activecampaign/postmark-php/wiki/Sending-Batches
 *
 * @param count the number of messages in the batch
 * @param hasOwnStream whether the service of the message at this index has set its stream
 * @returns an outcome for each message, or one for all when the whole call failed
 */
export function fromBatchResponse(
  reply: ProviderReply,
  count: number,
  hasOwnStream: (index: number) => boolean = () => false,
): readonly SendOutcome[] | RefusalOutcome {
  const { status, retryAfter } = reply;
  if (status < 200 || status >= 300) {
    const outcome = fromResponse(reply);
    return outcome.kind === "accepted" ? unknownOutcome("bad-answer") : outcome;
  }
  const entries: readonly unknown[] = Array.isArray(reply.body) ? reply.body : [];
  return Array.from(
    { length: count },
    (_, index) => fromResponse({ status, retryAfter, body: entries[index] }, hasOwnStream(index)),
  );
}
