import type { NotificationId, ServiceId, TemplateId } from "../ids.ts";
import type { NotificationRef } from "../delivery/outgoing_message.ts";

/** What a link to unsubscribe leads to. */
export type UnsubscribeLink =
  /** Nobody of ours has made it. */
  | { readonly kind: "forged" }
  /** Its message is no longer kept. */
  | { readonly kind: "gone" }
  | {
    readonly kind: "message";
    readonly ref: NotificationRef;
    readonly serviceName: string;
    /** Somebody has used it before. */
    readonly requested: boolean;
  };

/** Somebody's wish for no more e-mails like one that they had. */
export interface UnsubscribeRequest {
  /** A UUID version 7: requests sort by it. */
  readonly id: string;
  readonly notificationId: NotificationId;
  readonly templateId: TemplateId;
  /** Whom the message was sent to, as long as the message is kept. */
  readonly to: string | undefined;
  readonly at: number;
}

/** Links to unsubscribe, and what came of them. */
export interface UnsubscribeStore {
  /**
   * The token of a notification's link, fit for an address. It cannot be guessed, and holds no personal data. It costs no
   * round trip where the service is remembered.
   */
  issueToken(ref: NotificationRef): Promise<string>;
  /** What a link leads to; one round trip, and none for what cannot be a token. Compares in constant time. */
  find(notificationId: NotificationId, token: string): Promise<UnsubscribeLink>;
  /**
   * Writes the request down, with its line in the message's timeline; both once, however often it is made.
   *
   * @returns `false` when there is no such message
   */
  request(ref: NotificationRef, now: number): Promise<boolean>;
  /** Newest first, those before `olderThan`. */
  list(
    serviceId: ServiceId,
    olderThan: string | undefined,
    limit: number,
  ): Promise<readonly UnsubscribeRequest[]>;
}
