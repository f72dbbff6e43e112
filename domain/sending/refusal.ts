import type { DailyCounter } from "./daily_counter.ts";
import type { FileFault } from "../files/faults.ts";
import type { PhoneCode } from "../recipient/phone.ts";
import type { UnknownRealm } from "../recipient/realm.ts";
import type { Channel, KeyKind } from "../service/service.ts";

/**
 * Why a request to send is refused, with the data that its error message and answer need. Every API uses these reasons.
 */
export type Refusal =
  /** An archived service sends nothing; callers that use its keys are refused earlier, by authentication. */
  | { readonly kind: "service-archived" }
  /** The service's settings do not include the channel; letters are never included. */
  | { readonly kind: "channel-not-allowed"; readonly channel: Channel | "letter" }
  | { readonly kind: "template-not-found" }
  | {
    readonly kind: "template-wrong-channel";
    readonly template: Channel;
    readonly requested: Channel;
  }
  /** The template is archived. */
  | { readonly kind: "template-deleted" }
  /** Placeholders without a value. */
  | { readonly kind: "missing-personalisation"; readonly names: readonly string[] }
  | { readonly kind: "empty-message" }
  /** The personalisation has a file, and the message is not an e-mail. */
  | { readonly kind: "file-in-text" }
  /** The deployment has no storage for files. */
  | { readonly kind: "files-not-set-up"; readonly serviceId: string }
  | { readonly kind: "file-rejected"; readonly fault: FileFault }
  | {
    readonly kind: "sender-not-found";
    readonly field: "sms_sender_id" | "email_reply_to_id";
    readonly id: string;
    readonly serviceId: string;
  }
  | { readonly kind: "phone-not-valid"; readonly code: PhoneCode }
  | { readonly kind: "email-not-valid" }
  | { readonly kind: "recipient-id-not-valid" }
  | { readonly kind: "rnokpp-not-valid" }
  /** The template's newest version was not published to Diia. */
  | { readonly kind: "template-not-published" }
  /** The service has no inboxes: only one service of a deployment has. */
  | { readonly kind: "no-inbox" }
  | UnknownRealm
  /** The recipient is not on the guest list, to which team keys and services in trial mode are limited. */
  | { readonly kind: "recipient-not-allowed"; readonly because: "team-key" | "trial-mode" }
  /** The recipient opted out, complained or bounced, or the operator suppressed it: the service may not send to it. */
  | { readonly kind: "recipient-suppressed" }
  /** The service may not send text messages to other countries. */
  | { readonly kind: "international-not-allowed" }
  /** `length` is in the unit of the channel's limit: bytes for e-mails and inbox messages, otherwise UTF-16 units. */
  | { readonly kind: "message-too-long"; readonly channel: Channel; readonly length: number }
  /** The database cannot hold the message: encrypted it has `bytes`. */
  | { readonly kind: "message-too-large"; readonly bytes: number; readonly maxBytes: number }
  /** An e-mail with more marks than can be rendered in time. */
  | { readonly kind: "too-much-markup" }
  /** The key kind's rate limit is exceeded; `rate` is in requests a minute. */
  | {
    readonly kind: "rate-limited";
    readonly keyKind: KeyKind;
    readonly rate: number;
    readonly retryAfterS: number;
  }
  /**
   * The limit of the day on which the message is to be sent is exceeded. `retryAfterS` lasts until that day's end.
   */
  | {
    readonly kind: "daily-limit";
    readonly counter: DailyCounter;
    readonly limit: number;
    readonly retryAfterS: number;
    /** The local date of that day, such as `2026-11-23`; absent when it is the present day. */
    readonly date?: string;
  }
  | { readonly kind: "idempotency-key-not-valid" }
  /** The key was used before for another request. */
  | { readonly kind: "idempotency-key-reused" }
  /** A request with the same key is still being handled. */
  | { readonly kind: "idempotency-in-flight" }
  /**
   * An item of a batch that was not evaluated: the service kept changing while the batch was accepted, or the caller's
   * key was revoked meanwhile. It was not stored.
   */
  | { readonly kind: "unjudged" };
