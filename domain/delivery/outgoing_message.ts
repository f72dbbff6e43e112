import type { NotificationRef } from "../ids.ts";
import type { LocalisedContent } from "../notification/notification.ts";
import type { Realm } from "../recipient/realm.ts";

/** A text message, ready to send. `ref` identifies its notification. */
export interface OutgoingSms {
  readonly channel: "sms";
  readonly ref: NotificationRef;
  /** The number of the attempt that sends it, which its receipts return; absent for the first attempt. */
  readonly attempt?: number;
  /** E.164 without the plus sign, e.g. `447700900123`. */
  readonly to: string;
  /** The sender (a name or a number) that the service has set; `undefined` for the provider's default. */
  readonly from: string | undefined;
  /** The messaging service at Twilio that the service has set; absent for the deployment's sender. */
  readonly messagingService?: string;
  /** The sender as the API names it (`from_number`): `from`, or the deployment's default. */
  readonly sender: string;
  readonly text: string;
  /** When the text is of no use any more, epoch milliseconds; absent for never. It is not sent after this time. */
  readonly validUntil?: number;
}

/** An e-mail, ready to send. `ref` identifies its notification. */
export interface OutgoingEmail {
  readonly channel: "email";
  readonly ref: NotificationRef;
  /** The number of the attempt that sends it, which its receipts return; absent for the first attempt. */
  readonly attempt?: number;
  readonly to: string;
  readonly from: { readonly name: string; readonly address: string };
  /** The message stream at Postmark that the service has set; absent for the deployment's. */
  readonly messageStream?: string;
  /** The address of the header `Reply-To`; `undefined` for no such header. */
  readonly replyTo: string | undefined;
  /** One line of plain text. */
  readonly subject: string;
  /** The plain text part. */
  readonly text: string;
  /** The HTML part: a whole document. */
  readonly html: string;
  /**
   * Further headers, such as `List-Unsubscribe`; values hold no line breaks. `Date` and the headers of the other fields
   * are not among them: the provider writes those.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/** A message for a person's inbox, which is stored in Hark and read through its API. */
export interface OutgoingInbox {
  readonly channel: "inbox";
  readonly ref: NotificationRef;
  /** The recipient's id, as in their access tokens. */
  readonly to: string;
  /** The sender as the API names it (`from_name`): the service's name. */
  readonly sender: string;
  /** The recipient's realm; absent when the deployment has no realms. */
  readonly realm?: Realm;
  readonly subject: string;
  /** A sanitised HTML fragment: text, harmless tags and links only. */
  readonly body: string;
  /** The content in other languages, by BCP 47 tag. */
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  /** The BCP 47 tag of `subject` and `body`; absent when it is the service's language. */
  readonly language?: string;
}

/** A push message for Diia (the Ukrainian state's app), which fills the template itself with `parameters`. */
export interface OutgoingDiia {
  readonly channel: "diia";
  readonly ref: NotificationRef;
  /** The recipient's tax number, ten digits. */
  readonly to: string;
  /** The sender as the API names it (`from_name`): the service's name. */
  readonly sender: string;
  /** Diia's id of the template. */
  readonly externalTemplateId: string;
  /** The notification's id, which Diia returns with the status of this recipient. */
  readonly recipientId: string;
  /** The values of the template's placeholders, as plain text. */
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
}

/** A message of any channel, ready to send. */
export type OutgoingMessage = OutgoingSms | OutgoingEmail | OutgoingInbox | OutgoingDiia;
