import type { FileRequest } from "../files/plan_files.ts";
import type { TemplateId } from "../ids.ts";
import type { PhoneNumber } from "../recipient/phone.ts";
import type { Delivery } from "../notification/notification.ts";
import type { Channel } from "../service/service.ts";

/**
 * How a request names its template: by its id, by the service's own number for it (2016 API), or by the name under which
 * a registry published it.
 */
export type TemplateChoice =
  | { readonly by: "id"; readonly id: TemplateId }
  | { readonly by: "number"; readonly number: number }
  | { readonly by: "name"; readonly channel: Channel; readonly name: string };

/** A request to send one notification, independent of the API's wire format. */
export interface SendRequest {
  readonly channel: Channel;
  /** The recipient as supplied. */
  readonly to: string;
  /** The telephone number that `to` was read as in a country, where the API has read it. */
  readonly phone?: { readonly country: string; readonly number: PhoneNumber } | undefined;
  readonly template: TemplateChoice;
  /** The tag of the template's language; absent for the service's own language. */
  readonly language?: string;
  readonly personalisation: Readonly<Record<string, unknown>>;
  readonly reference: string | null;
  /** A sender or reply-to address of the service, by its id. */
  readonly senderId: string | null;
  readonly oneClickUnsubscribeUrl: string | null;
  /** Names of the personalisation whose values are sanitised. */
  readonly sanitise: readonly string[];
  /** The subject instead of the template's; placeholders in it are not filled. */
  readonly title?: string;
  /** When and on what conditions it is delivered; at once when absent. */
  readonly delivery?: Delivery;
  /** The personalisation's files, each validated; absent in an API without files. */
  readonly files?: readonly FileRequest[];
}
