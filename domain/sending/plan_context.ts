import type { FileLinkContext } from "../files/plan_files.ts";
import type { Sender, SenderDefaults } from "../service/sender.ts";
import type { ApiKey, Guests, Service } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";

/** The data that a request is evaluated with. */
export interface PlanContext {
  readonly service: Service;
  readonly key: ApiKey;
  readonly guests: Guests;
  /** The template that the request names, when the service has it. */
  readonly template: TemplateVersion | undefined;
  readonly senders: readonly Sender[];
  readonly defaults: SenderDefaults;
  /** The template's translations in other languages, by tag; an inbox message is rendered in each. */
  readonly translations?: Translations | undefined;
  /** Whether the service's inbox messages have readers: one service of a deployment has inboxes. */
  readonly hasInbox?: boolean;
  /** The link context of the request's files; absent when the deployment does not store files. */
  readonly fileLinks?: FileLinkContext | undefined;
  /** The token of the notification's unsubscribe link, when its template has one. */
  readonly unsubscribeToken?: string | undefined;
}
