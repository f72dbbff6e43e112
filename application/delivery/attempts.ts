import { decideDelivery } from "../../domain/delivery/decide_delivery.ts";
import type { Notification } from "../../domain/notification/notification.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Lease, Outbox } from "../../domain/ports/outbox.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { Provider, SendOutcome } from "../../domain/ports/provider.ts";
import type { Channel, Service } from "../../domain/service/service.ts";
import {
  type AttemptResult,
  failPermanently,
  NO_FURTHER_WORK,
  postponeUntil,
  settleAttempt,
} from "../../domain/delivery/attempt_result.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import type { Log } from "../../domain/ports/log.ts";
import { sendToProvider, UNEXPECTED_ERROR } from "./send_messages.ts";
import { createGuard } from "./isolate_failures.ts";

/** How long one holder keeps a row before another may take it. Longer than an attempt can last. */
export const LEASE_MS = 30_000;
/** How long a provider is waited for, from when the first of its messages was written down as begun. */
export const ATTEMPT_TIMEOUT_MS = 15_000;
/** Waits between the tries at writing down an outcome; together much less than a lease. */
const SETTLE_DELAYS_MS = [200, 1_000, 3_000] as const;

/** A notification in the hands of this isolate. */
export interface HeldNotification {
  readonly lease: Lease;
  readonly notification: Notification;
  /** The outcome of an earlier attempt is not known. */
  readonly unresolved: boolean;
}

/** A held notification with what its message is put together from. */
export interface ReadyNotification extends HeldNotification {
  readonly template: TemplateVersion;
  readonly service: Service;
}

/** What attempts work with. */
export interface AttemptPorts {
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, "start" | "settle">;
  readonly receipts: Pick<ReceiptStore, "receive" | "applyUnmatched">;
  /** Who carries each channel; a channel without one is retried until it gives up. */
  readonly providers: Readonly<Partial<Record<Channel, Provider>>>;
  /** Who plays at carrying what test keys send. */
  readonly simulators: Readonly<Record<Channel, Provider>>;
  readonly log: Log;
  /** The address of this deployment, without a slash at its end: links in messages begin with it. */
  readonly publicUrl: string;
}

/** Makes attempts at what this isolate holds. */
export interface Attempts {
  /** Who is to carry a notification. */
  providerOf(notification: Notification): Provider | undefined;
  /**
   * One attempt at each, all in one call where there are several: then they are of one provider, which takes that many.
   * What may not go out now is put off or ended. Never rejects: what fails is left to whoever claims it next, and takes no
   * other with it.
   */
  attempt(ready: readonly ReadyNotification[]): Promise<void>;
  /** Writes a settlement down, with a few tries: were it lost, the message would go out again. */
  settle(lease: Lease, provider: string | undefined, settlement: AttemptResult): Promise<boolean>;
}

interface Begun extends ReadyNotification {
  readonly number: number;
  readonly startedAt: number;
}

/** Makes the one way in which messages go to providers. */
export function createAttempts(ports: AttemptPorts): Attempts {
  const { clock, outbox, receipts, providers, simulators, log } = ports;
  const root = `${ports.publicUrl}/`;
  const guard = createGuard(log);

  function providerOf({ keyKind, channel }: Notification): Provider | undefined {
    return (keyKind === "test" ? simulators : providers)[channel];
  }

  /** The lease fences each of the tries. */
  async function settle(
    lease: Lease,
    provider: string | undefined,
    settlement: AttemptResult,
  ): Promise<boolean> {
    const now = clock.now();
    for (const delayMs of SETTLE_DELAYS_MS) {
      try {
        return await outbox.settle(lease, provider, settlement, now);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
    return await outbox.settle(lease, provider, settlement, now);
  }

  /** Puts off or ends what may not go out now. */
  async function mayGo(ready: ReadyNotification): Promise<boolean> {
    const { lease, notification, service, unresolved } = ready;
    const now = clock.now();
    const verdict = decideDelivery(notification, service.settings, now);
    if (verdict.kind === "go") return true;
    await settle(
      lease,
      undefined,
      verdict.kind === "hold"
        ? postponeUntil(verdict.until, "quiet-hours", unresolved)
        : failPermanently("expired", "too-late", unresolved, now),
    );
    return false;
  }

  async function begin(
    ready: ReadyNotification,
    provider: string,
  ): Promise<Begun | undefined> {
    if (!await mayGo(ready)) return undefined;
    const { lease, unresolved } = ready;
    const startedAt = clock.now();
    const number = await outbox.start(
      lease,
      { provider, possibleDuplicate: unresolved },
      startedAt,
      startedAt + LEASE_MS,
    );
    if (number !== undefined) return { ...ready, number, startedAt };
    await outbox.settle(lease, undefined, NO_FURTHER_WORK, clock.now());
    return undefined;
  }

  async function finish(begun: Begun, provider: Provider | undefined, outcome: SendOutcome) {
    const { lease, notification, number, unresolved, startedAt } = begun;
    const providerName = provider?.name ?? "none";
    const now = clock.now();
    const settlement = settleAttempt(
      {
        number,
        provider: providerName,
        channel: notification.channel,
        acceptedAt: notification.delivery?.scheduledFor ?? notification.createdAt,
        international: notification.international,
        unresolved,
        polled: provider?.poll !== undefined,
      },
      outcome,
      now,
      clock.random(),
    );
    const held = await settle(lease, providerName, settlement);
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
  }

  /** Receipts that came with the answer, and those that came before it. */
  async function applyReceipts(provider: string, outcomes: readonly SendOutcome[]): Promise<void> {
    const taken = outcomes.filter((one) => one.kind === "accepted")
      .filter(({ delivered }) => delivered !== true);
    if (taken.length === 0) return;
    const told = taken.flatMap(({ receipts = [] }) => receipts);
    if (told.length > 0) await receipts.receive(told, clock.now());
    const ids = taken.map(({ providerMessageId }) => providerMessageId);
    await receipts.applyUnmatched(provider, ids, clock.now());
  }

  /** The lease outlasts the attempt by far, however long it took to write down that it begins. */
  function remainingAttemptTime(begun: readonly Begun[]): AbortSignal {
    const since = Math.min(...begun.map(({ startedAt }) => startedAt));
    const left = ATTEMPT_TIMEOUT_MS - (clock.now() - since);
    return left > 0 ? AbortSignal.timeout(left) : AbortSignal.abort();
  }

  return {
    providerOf,
    settle,
    async attempt(ready) {
      const [first] = ready;
      if (first === undefined) return;
      const provider = providerOf(first.notification);
      const name = provider?.name ?? "none";
      const begun = (await Promise.all(
        ready.map((one) => guard(one.notification, () => begin(one, name))),
      )).filter((one) => one !== undefined);
      const [one] = begun;
      if (one === undefined) return;
      const outcomes = await sendToProvider(provider, begun, root, remainingAttemptTime(begun));
      await Promise.all(
        begun.map((one, index) =>
          guard(one.notification, () => finish(one, provider, outcomes[index] ?? UNEXPECTED_ERROR))
        ),
      );
      await guard(one.notification, () => applyReceipts(name, outcomes));
    },
  };
}
