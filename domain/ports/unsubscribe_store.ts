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
    /** Whether the link was used before. */
    readonly requested: boolean;
  };

/** A recipient's request to receive no more e-mails like one of a service's. */
export interface UnsubscribeRequest {
  /** A UUID version 7; requests are ordered by it. */
  readonly id: string;
  readonly notificationId: NotificationId;
  readonly templateId: TemplateId;
  /** The recipient of the message; `undefined` after retention has deleted the message. */
  readonly to: string | undefined;
  readonly at: number;
}

/** Issues unsubscribe links and stores the requests that they lead to. */
export interface UnsubscribeStore {
  /**
   * Issues the URL-safe token of a notification's link. It cannot be guessed and contains no personal data. It costs no
   * round trip when the service is cached.
   */
  issueToken(ref: NotificationRef): Promise<string>;
  /** Looks a link up in one round trip, or none when the token is malformed. Compares in constant time. */
  find(notificationId: NotificationId, token: string): Promise<UnsubscribeLink>;
  /**
   * Records a request, and an event in the message's timeline, in one write. Idempotent.
   *
   * @returns `false` when there is no such message
   */
  request(ref: NotificationRef, now: number): Promise<boolean>;
  /** Lists requests, newest first, those before `olderThan`. */
  list(
    serviceId: ServiceId,
    olderThan: string | undefined,
    limit: number,
  ): Promise<readonly UnsubscribeRequest[]>;
}
