import * as z from "zod/mini";
import type { NotificationRef } from "../../../domain/ids.ts";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import {
  outcomeOfStatus,
  parseRetryAfter,
  type ProviderReply,
  unknownOutcome,
} from "../shared/http_exchange.ts";
import { outcomeOfCode } from "./codes.ts";
import { toReceipt } from "./receipts.ts";

const Accepted = z.object({
  sid: z.string().check(z.minLength(1)),
  status: z.nullish(z.string()),
  error_code: z.nullish(z.number()),
});
const Refused = z.object({ code: z.int().check(z.positive()) });

/**
 * Returns the outcome of a text message from Twilio's reply. When the reply has a final status already, the outcome
 * contains its receipt, because Twilio sends no callback for a message that fails at once.
 *
 * @param ref the notification, for that receipt
 * @param provider the provider's name, for that receipt
 * @param hasOwnSender whether the message's service has set its sender, so that a fault of it concerns no other service
 */
export function fromResponse(
  reply: ProviderReply,
  ref: NotificationRef,
  provider: string,
  hasOwnSender = false,
): SendOutcome {
  if (reply.status >= 200 && reply.status < 300) {
    const accepted = Accepted.safeParse(reply.body);
    if (!accepted.success) return unknownOutcome("bad-answer");
    const { sid, status, error_code } = accepted.data;
    const code = error_code ? String(error_code) : undefined;
    const receipt = toReceipt({ provider, sid, status: status ?? "", code, ref });
    return {
      kind: "accepted",
      providerMessageId: sid,
      ...(receipt && receipt.kind !== "sending" ? { receipts: [receipt] } : {}),
    };
  }
  const refused = Refused.safeParse(reply.body);
  const code = refused.success ? String(refused.data.code) : undefined;
  const codeOutcome = outcomeOfCode(code, hasOwnSender);
  if (codeOutcome === undefined || code === undefined) return outcomeOfStatus(reply, code);
  // Of the server errors only those that are surely not processed count as that.
  if (reply.status >= 500 && code !== "20503") return outcomeOfStatus(reply, code);
  if (codeOutcome.kind === "rejected") return { ...codeOutcome, code };
  return { ...codeOutcome, code, ...parseRetryAfter(reply.retryAfter) };
}
