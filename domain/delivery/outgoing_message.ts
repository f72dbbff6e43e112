import type { NotificationRef } from "../ids.ts";
import type { LocalisedContent } from "../notification/notification.ts";

/** A text, ready to send. */
export interface OutgoingSms {
  readonly channel: "sms";
  readonly ref: NotificationRef;
  /** E.164 without the plus sign, e.g. `447700900123`. */
  readonly to: string;
  /** The sender that the service chose; `undefined` for the provider's default. */
  readonly from: string | undefined;
  readonly text: string;
}

/** An e-mail, ready to send. */
export interface OutgoingEmail {
  readonly channel: "email";
  readonly ref: NotificationRef;
  readonly to: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /**
   * Further headers, such as `List-Unsubscribe`; values hold no line breaks. `Date` and the headers of the other fields
   * are not among them: the provider writes those.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/** A message for an inbox of the registry API. */
export interface OutgoingInbox {
  readonly channel: "inbox";
  readonly ref: NotificationRef;
  /** The recipient's id: the subject of their access tokens. */
  readonly to: string;
  readonly subject: string;
  /** HTML that is safe by construction. */
  readonly body: string;
  /** The content in other languages, by tag. */
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  /** The language tag, if it is not the service's language. */
  readonly language?: string;
}

/** A push message for Diia, which renders the template itself. */
export interface OutgoingDiia {
  readonly channel: "diia";
  readonly ref: NotificationRef;
  /** The recipient's tax number, ten digits. */
  readonly to: string;
  /** Diia's id of the template. */
  readonly externalTemplateId: string;
  /** Our id of the recipient; Diia returns it with the recipient's status. */
  readonly recipientId: string;
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
}

/** A message of any channel, ready to send. */
export type OutgoingMessage = OutgoingSms | OutgoingEmail | OutgoingInbox | OutgoingDiia;
