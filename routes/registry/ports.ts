import type { AccessTokens } from "../../domain/access/access_tokens.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { InboxMessageFormat } from "../../domain/inbox/inbox_message.ts";
import type { DiiaTemplates } from "../../domain/ports/diia_templates.ts";
import type { InboxEvents } from "../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../domain/ports/inbox_store.ts";
import type { RecipientSettingsStore } from "../../domain/ports/recipient_settings_store.ts";
import type { RegistryTemplateStore } from "../../domain/ports/registry_template_store.ts";
import type { Realm } from "../../domain/recipient/realm.ts";
import type { InboxDemo } from "../inbox_element/app.tsx";
import type { StreamTiming } from "./inbox/stream.ts";

/**
 * Dependencies of the APIs under `/api/…`, which implement the notification API of the registries platform (Ukraine's
 * platform for state registries). Its callers are other services that send messages, officers that publish templates,
 * and recipients. One deployment serves these APIs for one service.
 */
export interface RegistryPorts {
  readonly tokens: AccessTokens;
  /**
   * The realms (`citizen`, `officer`) of the portals whose issuers sign access tokens; a person's id is unique within
   * its realm only. `undefined` when the deployment does not distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
  readonly inboxes: InboxStore;
  readonly inboxEvents: InboxEvents;
  readonly recipientSettings: RecipientSettingsStore;
  readonly templates: RegistryTemplateStore;
  /**
   * Publishes templates to Diia, the state's app, which is one of the channels; `undefined` when the deployment has no
   * access to Diia.
   */
  readonly diia: DiiaTemplates | undefined;
  /** Generates a random one-time passcode, six digits. */
  readonly newCode: () => string;
  /** The role that an access token must have to publish, list or delete templates. */
  readonly templateRole: string;
  /** The role that an access token must have to send messages, and to read any recipient's settings. */
  readonly senderRole: string;
  /**
   * With it, the application has the page `/dev/inbox`, which shows a demo citizen's inbox; `undefined` in production.
   */
  readonly demo: InboxDemo | undefined;
  /** The service that templates and inboxes belong to. */
  readonly serviceId: ServiceId;
  /** Aborted at shutdown: ends the event streams of inboxes (server-sent events). */
  readonly stopping: AbortSignal | undefined;
  /** Whether the field `message` of inbox messages holds `html` (the default) or plain `text`. */
  readonly messageFormat?: InboxMessageFormat | undefined;
  /** How often event streams of inboxes poll and send heartbeats, and when they are closed; default `STREAM_TIMING`. */
  readonly timing?: StreamTiming | undefined;
}
