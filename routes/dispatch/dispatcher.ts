import type { Notification } from "../../domain/notification.ts";
import type { ClaimedItem, Outbox, Room, SendingContexts } from "../../domain/ports.ts";
import type { ManagementStore } from "../../domain/management_ports.ts";
import type { Provider } from "../../domain/provider.ts";
import { type Channel, CHANNELS, type Service } from "../../domain/service.ts";
import { endWithout, settlePoll } from "../../domain/settlement.ts";
import type { TemplateVersion } from "../../domain/template_record.ts";
import {
  ATTEMPT_TIMEOUT_MS,
  type AttemptPorts,
  createAttempts,
  type HeldNotification,
  LEASE_MS,
  type ReadyNotification,
} from "./attempts.ts";

export type { HeldNotification } from "./attempts.ts";
export { ATTEMPT_TIMEOUT_MS, LEASE_MS } from "./attempts.ts";

/** How many claimed rows of a channel one isolate has under way at once. */
export const MAX_UNDER_WAY = 64;
/** The same where the provider takes many messages in one call. */
export const MAX_UNDER_WAY_BATCHED = 1_000;
/**
 * How many first attempts of a channel one isolate has under way at once, beside what it has claimed: a provider that
 * hangs holds up neither the other channels nor what is due.
 */
export const MAX_FIRST_ATTEMPTS = 32;
/** How many due rows of a channel are claimed at once. */
export const CLAIM_LIMIT = 500;

/** What the dispatcher works with. */
export interface DispatcherPorts extends AttemptPorts {
  readonly outbox: Outbox;
  readonly contexts: SendingContexts;
  readonly templates: Pick<ManagementStore, "getTemplate">;
}

/** Sends what has been accepted. */
export interface Dispatcher {
  /** Whether this isolate can take on the first attempt of another notification of the channel. */
  hasRoom(channel: Channel): boolean;
  /** Resolves when it can claim another row. */
  room(): Promise<void>;
  /** Makes the first attempt at a notification that was accepted with a lease. Never rejects. */
  deliver(held: HeldNotification, template: TemplateVersion, service: Service): Promise<void>;
  /**
   * Claims what is due, as much as there is room for, and begins one attempt at each.
   *
   * @returns how many rows were claimed, and when the attempts at them have ended (never rejects)
   */
  dispatchOnce(): Promise<{ readonly claimed: number; readonly ended: Promise<void> }>;
}

/** Makes the one dispatcher that a request's tail, a cron and the loop all call. */
export function createDispatcher(ports: DispatcherPorts): Dispatcher {
  const { clock, outbox, receipts, contexts, templates, providers, log } = ports;
  const attempts = createAttempts(ports);
  const underWay = countPerChannel();
  const firstAttempts = countPerChannel();
  const waiting: (() => void)[] = [];

  function roomOf(channel: Channel): number {
    const most = providers[channel]?.batch === undefined ? MAX_UNDER_WAY : MAX_UNDER_WAY_BATCHED;
    return Math.min(CLAIM_LIMIT, most - underWay[channel]);
  }

  /** A failure here leaves the rows to whoever claims them when the lease is over. */
  async function guarded(
    notifications: readonly Notification[],
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      for (const { serviceId, id } of notifications) {
        log({
          event: "attempt-broken",
          service_id: serviceId,
          notification_id: id,
          error: error instanceof Error ? error.name : "unknown",
        });
      }
    }
  }

  /** Reads what claimed rows need, each service and template once. */
  function createReader() {
    const services = new Map<string, Promise<Service | undefined>>();
    const versions = new Map<string, Promise<TemplateVersion | undefined>>();
    return {
      service({ serviceId }: Notification): Promise<Service | undefined> {
        return remember(
          services,
          serviceId,
          async () => (await contexts.load(serviceId, { fresh: true }))?.service,
        );
      },
      template(notification: Notification): Promise<TemplateVersion | undefined> {
        const { serviceId, templateId, templateVersion } = notification;
        const name = `${serviceId} ${templateId} ${templateVersion}`;
        return remember(
          versions,
          name,
          () => templates.getTemplate(serviceId, templateId, templateVersion),
        );
      },
    };
  }

  /** Ends what can no longer be sent. */
  async function prepare(
    item: ClaimedItem,
    reader: ReturnType<typeof createReader>,
  ): Promise<ReadyNotification | undefined> {
    if (item.calledOff !== undefined) {
      await attempts.settle(item.lease, undefined, endWithout("cancelled", item.calledOff));
      return undefined;
    }
    const [service, template] = await Promise.all([
      reader.service(item.notification),
      reader.template(item.notification),
    ]);
    if (service?.active === true && template !== undefined) return { ...item, service, template };
    const code = service?.active === false ? "service-archived" : "template-gone";
    await attempts.settle(item.lease, undefined, endWithout("technical-failure", code));
    return undefined;
  }

  async function resume(items: readonly ClaimedItem[]): Promise<void> {
    const reader = createReader();
    const ready: ReadyNotification[] = [];
    await Promise.all(items.map((item) =>
      guarded([item.notification], async () => {
        const one = await prepare(item, reader);
        if (one !== undefined) ready.push(one);
      })
    ));
    await Promise.all(
      groupForCalls(ready, attempts.providerOf).map((group) =>
        guarded(group.map(({ notification }) => notification), () => attempts.attempt(group))
      ),
    );
  }

  /** Asks a provider about messages that it took, and puts off those of which it says nothing yet. */
  async function poll(provider: Provider | undefined, items: readonly ClaimedItem[]) {
    const ids = items.flatMap(({ providerMessageId }) => providerMessageId ?? []);
    const found = await askAbout(provider, ids);
    if (found.length > 0) await receipts.receive(found, clock.now());
    const now = clock.now();
    await Promise.all(items.map(({ lease, notification }) => {
      const since = now - (notification.sentAt ?? notification.createdAt);
      // What a receipt has just brought to its end goes with this too.
      return attempts.settle(lease, undefined, settlePoll(since, now));
    }));
  }

  async function work(items: readonly ClaimedItem[]): Promise<void> {
    const expired = items.filter(({ task }) => task === "expire");
    const polls = Map.groupBy(
      items.filter(({ task }) => task === "poll"),
      ({ notification }) => attempts.providerOf(notification),
    );
    await Promise.all([
      resume(items.filter(({ task }) => task === "deliver")),
      ...expired.map(({ lease, notification }) =>
        guarded([notification], async () => {
          await attempts.settle(lease, undefined, endWithout("temporary-failure", "no-receipt"));
        })
      ),
      ...Array.from(
        polls,
        ([provider, group]) =>
          guarded(group.map(({ notification }) => notification), () => poll(provider, group)),
      ),
    ]);
  }

  return {
    hasRoom: (channel) => firstAttempts[channel] < MAX_FIRST_ATTEMPTS,
    async room() {
      while (CHANNELS.every((channel) => roomOf(channel) <= 0)) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async deliver(held, template, service) {
      const { channel } = held.notification;
      firstAttempts[channel]++;
      await guarded([held.notification], () => attempts.attempt([{ ...held, template, service }]));
      firstAttempts[channel]--;
    },
    async dispatchOnce() {
      const room: readonly Room[] = CHANNELS.map((channel) => ({ channel, most: roomOf(channel) }))
        .filter(({ most }) => most > 0);
      if (room.length === 0) return { claimed: 0, ended: Promise.resolve() };
      const claimed = await outbox.claim(clock.now(), room, LEASE_MS);
      const byChannel = Map.groupBy(claimed, ({ notification }) => notification.channel);
      const ended = Array.from(byChannel, async ([channel, items]) => {
        underWay[channel] += items.length;
        await work(items);
        underWay[channel] -= items.length;
        for (const resume of waiting.splice(0)) resume();
      });
      return { claimed: claimed.length, ended: Promise.all(ended).then(() => {}) };
    },
  };
}

function countPerChannel(): Record<Channel, number> {
  return { sms: 0, email: 0, inbox: 0, diia: 0 };
}

function remember<T>(
  known: Map<string, Promise<T>>,
  name: string,
  read: () => Promise<T>,
): Promise<T> {
  const found = known.get(name) ?? read();
  known.set(name, found);
  return found;
}

/** Those that one call can carry together; alone where the provider takes one at a time. */
function groupForCalls(
  ready: readonly ReadyNotification[],
  providerOf: (notification: Notification) => Provider | undefined,
): readonly (readonly ReadyNotification[])[] {
  const byProvider = Map.groupBy(ready, ({ notification }) => providerOf(notification));
  return Array.from(byProvider).flatMap(([provider, group]) => {
    const most = provider?.batch?.most ?? 1;
    const calls = Math.ceil(group.length / most);
    return Array.from({ length: calls }, (_, at) => group.slice(at * most, (at + 1) * most));
  });
}

async function askAbout(provider: Provider | undefined, ids: readonly string[]) {
  if (provider?.poll === undefined) return [];
  try {
    return await provider.poll(ids, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS));
  } catch {
    return [];
  }
}
