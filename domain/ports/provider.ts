import type { OutgoingMessage } from "../delivery/outgoing_message.ts";
import type { Receipt } from "../delivery/receipt.ts";
import type { Channel } from "../service/service.ts";

/**
 * What an attempt came to. An adapter classifies and never loops.
 *
 * - `accepted`: the provider has the message; `receipts` are those it gave at once.
 * - `rejected`: no later attempt can succeed; `permanent` when the recipient is the reason (it ends as
 *   permanent-failure), otherwise our request is (technical-failure).
 * - `retry`: a later attempt may succeed. `not-sent`: this one surely did not go out. `unknown`: it may have.
 *
 * `code` is the provider's own code or a short word of ours (`timeout`, `network`, `http-502`); it never holds
 * personal data.
 */
export type SendOutcome =
  | {
    readonly kind: "accepted";
    readonly providerMessageId: string;
    /** It has reached its recipient: there is no receipt to wait for. */
    readonly delivered?: true;
    readonly receipts?: readonly Receipt[];
  }
  | { readonly kind: "rejected"; readonly permanent: boolean; readonly code: string }
  | {
    readonly kind: "retry";
    readonly outcome: "not-sent" | "unknown";
    readonly code: string;
    readonly afterMs?: number;
  };

/** The way out of a channel. One attempt a call; never throws but for a bug. */
export interface Provider {
  readonly name: string;
  readonly channel: Channel;
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>;
  /** Present where the provider takes many messages in one call. */
  readonly batch?: {
    /** The most messages of a call. */
    readonly most: number;
    /** One attempt at each; the outcomes are in the order of the messages. */
    send(
      messages: readonly OutgoingMessage[],
      signal: AbortSignal,
    ): Promise<readonly SendOutcome[]>;
  };
  /**
   * Present where the provider has to be asked what became of messages.
   *
   * @returns receipts of those that have come further; what it says nothing of is asked about again
   */
  readonly poll?: (
    providerMessageIds: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly Receipt[]>;
}
