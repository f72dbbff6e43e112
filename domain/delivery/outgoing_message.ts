import type { NotificationRef } from "../ids.ts";
import type { LocalisedContent } from "../notification/notification.ts";

/** A text ready for a provider. */
export interface OutgoingSms {
  readonly channel: "sms";
  readonly ref: NotificationRef;
  /** E.164 without the plus sign, e.g. `447700900123`. */
  readonly to: string;
  /** A sender that the service chose, or `undefined` for the provider's own. */
  readonly from: string | undefined;
  readonly text: string;
}

/** An e-mail ready for a provider. */
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
   * Further headers, such as `List-Unsubscribe`; values hold no line breaks. `Date` and what the other fields say are not
   * among them: they are the provider's to write.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/** A message for an inbox of ours. */
export interface OutgoingInbox {
  readonly channel: "inbox";
  readonly ref: NotificationRef;
  /** The recipient's id, as tokens name it. */
  readonly to: string;
  readonly subject: string;
  /** HTML that is safe by construction. */
  readonly body: string;
  /** The same in other languages, by tag. */
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  /** The tag of the language that it is in, where that is not the service's. */
  readonly language?: string;
}

/** A push message for Diia, which puts the words together by itself. */
export interface OutgoingDiia {
  readonly channel: "diia";
  readonly ref: NotificationRef;
  /** The recipient's tax number, ten digits. */
  readonly to: string;
  /** The template as Diia knows it. */
  readonly externalTemplateId: string;
  /** What Diia gives back with the recipient's outcome. */
  readonly recipientId: string;
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
}

export type OutgoingMessage = OutgoingSms | OutgoingEmail | OutgoingInbox | OutgoingDiia;
