import { composeMessage } from "../../domain/compose.ts";
import type { Notification } from "../../domain/notification.ts";
import type { Clock, Lease, Outbox, ReceiptStore, SendingContexts } from "../../domain/ports.ts";
import type { ManagementStore } from "../../domain/management_ports.ts";
import type { OutgoingMessage, Provider, SendOutcome } from "../../domain/provider.ts";
import type { Channel, Service } from "../../domain/service.ts";
import {
  endWithout,
  NOTHING_LEFT,
  settleAttempt,
  type Settlement,
} from "../../domain/settlement.ts";
import type { Template } from "../../domain/template/template.ts";
import type { Log } from "../log.ts";

/** How long one holder keeps a row before another may take it. Longer than an attempt can last. */
export const LEASE_MS = 30_000;
/** How long a provider is waited for. */
export const ATTEMPT_TIMEOUT_MS = 15_000;
/** Waits between the tries at writing down an outcome; together much less than a lease. */
const SETTLE_DELAYS_MS = [200, 1_000, 3_000] as const;
/** How many claimed rows one isolate has under way at once. */
export const MAX_UNDER_WAY = 64;
/**
 * How many first attempts of a channel one isolate has under way at once, beside what it has claimed: a provider that
 * hangs holds up neither the other channel's first attempts nor what is due.
 */
export const MAX_FIRST_ATTEMPTS = 32;
/** How many due rows are claimed at once. */
export const CLAIM_LIMIT = 100;

/** What the dispatcher works with. */
export interface DispatcherPorts {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly receipts: ReceiptStore;
  readonly contexts: SendingContexts;
  readonly templates: Pick<ManagementStore, "getTemplate">;
  /** Who carries each channel; a channel without one is retried until it gives up. */
  readonly providers: Readonly<Partial<Record<Channel, Provider>>>;
  /** Who plays at carrying what test keys send. */
  readonly simulators: Readonly<Record<Channel, Provider>>;
  readonly log: Log;
  /** The address of this deployment, without a slash at its end: links in messages begin with it. */
  readonly publicUrl: string;
}

/** A notification in the hands of this isolate. */
export interface HeldNotification {
  readonly lease: Lease;
  readonly notification: Notification;
  /** The outcome of an earlier attempt is not known. */
  readonly unresolved: boolean;
}

/** Sends what has been accepted. */
export interface Dispatcher {
  /** Whether this isolate can take on the first attempt of another notification of the channel. */
  hasRoom(channel: Channel): boolean;
  /** Resolves when it can claim another row. */
  room(): Promise<void>;
  /** Makes the first attempt at a notification that was accepted with a lease. Never rejects. */
  deliver(held: HeldNotification, template: Template, service: Service): Promise<void>;
  /**
   * Claims what is due, as much as there is room for, and begins one attempt at each.
   *
   * @returns how many rows were claimed, and when the attempts at them have ended (never rejects)
   */
  dispatchOnce(): Promise<{ readonly claimed: number; readonly ended: Promise<void> }>;
}

/** Hands one message to its provider. What should not happen is an outcome too, so that it is settled like any other. */
async function carry(
  provider: Provider | undefined,
  notification: Notification,
  template: Template,
  service: Service,
  root: string,
): Promise<SendOutcome> {
  if (provider === undefined) return { kind: "retry", outcome: "not-sent", code: "no-provider" };
  let message: OutgoingMessage;
  try {
    message = composeMessage(notification, template, service, root);
  } catch {
    return { kind: "rejected", permanent: false, code: "compose-failed" };
  }
  try {
    return await provider.send(message, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS));
  } catch {
    return { kind: "retry", outcome: "unknown", code: "provider-broken" };
  }
}

/** Makes the one dispatcher that a request's tail, a cron and the loop all call. */
export function createDispatcher(ports: DispatcherPorts): Dispatcher {
  const { clock, outbox, receipts, contexts, templates, providers, simulators, log } = ports;
  const root = `${ports.publicUrl}/`;
  let underWay = 0;
  const firstAttempts: Record<Channel, number> = { sms: 0, email: 0 };
  const waiting: (() => void)[] = [];

  async function attempt(
    { lease, notification, unresolved }: HeldNotification,
    template: Template,
    service: Service,
  ): Promise<void> {
    const carriers = notification.keyKind === "test" ? simulators : providers;
    const provider = carriers[notification.channel];
    const providerName = provider?.name ?? "none";
    const startedAt = clock.now();
    const number = await outbox.start(
      lease,
      { provider: providerName, possibleDuplicate: unresolved },
      startedAt,
      startedAt + LEASE_MS,
    );
    if (number === undefined) {
      await outbox.settle(lease, undefined, NOTHING_LEFT, clock.now());
      return;
    }
    const outcome = await carry(provider, notification, template, service, root);
    const now = clock.now();
    const settlement = settleAttempt(
      {
        number,
        provider: providerName,
        channel: notification.channel,
        acceptedAt: notification.createdAt,
        international: notification.international,
        unresolved,
      },
      outcome,
      now,
      clock.random(),
    );
    const held = await settleSurely(lease, providerName, settlement, now);
    log({
      event: "attempt",
      service_id: notification.serviceId,
      notification_id: notification.id,
      channel: notification.channel,
      provider: providerName,
      attempt: number,
      outcome: outcome.kind === "retry" ? outcome.outcome : outcome.kind,
      ...(outcome.kind === "accepted" ? {} : { code: outcome.code }),
      ...(held ? {} : { lease: "lost" }),
      ms: now - startedAt,
    });
    if (outcome.kind !== "accepted") return;
    if (outcome.receipts !== undefined) await receipts.receive(outcome.receipts, clock.now());
    await receipts.applyParked(providerName, outcome.providerMessageId, clock.now());
  }

  /**
   * What a provider has answered is worth a few tries to write down: were it lost, the message would go out again.
   * The lease fences each of them.
   */
  async function settleSurely(
    lease: Lease,
    provider: string,
    settlement: Settlement,
    now: number,
  ): Promise<boolean> {
    for (const delayMs of SETTLE_DELAYS_MS) {
      try {
        return await outbox.settle(lease, provider, settlement, now);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
    return await outbox.settle(lease, provider, settlement, now);
  }

  /** A failure here leaves the row to whoever claims it when the lease is over. */
  async function guarded(held: HeldNotification, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log({
        event: "attempt-broken",
        service_id: held.notification.serviceId,
        notification_id: held.notification.id,
        error: error instanceof Error ? error.name : "unknown",
      });
    }
  }

  async function resume(held: HeldNotification): Promise<void> {
    const { serviceId, templateId, templateVersion } = held.notification;
    const [context, template] = await Promise.all([
      contexts.load(serviceId, { fresh: true }),
      templates.getTemplate(serviceId, templateId, templateVersion),
    ]);
    if (context === undefined || template === undefined || !context.service.active) {
      const code = context?.service.active === false ? "service-archived" : "template-gone";
      await outbox.settle(
        held.lease,
        undefined,
        endWithout("technical-failure", code),
        clock.now(),
      );
      return;
    }
    await attempt(held, template.parsed, context.service);
  }

  return {
    hasRoom: (channel) => firstAttempts[channel] < MAX_FIRST_ATTEMPTS,
    async room() {
      while (underWay >= MAX_UNDER_WAY) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async deliver(held, template, service) {
      const { channel } = held.notification;
      firstAttempts[channel]++;
      await guarded(held, () => attempt(held, template, service));
      firstAttempts[channel]--;
    },
    async dispatchOnce() {
      const room = Math.min(CLAIM_LIMIT, MAX_UNDER_WAY - underWay);
      if (room <= 0) return { claimed: 0, ended: Promise.resolve() };
      const claimed = await outbox.claim(clock.now(), room, LEASE_MS);
      underWay += claimed.length;
      const attempts = claimed.map(async (item) => {
        await guarded(item, async () => {
          if (item.task === "deliver") return await resume(item);
          const late = endWithout("temporary-failure", "no-receipt");
          await outbox.settle(item.lease, undefined, late, clock.now());
        });
        underWay--;
        for (const resume of waiting.splice(0)) resume();
      });
      const ended = Promise.all(attempts).then(() => {});
      return { claimed: claimed.length, ended };
    },
  };
}
