import type { FileRequest } from "../files/plan_files.ts";
import type { NotificationId, TemplateId } from "../ids.ts";
import type { PhoneNumber } from "../recipient/phone.ts";
import type { Delivery, LocalisedContent } from "../notification/notification.ts";
import type { ProcessContext } from "../notification/process_context.ts";
import type { Realm } from "../recipient/realm.ts";
import type { Channel } from "../service/service.ts";

/**
 * How a request names its template: by its id, by the service's own number for it (1, 2, 3…; only in the 2016 API, the
 * oldest API of GOV.UK Notify), or by the name under which a state register (registry) published it.
 */
export type TemplateChoice =
  | { readonly by: "id"; readonly id: TemplateId }
  | { readonly by: "number"; readonly number: number }
  | { readonly by: "name"; readonly channel: Channel; readonly name: string };

/** A request to send one notification, as every API parses it from its own format. */
export interface SendRequest {
  readonly channel: Channel;
  /** The recipient as supplied. */
  readonly to: string;
  /**
   * The realm of an inbox message's recipient; absent for the default one. Not used when the deployment has no realms.
   */
  readonly realm?: Realm;
  /**
   * The business process and its step in which the sender's program sent the message; absent when the caller does not
   * give it.
   */
  readonly context?: ProcessContext;
  /**
   * The number that the API has parsed from `to`, and the country (ISO 3166 code) that it assumed; absent when the API
   * has not parsed it. It saves parsing the number again.
   */
  readonly phone?: { readonly country: string; readonly number: PhoneNumber } | undefined;
  readonly template: TemplateChoice;
  /** BCP 47 tag of the template's language, when it is a translation; absent for the service's own language. */
  readonly language?: string;
  /** The values for the template's placeholders, by name; a file is an object with the key `file`. */
  readonly personalisation: Readonly<Record<string, unknown>>;
  /** The caller's own name for the notification; it need not be unique. */
  readonly reference: string | null;
  /** The id of a text message sender or reply-to address of the service; `null` for the default one. */
  readonly senderId: string | null;
  /** An `https:` URL of the caller that unsubscribes the recipient; `null` when the request has none. */
  readonly oneClickUnsubscribeUrl: string | null;
  /** Names of the personalisation values to sanitise: web addresses are removed from them, and markdown is escaped. */
  readonly sanitise: readonly string[];
  /** The subject instead of the template's; placeholders in it are not filled. */
  readonly title?: string;
  /** When and on what conditions it is delivered; at once when absent. */
  readonly delivery?: Delivery;
  /** The content in other languages, by tag, in place of the template's translations as they are now. */
  readonly localised?: Readonly<Record<string, LocalisedContent>>;
  /** The notification that this one repeats; absent for others. */
  readonly resentFrom?: NotificationId;
  /** The personalisation's files, each validated; absent in an API without files. */
  readonly files?: readonly FileRequest[];
}
