import * as z from "zod/mini";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import {
  outcomeOfStatus,
  parseRetryAfter,
  type ProviderReply,
  unknownOutcome,
} from "../shared/http_exchange.ts";
import { codeOfProblem, outcomeOfCode } from "./codes.ts";

const Accepted = z.object({ message_uuid: z.string().check(z.minLength(1), z.maxLength(200)) });

/** The statuses without a listed code that tell a fault of the account: credentials, credit, permission. */
const FAULT_STATUSES: readonly number[] = [401, 402, 403];

/**
 * Returns the outcome of a text message from Vonage's reply. Of a 4xx the code of its problem decides, else the status.
 * After a 5xx the text may have been processed, whatever the code.
 *
 * @param hasOwnSender whether the message's service has set its sender, so that a fault of it concerns no other service
 */
export function fromResponse(reply: ProviderReply, hasOwnSender = false): SendOutcome {
  if (reply.status >= 200 && reply.status < 300) {
    const accepted = Accepted.safeParse(reply.body);
    return accepted.success
      ? { kind: "accepted", providerMessageId: accepted.data.message_uuid }
      : unknownOutcome("bad-answer");
  }
  const code = codeOfProblem(reply.body);
  if (reply.status < 400 || reply.status >= 500) return outcomeOfStatus(reply, code);
  const afterMs = parseRetryAfter(reply.retryAfter);
  const outcome = outcomeOfCode(code, hasOwnSender);
  if (outcome !== undefined && code !== undefined) {
    return outcome.kind === "rejected" ? { ...outcome, code } : { ...outcome, code, ...afterMs };
  }
  if (FAULT_STATUSES.includes(reply.status)) {
    return { kind: "provider-fault", scope: "provider", code: code ?? `http-${reply.status}` };
  }
  const byStatus = outcomeOfStatus(reply, code);
  // The code hides the status, by which the rate would be lowered.
  return reply.status === 429 && code !== undefined && byStatus.kind === "retry"
    ? { ...byStatus, throttled: true }
    : byStatus;
}
