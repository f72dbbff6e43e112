import type { OutgoingMessage } from "../delivery/outgoing_message.ts";
import type { Receipt } from "../delivery/receipt.ts";
import type { Channel } from "../service/service.ts";

/**
 * The outcome of an attempt. An adapter classifies it and does not retry.
 *
 * - `accepted`: the provider has the message; `receipts` are those that its response contained.
 * - `rejected`: no later attempt can succeed. `permanent`: the recipient is the reason, and the notification ends as
 *   `permanent-failure`; otherwise our request is the reason, and it ends as `technical-failure`.
 * - `retry`: a later attempt may succeed. `not-sent`: this one did not send the message. `unknown`: it may have.
 * - `provider-fault`: our account, sender or stream at the provider is at fault, and no message can be sent until someone
 *   mends that. The message was not sent; the provider is paused, and the message waits or goes to another one.
 *
 * `code` is the provider's code or an internal error code (`timeout`, `network`, `http-502`); it never contains personal
 * data.
 */
export type SendOutcome =
  | {
    readonly kind: "accepted";
    readonly providerMessageId: string;
    /** Whether the message has reached its recipient, so that no receipt is awaited. */
    readonly delivered?: true;
    readonly receipts?: readonly Receipt[];
  }
  | { readonly kind: "rejected"; readonly permanent: boolean; readonly code: string }
  | {
    readonly kind: "retry";
    readonly outcome: "not-sent" | "unknown";
    readonly code: string;
    /** The provider's `Retry-After` in milliseconds, if it sent one. */
    readonly afterMs?: number;
    /**
     * Whether the provider refused because it gets too many requests; `not-sent` then. A code that ends in `429` says so
     * too.
     */
    readonly throttled?: true;
  }
  | { readonly kind: "provider-fault"; readonly code: string };

/**
 * A company or system that delivers messages of a channel. A call of `send` is one attempt: it does not retry, and its
 * outcome tells failures; it throws for bugs only. An aborted `signal` ends the call, with the outcome `retry`.
 */
export interface Provider {
  /** Names the provider in the timeline, in receipts and in the log. */
  readonly name: string;
  readonly channel: Channel;
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>;
  /** Present when the provider takes several messages in one call. Two or more due messages are then sent by it. */
  readonly batch?: {
    /** Max messages in one call. */
    readonly most: number;
    /** One attempt at each; the outcomes are in the order of the messages. */
    send(
      messages: readonly OutgoingMessage[],
      signal: AbortSignal,
    ): Promise<readonly SendOutcome[]>;
  };
  /**
   * Present when the provider sends no receipts and has to be polled.
   *
   * @returns receipts of the messages whose status changed; the others are polled again
   */
  readonly poll?: (
    providerMessageIds: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly Receipt[]>;
}
