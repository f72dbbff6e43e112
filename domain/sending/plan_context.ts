import type { FileLinkContext } from "../files/plan_files.ts";
import type { UserId } from "../ids.ts";
import type { Realm } from "../recipient/realm.ts";
import type { Sender, SenderDefaults } from "../service/sender.ts";
import type { ApiKey, GuestsWithTeam, Service } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";

/** The data that a request to send is evaluated with, besides the request itself. */
export interface PlanContext {
  readonly service: Service;
  /** The API key that authenticated the request. */
  readonly key: ApiKey;
  /** The person who sends in the web application; absent when a program sends. */
  readonly authorId?: UserId | undefined;
  /** Whom team keys and services in trial mode may send to. */
  readonly guests: GuestsWithTeam;
  /** The newest version of the template that the request names; `undefined` when the service does not have it. */
  readonly template: TemplateVersion | undefined;
  /** The service's senders of all channels. */
  readonly senders: readonly Sender[];
  /** The deployment's senders for services that have none of their own. */
  readonly defaults: SenderDefaults;
  /** The template's translations in other languages, by tag; an inbox message is rendered in each. */
  readonly translations?: Translations | undefined;
  /**
   * Whether the service has inboxes, which at most one service of a deployment has. Others cannot send to the channel
   * `inbox`. `false` when absent.
   */
  readonly hasInbox?: boolean;
  /**
   * The realms (`citizen`, `officer`) whose people can read their inboxes; absent when the deployment does not
   * distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
  /** The data for the links to the request's files; absent when the deployment does not store files. */
  readonly fileLinks?: FileLinkContext | undefined;
  /** The token of the notification's unsubscribe link, when its template has one. */
  readonly unsubscribeToken?: string | undefined;
}
