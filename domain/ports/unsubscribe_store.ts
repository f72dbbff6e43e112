import type { PagePosition } from "./page_position.ts";
import type { NotificationId, NotificationRef, ServiceId, TemplateId } from "../ids.ts";

/** The result of looking up an unsubscribe link. */
export type UnsubscribeLink =
  /** Its token was not issued by this deployment. */
  | { readonly kind: "forged" }
  /** Retention has deleted its message. */
  | { readonly kind: "gone" }
  | {
    readonly kind: "message";
    readonly ref: NotificationRef;
    readonly serviceName: string;
    /** Whether a request to unsubscribe was recorded before by this link. */
    readonly requested: boolean;
  };

/**
 * A recipient's request to receive no more e-mails like the one whose link they followed. Hark stores it for the
 * service to read, and blocks nothing by itself.
 */
export interface UnsubscribeRequest {
  /** A UUID version 7; requests are ordered by it. */
  readonly id: string;
  readonly notificationId: NotificationId;
  readonly templateId: TemplateId;
  /** The recipient of the message; `undefined` after retention has deleted the message. */
  readonly to: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Issues unsubscribe links and stores the requests that they lead to. */
export interface UnsubscribeStore {
  /**
   * Issues the URL-safe token of a notification's link. It cannot be guessed and contains no personal data. It costs no
   * round trip when the service is cached.
   */
  issueToken(ref: NotificationRef): Promise<string>;
  /**
   * Looks up the link of a notification by its token, in one round trip, or none when the token is malformed. The token
   * is compared in constant time.
   */
  find(notificationId: NotificationId, token: string): Promise<UnsubscribeLink>;
  /**
   * Records a request, and an event in the message's timeline, in one write. Idempotent.
   *
   * @returns `false` when there is no such message
   */
  request(ref: NotificationRef, now: number): Promise<boolean>;
  /** Lists a service's requests, newest first, at most `limit`. */
  list(
    serviceId: ServiceId,
    position: PagePosition<string>,
    limit: number,
  ): Promise<readonly UnsubscribeRequest[]>;
}
