import { createEventFeed } from "../application/events/event_feed.ts";
import { createEventWatch } from "../application/events/event_watch.ts";
import { createListDraftsOnDemand } from "../application/jobs/list_drafts_on_demand.ts";
import { createUploadsOnDemand } from "../application/jobs/uploads_on_demand.ts";
import { createAuthenticator } from "../application/sending/authenticate.ts";
import { createBodyCost } from "../application/sending/body_cost.ts";
import { createFileLinks } from "../application/sending/file_links.ts";
import { createRateLimitCache } from "../application/sending/rate_limit_cache.ts";
import { createResend } from "../application/sending/resend.ts";
import { createSendBatch } from "../application/sending/send_batch.ts";
import { createSendNotification } from "../application/sending/send_notification.ts";
import { createSendNotificationBatch } from "../application/sending/send_notification_batch.ts";
import { createSendOne } from "../application/sending/send_one.ts";
import { createServiceSlots } from "../application/sending/service_slots.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { AppPorts } from "./app_ports.ts";
import { createAccountsLoader } from "./load_accounts.ts";

/** The use cases that several APIs share. */
export type UseCases = ReturnType<typeof createUseCases>;

/** Creates the use cases over the ports. They share one cache of counters. */
export function createUseCases(ports: AppPorts) {
  const { accepts, clock, contexts, defaults, documents, registry, unsubscribes } = ports;
  const authenticator = createAuthenticator(contexts, ports.outsideClock, ports.keyUses);
  const slots = createServiceSlots();
  const sending = {
    clock,
    accepts,
    rateLimits: createRateLimitCache(),
    defaults,
    unsubscribes,
    hasInbox: (serviceId: ServiceId) => serviceId === registry?.serviceId,
    realms: registry?.realms,
  };
  const sendNotification = createSendNotification({
    ...sending,
    authenticator,
    suppressions: ports.suppressions,
    dispatcher: ports.dispatcher,
    openFileLinks: createFileLinks(clock, documents),
  });
  const sendOne = createSendOne({ sendNotification, contexts, templates: ports.management });
  const uploadPorts = {
    ...sending,
    jobs: ports.jobs,
    contexts,
    suppressions: ports.suppressions,
  };
  const uploads = createUploadsOnDemand(uploadPorts);
  const sendBatch = createSendBatch({ ...sending, dispatch: ports.dispatch });
  return {
    authenticator,
    slots,
    feed: createEventFeed({
      ...ports,
      clock: ports.outsideClock,
      watch: createEventWatch(ports.events),
      slots,
    }),
    bodyCost: createBodyCost(sending),
    sendNotification,
    sendOne,
    resend: createResend({ notifications: ports.notifications, contexts, sendOne }),
    sendBatch,
    loadAccounts: createAccountsLoader(ports, sendBatch),
    sendNotificationBatch: createSendNotificationBatch({
      authenticator,
      sendBatch,
      templates: ports.management,
    }),
    uploads,
    loadLists: createListDraftsOnDemand({ ...uploadPorts, drafts: ports.listDrafts, uploads }),
  };
}
