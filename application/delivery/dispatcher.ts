import type { Notification } from "../../domain/notification/notification.ts";
import type { ChannelCapacity, ClaimedRow, Outbox } from "../../domain/ports/outbox.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { Provider } from "../../domain/ports/provider.ts";
import { type Channel, CHANNELS, type Service } from "../../domain/service/service.ts";
import {
  failPermanently,
  finishWithoutAttempt,
  settlePoll,
} from "../../domain/delivery/attempt_result.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import {
  ATTEMPT_TIMEOUT_MS,
  type AttemptPorts,
  createAttempts,
  type HeldNotification,
  LEASE_MS,
  type ReadyNotification,
} from "./attempts.ts";
import { createGuard } from "./isolate_failures.ts";

export type { HeldNotification } from "./attempts.ts";
export { ATTEMPT_TIMEOUT_MS, LEASE_MS } from "./attempts.ts";

/** How many claimed rows of a channel one isolate has under way at once. */
export const MAX_IN_FLIGHT = 64;
/** The same where the provider takes many messages in one call. */
export const MAX_IN_FLIGHT_BATCHED = 1_000;
/**
 * How many first attempts of a channel one isolate has under way at once, beside what it has claimed: a provider that
 * hangs holds up neither the other channels nor what is due.
 */
export const MAX_FIRST_ATTEMPTS = 32;
/** How many due rows of a channel are claimed at once; more where the provider takes more in one call. */
export const CLAIM_LIMIT = 500;
/**
 * The same while others are being served: a call is put together and read at one go, and whoever is being answered waits
 * for that. Not where one call takes more still, which it does since its messages are small.
 */
export const CLAIM_LIMIT_SERVING = 100;
/** How long after a first attempt the next one is to be expected. */
export const SERVING_MS = 300;
/** How much of a channel's room has to be free before more is claimed: one row at a time would be a commit for each. */
const CLAIM_FROM = 1 / 4;

/** What the dispatcher works with. */
export interface DispatcherPorts extends AttemptPorts {
  readonly outbox: Outbox;
  readonly contexts: SendingContexts;
  readonly templates: Pick<ManagementStore, "getTemplate">;
}

/** Sends what has been accepted. */
export interface Dispatcher {
  /** Whether this isolate can take on the first attempt of another notification of the channel. */
  hasCapacity(channel: Channel): boolean;
  /** Resolves when something that is under way has ended, and left room. */
  freed(): Promise<void>;
  /** Makes the first attempt at a notification that was accepted with a lease. Never rejects. */
  deliver(held: HeldNotification, template: TemplateVersion, service: Service): Promise<void>;
  /**
   * Claims what is due, as much as there is room for, and begins one attempt at each.
   *
   * @returns how many rows were claimed, whether a channel was left out because there is no room for more of it, when the
   * attempts have ended (never rejects), and why some channels could not be claimed, if so
   */
  dispatchOnce(): Promise<{
    readonly claimed: number;
    readonly full: boolean;
    readonly ended: Promise<void>;
    readonly failure?: unknown;
  }>;
}

/** Makes the one dispatcher that a request's tail, a cron and the loop all call. */
export function createDispatcher(ports: DispatcherPorts): Dispatcher {
  const { clock, outbox, receipts, contexts, templates, providers, log } = ports;
  const attempts = createAttempts(ports);
  const guard = createGuard(log);
  const underWay = countPerChannel();
  const firstAttempts = countPerChannel();
  const waiting: (() => void)[] = [];
  let servingUntil = 0;

  function roomOf(channel: Channel): number {
    const batch = providers[channel]?.batch?.most;
    const most = batch === undefined ? MAX_IN_FLIGHT : Math.max(MAX_IN_FLIGHT_BATCHED, batch);
    const limit = clock.now() < servingUntil ? CLAIM_LIMIT_SERVING : CLAIM_LIMIT;
    const free = most - underWay[channel];
    if (free < most * CLAIM_FROM) return 0;
    return Math.min(batch !== undefined && batch > CLAIM_LIMIT ? batch : limit, free);
  }

  function release(channel: Channel, count: number): void {
    underWay[channel] -= count;
    for (const resume of waiting.splice(0)) resume();
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
    item: ClaimedRow,
    reader: ReturnType<typeof createReader>,
  ): Promise<ReadyNotification | undefined> {
    const { lease, cancellationReason, unresolved } = item;
    if (cancellationReason !== undefined) {
      const settlement = failPermanently("cancelled", cancellationReason, unresolved, clock.now());
      await attempts.settle(lease, undefined, settlement);
      return undefined;
    }
    const [service, template] = await Promise.all([
      reader.service(item.notification),
      reader.template(item.notification),
    ]);
    if (service?.active === true && template !== undefined) return { ...item, service, template };
    const code = service?.active === false ? "service-archived" : "template-gone";
    const settlement = failPermanently("technical-failure", code, unresolved, clock.now());
    await attempts.settle(lease, undefined, settlement);
    return undefined;
  }

  /** Each call ends by itself: one that hangs keeps the room of its own rows and no more. */
  async function resume(channel: Channel, items: readonly ClaimedRow[]): Promise<void> {
    const reader = createReader();
    const prepared = await Promise.all(
      items.map((item) => guard(item.notification, () => prepare(item, reader))),
    );
    const ready = prepared.filter((one) => one !== undefined);
    release(channel, items.length - ready.length);
    await Promise.all(
      groupForCalls(ready, attempts.providerOf).map(async (group) => {
        await attempts.attempt(group);
        release(channel, group.length);
      }),
    );
  }

  /** Asks a provider about messages that it took, and puts off those of which it says nothing yet. */
  async function poll(provider: Provider | undefined, items: readonly ClaimedRow[]) {
    const ids = items.flatMap(({ providerMessageId }) => providerMessageId ?? []);
    const found = await askAbout(provider, ids);
    const [first] = items;
    if (found.length > 0 && first !== undefined) {
      await guard(first.notification, () => receipts.receive(found, clock.now()));
    }
    const now = clock.now();
    await Promise.all(items.map(({ lease, notification }) =>
      guard(notification, () => {
        const since = now - (notification.sentAt ?? notification.createdAt);
        // What a receipt has just brought to its end goes with this too.
        return attempts.settle(lease, undefined, settlePoll(since, now));
      })
    ));
  }

  async function expire(items: readonly ClaimedRow[]): Promise<void> {
    await Promise.all(items.map(({ lease, notification }) =>
      guard(
        notification,
        () =>
          attempts.settle(
            lease,
            undefined,
            finishWithoutAttempt("temporary-failure", "no-receipt"),
          ),
      )
    ));
  }

  async function work(channel: Channel, items: readonly ClaimedRow[]): Promise<void> {
    const of = (wanted: ClaimedRow["task"]) => items.filter(({ task }) => task === wanted);
    const [expired, asked] = [of("expire"), of("poll")];
    const polls = Map.groupBy(asked, ({ notification }) => attempts.providerOf(notification));
    await Promise.all([
      resume(channel, of("deliver")),
      expire(expired).then(() => release(channel, expired.length)),
      ...Array.from(
        polls,
        ([provider, group]) => poll(provider, group).then(() => release(channel, group.length)),
      ),
    ]);
  }

  /** Takes as much of the channels as there is room for, and begins attempts at it. */
  async function claim(room: readonly ChannelCapacity[]) {
    let claimed: readonly ClaimedRow[] = [];
    try {
      claimed = await outbox.claim(clock.now(), room, LEASE_MS);
    } finally {
      for (const { channel, most } of room) {
        const taken = claimed.filter(({ notification }) => notification.channel === channel);
        release(channel, most - taken.length);
      }
    }
    const byChannel = Map.groupBy(claimed, ({ notification }) => notification.channel);
    const ended = Array.from(byChannel, ([channel, items]) => work(channel, items));
    return { claimed: claimed.length, ended: Promise.all(ended) };
  }

  return {
    hasCapacity: (channel) => firstAttempts[channel] < MAX_FIRST_ATTEMPTS,
    freed: () => new Promise((resolve) => waiting.push(resolve)),
    async deliver(held, template, service) {
      const { channel } = held.notification;
      firstAttempts[channel]++;
      servingUntil = clock.now() + SERVING_MS;
      await attempts.attempt([{ ...held, template, service }]);
      firstAttempts[channel]--;
    },
    async dispatchOnce() {
      const room: readonly ChannelCapacity[] = CHANNELS.map((channel) => ({
        channel,
        most: roomOf(channel),
      }))
        .filter(({ most }) => most > 0);
      const full = room.length < CHANNELS.length;
      if (room.length === 0) return { claimed: 0, full, ended: Promise.resolve() };
      // Whoever claims beside this one may not count on the same room.
      for (const { channel, most } of room) underWay[channel] += most;
      // What one call may take thousands of holds nothing up while so many are claimed.
      const parts = Map.groupBy(room, ({ most }) => most > CLAIM_LIMIT);
      const turns = await Promise.allSettled(Array.from(parts.values(), claim));
      const begun = turns.filter((one) => one.status === "fulfilled").map(({ value }) => value);
      const ended = Promise.all(begun.map(({ ended }) => ended)).then(() => {});
      const claimed = begun.reduce((sum, one) => sum + one.claimed, 0);
      const failure = turns.find((one) => one.status === "rejected")?.reason;
      return { claimed, full, ended, failure };
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
