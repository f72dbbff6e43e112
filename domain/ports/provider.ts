import type { OutgoingMessage } from "../delivery/outgoing_message.ts";
import type { Receipt } from "../delivery/receipt.ts";
import type { Channel } from "../service/service.ts";

/** The outcome of an attempt that the provider accepted: it has the message. */
export interface AcceptedOutcome {
  readonly kind: "accepted";
  readonly providerMessageId: string;
  /** Whether the message has reached its recipient, so that no receipt is awaited. */
  readonly delivered?: true;
  /**
   * Whether the provider never reports what becomes of the message, so that no receipt is awaited: the notification is
   * completed as `sent`.
   */
  readonly unreported?: true;
  /** The receipts that the provider's response contained. */
  readonly receipts?: readonly Receipt[];
}

/**
 * The outcome of an attempt that the provider refused before it took the message, for a fault that every message would
 * meet until somebody mends it: credentials, the account, the sender, the stream, the callback address. Nothing was
 * sent, no try is used up, and the message is retried for 72 hours.
 *
 * - `provider`: the fault is the deployment's own. The provider should be paused, visibly, with `code` as the reason.
 * - `service`: the fault is a setting of the message's service (its own sender, messaging service or stream). Messages
 *   of other services are not affected, so the provider is not paused: otherwise one service could stop all others.
 */
export interface ProviderFault {
  readonly kind: "provider-fault";
  readonly scope: "provider" | "service";
  readonly code: string;
  /** The provider's `Retry-After` in milliseconds, if it sent one. */
  readonly afterMs?: number;
}

/**
 * The outcome of an attempt. An adapter classifies it and does not retry.
 *
 * - `accepted`: see {@link AcceptedOutcome}.
 * - `rejected`: no later attempt can succeed. `permanent`: the recipient is the reason, and the notification ends as
 *   `permanent-failure`; otherwise our request is the reason, and it ends as `technical-failure`.
 * - `retry`: a later attempt may succeed. `not-sent`: this one surely did not send the message, and uses up no try.
 *   `unknown`: it may have.
 * - `provider-fault`: see {@link ProviderFault}.
 *
 * `code` is the provider's code or an internal error code (`timeout`, `network`, `http-502`); it never contains
 * personal data.
 */
export type SendOutcome =
  | AcceptedOutcome
  | { readonly kind: "rejected"; readonly permanent: boolean; readonly code: string }
  | {
    readonly kind: "retry";
    readonly outcome: "not-sent" | "unknown";
    readonly code: string;
    /** The provider's `Retry-After` in milliseconds, if it sent one. */
    readonly afterMs?: number;
    /**
     * Whether the provider refused because it gets too many requests; `not-sent` then. A code that ends in `429` says
     * so too.
     */
    readonly throttled?: true;
    /**
     * Whether the recipient is the reason, such as a full mailbox: the outcome says nothing about the provider's health.
     * `not-sent` then.
     */
    readonly ofRecipient?: true;
  }
  | ProviderFault;

/**
 * A provider's answer to the question which messages it has that equal one of
 * this deployment's.
 *
 * - `found`: these, the oldest first; none when it is empty.
 * - `unavailable`: it cannot answer now. `afterMs` is its `Retry-After`.
 * - `unsupported`: it cannot be asked at all, for example because the credentials may not search.
 */
export type SearchResult =
  | { readonly kind: "found"; readonly messages: readonly AcceptedOutcome[] }
  | { readonly kind: "unavailable"; readonly code: string; readonly afterMs?: number }
  | { readonly kind: "unsupported"; readonly code: string };

/** The way to ask a provider whether it has a message after an attempt of unknown outcome. */
export interface MessageSearch {
  /**
   * How long after the end of an attempt, in milliseconds, a message that the search does not find counts as not sent.
   */
  readonly graceMs: number;
  /**
   * Finds the messages at the provider that equal this one and were created at `since` or later. It makes few calls,
   * and never rejects for a failure of the provider.
   *
   * @param since epoch milliseconds
   */
  find(message: OutgoingMessage, since: number, signal: AbortSignal): Promise<SearchResult>;
}

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
  /** Present when the provider can be asked whether it has a message. */
  readonly search?: MessageSearch;
  /**
   * Present when the provider can be asked for the status of messages that it accepted: because it sends no receipts,
   * or because some of them may be lost.
   *
   * @returns receipts of the messages whose status changed; the others are polled again
   */
  readonly poll?: (
    providerMessageIds: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly Receipt[]>;
  /** How long after the accept a message is first polled, in milliseconds; when absent, a few seconds. */
  readonly pollAfterMs?: number;
}
