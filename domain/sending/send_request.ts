import type { FileRequest } from "../files/plan_files.ts";
import type { TemplateId } from "../ids.ts";
import type { Delivery } from "../notification/notification.ts";
import type { Channel } from "../service/service.ts";

/**
 * Which template a caller names: by its id, by the service's own number for it (2016 API), or by the name under which
 * a registry published it.
 */
export type TemplateChoice =
  | { readonly by: "id"; readonly id: TemplateId }
  | { readonly by: "number"; readonly number: number }
  | { readonly by: "name"; readonly channel: Channel; readonly name: string };

/** A request to send one notification, in no surface's dialect. */
export interface SendRequest {
  readonly channel: Channel;
  /** The recipient as supplied. */
  readonly to: string;
  readonly template: TemplateChoice;
  /** The tag of the template's language, where it is not the service's. */
  readonly language?: string;
  readonly personalisation: Readonly<Record<string, unknown>>;
  readonly reference: string | null;
  /** A sender or reply-to address of the service, by its id. */
  readonly senderId: string | null;
  readonly oneClickUnsubscribeUrl: string | null;
  /** Names of personalisation keys whose values are made harmless. */
  readonly sanitise: readonly string[];
  /** The subject, in place of the template's; it is no template. */
  readonly title?: string;
  /** When and on what conditions it goes out; absent asks for nothing. */
  readonly delivery?: Delivery;
  /** The personalisation's files, each validated; absent where the surface takes none. */
  readonly files?: readonly FileRequest[];
}
