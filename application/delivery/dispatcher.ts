import type { WorkBudget } from "../../domain/ports/invocation.ts";
import type { ChannelCapacity, ClaimedRow, Outbox } from "../../domain/ports/outbox.ts";
import type { Notification } from "../../domain/notification/notification.ts";
import type { Channel, Service } from "../../domain/service/service.ts";
import { CHANNELS } from "../../domain/service/service.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import {
  type AttemptPorts,
  createAttempts,
  LEASE_MS,
  type LeasedNotification,
  type ReadyNotification,
} from "./attempts.ts";
import { createAwaitReceipts } from "./await_receipts.ts";
import { CLAIM_LIMIT, createCapacity } from "./capacity.ts";
import {
  type ChannelProviderPorts,
  createChannelProviders,
  type SelectedProvider,
} from "./channel_providers.ts";
import { createListedDispatch, type DispatchListed } from "./dispatch_listed.ts";
import { groupIntoCalls } from "./group_into_calls.ts";
import { createIsolateFailures } from "./isolate_failures.ts";
import { affordableMessages, inOneProcess, UNLIMITED } from "../work_budget.ts";
import { createClaimTime } from "../lease_time.ts";
import { createUnknownResolution, type UnknownResolutionPorts } from "./resolve_unknown.ts";
import { createOverdueEnd } from "./end_overdue.ts";
import { createRowPreparation, type RowPreparationPorts } from "./prepare_rows.ts";

/** The dependencies of the dispatcher. */
export interface DispatcherPorts
  extends AttemptPorts, ChannelProviderPorts, RowPreparationPorts, UnknownResolutionPorts {
  readonly outbox: Outbox;
  /** What the invocation that dispatches may still do; without limits by default. */
  readonly budget?: WorkBudget | undefined;
}

/** Sends accepted notifications: at once after their accept, or later from the outbox (the table of work to do). */
export interface Dispatcher {
  /** Whether this process may make the first attempt of another notification of the channel now. */
  hasCapacity(channel: Channel): boolean;
  /**
   * Selects the provider of a notification's first attempt and counts one message against its rate limit. The attempt
   * must be made by {@link deliver} or cancelled by {@link cancelSelection}.
   *
   * @returns `undefined` when no provider may be called now: the notification waits in the outbox
   */
  selectProvider(
    notification: Pick<Notification, "channel" | "keyKind">,
  ): SelectedProvider | undefined;
  /**
   * Cancels an attempt that {@link selectProvider} selected a provider for, when the notification was not accepted.
   * What was counted against the rate limit stays counted.
   */
  cancelSelection(selected: SelectedProvider): void;
  /**
   * The channels whose messages wait for their providers (failing, paused, or at their rate limit), or were found to
   * wait within the last `withinMs` milliseconds.
   */
  heldChannels(withinMs: number): readonly Channel[];
  /** Resolves when work on claimed rows ends next, so that there is capacity to claim more. */
  freed(): Promise<void>;
  /**
   * Makes the first attempt for a notification that was accepted with a lease for this process. When no provider may be
   * called now, it gives the lease back, and the notification waits in the outbox. Never rejects.
   */
  deliver(leased: LeasedNotification, template: TemplateVersion, service: Service): Promise<void>;
  /**
   * Claims outbox rows that are due, as far as this process has capacity, and starts the work on them. It resolves when
   * the rows are claimed; the work goes on. It does not reject when a claim fails: `failure` of the result is the
   * error.
   */
  dispatchOnce(): Promise<DispatchPass>;
  /** Claims those of some notifications that are due to be sent, and starts the work on them. */
  readonly dispatchListed: DispatchListed;
  /**
   * When the first of the channel's providers can be called again, epoch milliseconds: in the past when one can be now.
   * `undefined` when all are paused.
   */
  resumesAt(channel: Channel): number | undefined;
}

/** The result of {@link Dispatcher.dispatchOnce}. */
export interface DispatchPass {
  /** The number of claimed rows. */
  readonly claimed: number;
  /** Whether a channel was left out for lack of capacity, so that it may have more rows that are due. */
  readonly full: boolean;
  /**
   * Whether messages of a channel wait for its providers: these are held back, or a rate limit is exhausted. They may be
   * due without being claimed.
   */
  readonly held: boolean;
  /**
   * Present when the budget of the invocation does not suffice for another message: what is due is left to the next one.
   */
  readonly more?: true;
  /**
   * Resolves when the work on all claimed rows has ended, with the number of messages that providers accepted. Never
   * rejects.
   */
  readonly ended: Promise<number>;
  /** The error, when the rows of some channels could not be claimed. */
  readonly failure?: unknown;
}

/** The pass of an invocation whose budget does not suffice for another message. */
const LEFT_TO_NEXT: DispatchPass = {
  claimed: 0,
  full: false,
  held: false,
  more: true,
  ended: Promise.resolve(0),
};

/** The number of rows that one claim returned, and the end of the work on them: the numbers of accepted messages. */
interface Claimed {
  readonly claimed: number;
  readonly ended: Promise<readonly number[]>;
}

/** Creates the dispatcher of a process. Requests and the background work share it, and so its capacity. */
export function createDispatcher(ports: DispatcherPorts): Dispatcher {
  const { outbox, clock, budget = UNLIMITED, perInvocation = inOneProcess } = ports;
  const claimTime = createClaimTime(clock, outbox, LEASE_MS);
  const isolateFailures = createIsolateFailures(ports.log);
  const providers = createChannelProviders(ports);
  const attempts = createAttempts(ports);
  const capacityOf = perInvocation(() =>
    createCapacity(clock, providers.maxBatchOf, providers.roomOf, budget)
  );
  const prepareRows = createRowPreparation(ports, attempts, isolateFailures);
  const endOverdue = createOverdueEnd(ports, {
    claimTime,
    heldChannels: () => providers.heldChannels(0),
    end: async (rows) => await attempts.postpone(await prepareRows(rows)),
  });
  const awaitReceipts = createAwaitReceipts(ports, attempts, isolateFailures);
  const resolveUnknown = createUnknownResolution(ports, providers, attempts, isolateFailures);

  /** Each provider call releases its own capacity: one that hangs blocks only its own rows. */
  async function send(channel: Channel, rows: readonly ClaimedRow[]): Promise<number> {
    const ready = await prepareRows(rows);
    capacityOf().release(channel, rows.length - ready.length);
    const { known = [], unknown = [] } = Object.groupBy(
      ready,
      ({ unresolved }) => unresolved ? "unknown" : "known",
    );
    const resolveAndCall = async () => {
      const resolved = unknown.length === 0 ? [] : await resolveUnknown(unknown);
      capacityOf().release(channel, unknown.length - resolved.length);
      return await call(channel, resolved);
    };
    // The others do not wait until the providers were asked.
    return sumOf(await Promise.all([call(channel, known), resolveAndCall()]));
  }

  async function call(channel: Channel, ready: readonly ReadyNotification[]): Promise<number> {
    const { calls, waiting } = groupIntoCalls(ready, providers);
    capacityOf().release(channel, waiting.length);
    const [accepted] = await Promise.all([
      Promise.all(calls.map(async ({ selected, call }) => {
        const accepted = await attempts.attempt(selected, call);
        capacityOf().release(channel, call.length);
        return accepted;
      })),
      attempts.postpone(waiting),
    ]);
    return sumOf(accepted);
  }

  async function work(channel: Channel, rows: readonly ClaimedRow[]): Promise<number> {
    const { deliver = [], poll = [], expire = [] } = Object.groupBy(rows, ({ task }) => task);
    const polls = Map.groupBy(poll, ({ notification }) => providers.findAcceptedBy(notification));
    const releasing = async (group: readonly ClaimedRow[], handled: Promise<void>) => {
      await handled;
      capacityOf().release(channel, group.length);
    };
    const [accepted] = await Promise.all([
      send(channel, deliver),
      releasing(expire, awaitReceipts.expire(expire)),
      ...Array.from(
        polls,
        ([provider, group]) => releasing(group, awaitReceipts.poll(provider, group)),
      ),
    ]);
    return accepted;
  }

  /** Claims rows for reserved capacity and starts the work on them. */
  async function claim(reserved: readonly ChannelCapacity[]): Promise<Claimed> {
    let rows: readonly ClaimedRow[] = [];
    try {
      rows = await outbox.claim(await claimTime(), reserved, LEASE_MS);
    } finally {
      for (const { channel, most } of reserved) {
        const claimed = rows.filter(({ notification }) => notification.channel === channel);
        capacityOf().release(channel, most - claimed.length);
      }
    }
    const byChannel = Map.groupBy(rows, ({ notification }) => notification.channel);
    const ended = Array.from(byChannel, ([channel, group]) => work(channel, group));
    return { claimed: rows.length, ended: Promise.all(ended) };
  }

  return {
    hasCapacity: (channel) => capacityOf().hasFirstAttempt(channel),
    selectProvider: providers.select,
    cancelSelection: providers.cancel,
    heldChannels: providers.heldChannels,
    resumesAt: providers.resumesAt,
    freed: () => capacityOf().released(),
    async deliver(leased, template, service) {
      const ready = { ...leased, template, service };
      const selected = leased.firstAttempt ?? providers.select(leased.notification);
      await capacityOf().duringFirstAttempt(
        leased.notification.channel,
        async () => {
          if (selected === undefined) await attempts.postpone([ready]);
          else await attempts.attempt(selected, [ready]);
        },
      );
    },
    dispatchListed: createListedDispatch({ outbox, claimTime, capacityOf, budget, claim, work }),
    async dispatchOnce() {
      if (CHANNELS.every((channel) => affordableMessages(budget, channel) === 0)) {
        return LEFT_TO_NEXT;
      }
      const overdue = endOverdue().then(({ ended }) => ({
        claimed: 0,
        ended: ended.then(() => []),
      }));
      const reserved = capacityOf().reserve();
      const full = reserved.length < CHANNELS.length;
      const held = reserved.some(({ mostToSend }) => mostToSend !== undefined);
      // A large claim takes long: the other channels do not wait for it.
      const claims = Map.groupBy(reserved, ({ most }) => most > CLAIM_LIMIT);
      const results = await Promise.allSettled([overdue, ...Array.from(claims.values(), claim)]);
      const pass = toPass(results, { full, held });
      budget.countMessages(pass.claimed);
      return pass;
    },
  };
}

/** Combines the results of the claims of one pass. */
function toPass(
  results: readonly PromiseSettledResult<Claimed>[],
  state: Pick<DispatchPass, "full" | "held">,
): DispatchPass {
  const claims = results.filter((result) => result.status === "fulfilled")
    .map(({ value }) => value);
  return {
    claimed: claims.reduce((sum, { claimed }) => sum + claimed, 0),
    ...state,
    ended: Promise.all(claims.map(({ ended }) => ended)).then((accepted) => sumOf(accepted.flat())),
    failure: results.find((result) => result.status === "rejected")?.reason,
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
