import type { SecurityLog } from "../../application/access/security_log.ts";
import type { Log } from "../../domain/ports/log.ts";
import { createAccessTokenAuth } from "../../routes/registry/access_token_auth.ts";
import { HEARTBEAT } from "../../routes/registry/inbox/events.ts";
import { PING } from "../../routes/registry/inbox/listeners/limits.ts";
import {
  createInboxListeners,
  type InboxListeners,
  type ListenerHost,
} from "../../routes/registry/inbox/listeners/listeners.ts";
import { openPresenter } from "../../routes/registry/inbox/presenter_of.ts";
import type { Application } from "../application.ts";
import { ConfigError } from "../config.ts";

/** What an object gives its listeners. */
interface ListenersHost extends ListenerHost {
  readonly log: Log;
  readonly securityLog: SecurityLog;
  /** Lets the platform answer a text message with another, without waking the object. */
  answerPings(ping: string, pong: string): void;
}

/**
 * Opens the listeners of an object over the application.
 *
 * @throws ConfigError when the registry API is off
 */
export function openInboxListeners(
  { clock, contexts, registry }: Pick<Application, "clock" | "contexts" | "registry">,
  host: ListenersHost,
): InboxListeners {
  if (registry === undefined) {
    throw new ConfigError("inboxes belong to the registry API, which is off");
  }
  host.answerPings(PING, HEARTBEAT);
  return createInboxListeners({
    ...registry,
    accessTokenAuth: createAccessTokenAuth(registry.tokens, clock),
    clock,
    log: host.log,
    securityLog: host.securityLog,
    presenterOf: (language) => openPresenter({ ...registry, contexts }, language),
  }, {
    ...host,
    // Times of the application are by the database's clock, alarms by this machine's.
    wakeAt: (time) => host.wakeAt(time + Date.now() - clock.now()),
  });
}
