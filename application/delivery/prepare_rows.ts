import { failPermanently, postponeForProvider } from "../../domain/delivery/attempt_result.ts";
import type { Notification } from "../../domain/notification/notification.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { ClaimedRow } from "../../domain/ports/outbox.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { Service } from "../../domain/service/service.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { MINUTE_MS } from "../../domain/time/durations.ts";
import type { Attempts, ReadyNotification } from "./attempts.ts";
import type { IsolateFailures } from "./isolate_failures.ts";

/**
 * How often messages of a paused job are looked at, in milliseconds. So long after the job was resumed its last ones are
 * sent at the latest.
 */
export const PAUSED_LOOK_MS = 2 * MINUTE_MS;

/** The dependencies of {@link createRowPreparation}. */
export interface RowPreparationPorts {
  readonly clock: Clock;
  readonly contexts: SendingContexts;
  readonly templates: Pick<ManagementStore, "getTemplate">;
}

/**
 * Loads the services and templates of claimed outbox rows. Notifications that can no longer be sent (cancelled, service
 * archived, template deleted) get their final status and are left out of the result; so are those whose job is paused,
 * and rows whose loading failed, which are claimed again later. Never rejects.
 */
export type PrepareRows = (rows: readonly ClaimedRow[]) => Promise<readonly ReadyNotification[]>;

/** Creates the step of the dispatcher between claiming rows and making attempts. */
export function createRowPreparation(
  { clock, contexts, templates }: RowPreparationPorts,
  { settle }: Pick<Attempts, "settle">,
  isolateFailures: IsolateFailures,
): PrepareRows {
  async function prepare(
    row: ClaimedRow,
    load: ReturnType<typeof createLoader>,
  ): Promise<ReadyNotification | undefined> {
    const { lease, cancellationReason, unresolved } = row;
    if (cancellationReason !== undefined) {
      const result = failPermanently("cancelled", cancellationReason, unresolved, clock.now());
      await settle(lease, undefined, result);
      return undefined;
    }
    const until = pausedUntil(row, clock.now());
    if (until !== undefined) {
      await settle(lease, undefined, postponeForProvider(until, unresolved));
      return undefined;
    }
    const [service, template] = await Promise.all([
      load.service(row.notification),
      load.template(row.notification),
    ]);
    if (service?.active === true && template !== undefined) return { ...row, service, template };
    const code = service?.active === false ? "service-archived" : "template-gone";
    const result = failPermanently("technical-failure", code, unresolved, clock.now());
    await settle(lease, undefined, result);
    return undefined;
  }

  return async (rows) => {
    const load = createLoader(contexts, templates);
    const prepared = await Promise.all(
      rows.map((row) => isolateFailures(row.notification, () => prepare(row, load))),
    );
    return prepared.filter((ready) => ready !== undefined);
  };
}

/**
 * When a message of a paused job is looked at again, in epoch milliseconds: not after its `valid_until`, at which it
 * expires. `undefined` when it can be sent.
 */
function pausedUntil(
  { jobIsPaused, notification: { delivery } }: ClaimedRow,
  now: number,
): number | undefined {
  if (jobIsPaused !== true) return undefined;
  const { validUntil = Infinity } = delivery ?? {};
  return now >= validUntil ? undefined : Math.min(now + PAUSED_LOOK_MS, validUntil);
}

/** Loads each service and template once. */
function createLoader(
  contexts: SendingContexts,
  templates: Pick<ManagementStore, "getTemplate">,
) {
  const services = new Map<string, Promise<Service | undefined>>();
  const versions = new Map<string, Promise<TemplateVersion | undefined>>();
  return {
    service({ serviceId }: Notification): Promise<Service | undefined> {
      return getOrLoad(
        services,
        serviceId,
        async () => (await contexts.load(serviceId, { fresh: true }))?.service,
      );
    },
    template(notification: Notification): Promise<TemplateVersion | undefined> {
      const { serviceId, templateId, templateVersion } = notification;
      return getOrLoad(
        versions,
        `${serviceId} ${templateId} ${templateVersion}`,
        () => templates.getTemplate(serviceId, templateId, templateVersion),
      );
    },
  };
}

function getOrLoad<T>(
  cache: Map<string, Promise<T>>,
  key: string,
  load: () => Promise<T>,
): Promise<T> {
  const value = cache.get(key) ?? load();
  cache.set(key, value);
  return value;
}
