/** The step of the dispatcher that sends what a message of the work queue names. */
import type { NotificationId, ServiceId } from "../../domain/ids.ts";
import type { WorkBudget } from "../../domain/ports/invocation.ts";
import type { ChannelCapacity, ClaimedRow, Outbox } from "../../domain/ports/outbox.ts";
import type { Channel } from "../../domain/service/service.ts";
import { LEASE_MS } from "./attempts.ts";
import type { Capacity } from "./capacity.ts";

/** Notifications of one service and channel. */
export interface ListedNotifications {
  readonly serviceId: ServiceId;
  readonly channel: Channel;
  readonly ids: readonly NotificationId[];
}

/**
 * Claims the listed notifications that are due to be sent and starts the work on them: from the first one on, as many as
 * there is capacity for. When the channel's providers take fewer messages now than are listed, it claims from all
 * notifications that are due on the channel instead, as a pass of the dispatcher does, so that lanes and services share
 * the scarce provider. When that claim finds none, the listed notifications are not due either.
 *
 * @throws when the claim fails
 */
export type DispatchListed = (list: ListedNotifications) => Promise<ListedPass>;

/** The result of {@link DispatchListed}. */
export interface ListedPass {
  /** How many of the ids, from the first on, were claimed or need no work now. */
  readonly handled: number;
  /**
   * Why no id was handled: `busy` when the channel has no free capacity, `held` when its providers take too few messages
   * now, `spent` when the invocation's budget is used up. Absent when ids were handled.
   */
  readonly waits?: "busy" | "held" | "spent";
  /** Resolves when the work on all claimed rows has ended. Never rejects. */
  readonly ended: Promise<unknown>;
}

/** The parts of the dispatcher that {@link createListedDispatch} uses. */
interface ListedSteps {
  readonly outbox: Pick<Outbox, "claimListed">;
  readonly claimTime: () => Promise<number>;
  readonly capacityOf: () => Pick<Capacity, "reserve" | "release" | "isSpent">;
  readonly budget: WorkBudget;
  /** Claims from all that are due, for reserved capacity, and starts the work. */
  readonly claim: (
    reserved: readonly ChannelCapacity[],
  ) => Promise<{ readonly claimed: number; readonly ended: Promise<unknown> }>;
  /** Does the work on claimed rows. Never rejects. */
  readonly work: (channel: Channel, rows: readonly ClaimedRow[]) => Promise<unknown>;
}

/** Creates the step. */
export function createListedDispatch(
  { outbox, claimTime, capacityOf, budget, claim, work }: ListedSteps,
): DispatchListed {
  async function claimListed(list: ListedNotifications, reserved: number): Promise<ListedPass> {
    let rows: readonly ClaimedRow[] = [];
    try {
      rows = await outbox.claimListed(await claimTime(), list, LEASE_MS);
    } finally {
      capacityOf().release(list.channel, reserved - rows.length);
    }
    budget.countMessages(rows.length);
    return { handled: list.ids.length, ended: work(list.channel, rows) };
  }

  const waitFor = (
    waits: "busy" | "held" | "spent",
    ended: Promise<unknown> = Promise.resolve(),
  ) => ({ handled: 0, waits, ended });

  return async (list) => {
    const { channel } = list;
    if (capacityOf().isSpent([channel])) return waitFor("spent");
    const [reserved] = capacityOf().reserve([channel]);
    if (reserved === undefined) return waitFor("busy");
    const { most, mostToSend = most } = reserved;
    const ids = list.ids.slice(0, most);
    if (mostToSend >= ids.length) return await claimListed({ ...list, ids }, most);
    if (mostToSend === 0) {
      capacityOf().release(channel, most);
      return waitFor("held");
    }
    const { claimed, ended } = await claim([reserved]);
    budget.countMessages(claimed);
    // With a rate limit whose bucket never holds as many as are listed, the queue message would be retried for ever.
    return claimed === 0 ? { handled: list.ids.length, ended } : waitFor("held", ended);
  };
}
