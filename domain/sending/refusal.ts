import type { DailyCounter } from "./daily_counter.ts";
import type { FileFault } from "../files/faults.ts";
import type { PhoneCode } from "../recipient/phone.ts";
import type { Channel, KeyKind } from "../service/service.ts";

/** Why a request to send is refused, with the facts of the refusal. */
export type Refusal =
  /** An archived service sends nothing; callers that use its keys are refused earlier, by authentication. */
  | { readonly kind: "service-archived" }
  | { readonly kind: "channel-not-allowed"; readonly channel: Channel | "letter" }
  | { readonly kind: "template-not-found" }
  | {
    readonly kind: "template-wrong-channel";
    readonly template: Channel;
    readonly requested: Channel;
  }
  | { readonly kind: "template-deleted" }
  | { readonly kind: "missing-personalisation"; readonly names: readonly string[] }
  | { readonly kind: "empty-message" }
  | { readonly kind: "file-in-text" }
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
  | { readonly kind: "template-not-published" }
  | { readonly kind: "no-inbox" }
  | { readonly kind: "recipient-not-allowed"; readonly because: "team-key" | "trial-mode" }
  | { readonly kind: "international-not-allowed" }
  | { readonly kind: "message-too-long"; readonly channel: Channel; readonly length: number }
  /** An e-mail with more marks than can be rendered in time. */
  | { readonly kind: "too-much-markup" }
  | {
    readonly kind: "rate-limited";
    readonly keyKind: KeyKind;
    readonly rate: number;
    readonly retryAfterS: number;
  }
  | {
    readonly kind: "daily-limit";
    readonly counter: DailyCounter;
    readonly limit: number;
    readonly retryAfterS: number;
  }
  | { readonly kind: "idempotency-key-not-valid" }
  | { readonly kind: "idempotency-key-reused" }
  | { readonly kind: "idempotency-in-flight" }
  /** An item of a batch that was not evaluated: the service kept changing, or the caller's key was revoked. */
  | { readonly kind: "unjudged" };
