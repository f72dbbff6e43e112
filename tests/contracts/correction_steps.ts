/** Steps of a message's delivery that tests of corrections make one by one. */
import type { NotificationRef } from "../../domain/ids.ts";
import {
  endWithoutReceipt,
  NO_FURTHER_WORK,
  settleAttempt,
} from "../../domain/delivery/attempt_result.ts";
import { RECEIPT_WAIT_MS } from "../../domain/delivery/retry.ts";
import type { SendOutcome } from "../../domain/ports/provider.ts";
import {
  accepted,
  type AcceptPlan,
  type Bench,
  capacityFor,
  claimOne,
  DAY_MS,
  type Sender,
} from "./isolate.ts";

const LEASE_MS = 30_000;
/** The provider has the message, under this id. */
export const ACCEPTED = (providerMessageId: string): SendOutcome => ({
  kind: "accepted",
  providerMessageId,
});

/** Claims the row that is due and starts an attempt. */
export async function start(bench: Bench) {
  const item = await claimOne(bench);
  const { now } = bench.time;
  const options = { provider: "post", possibleDuplicate: item.unresolved };
  const number = await bench.outbox.start(item.lease, options, now, now + LEASE_MS);
  return { item, number: number ?? 0 };
}

/** Records how a started attempt ended. */
export async function end(
  bench: Bench,
  { item, number }: Awaited<ReturnType<typeof start>>,
  outcome: SendOutcome,
) {
  const { now } = bench.time;
  const { notification, unresolved, lease } = item;
  const attempt = {
    number,
    provider: "post",
    channel: notification.channel,
    acceptedAt: notification.createdAt,
    international: notification.international,
    unresolved,
  };
  return await bench.outbox.settle(lease, "post", settleAttempt(attempt, outcome, now, 0), now);
}

/** Records that the outcome of a started attempt is unknown, and makes the next one due at once. */
export async function endUnknown(
  bench: Bench,
  { item, number }: Awaited<ReturnType<typeof start>>,
): Promise<void> {
  const { now } = bench.time;
  const facts = { provider: "post", attempt: number, outcome: "unknown", code: "timeout" } as const;
  await bench.outbox.settle(item.lease, "post", {
    ...NO_FURTHER_WORK,
    unresolved: true,
    next: { kind: "again", dueAt: now },
    events: [{ kind: "attempt-ended", facts }],
  }, now);
}

/** Accepts a message whose first attempts had unknown outcomes, and which is due for the next one. */
export async function unresolvedMessage(
  bench: Bench,
  sender: Sender,
  attempts: number,
  plan: AcceptPlan = {},
): Promise<NotificationRef> {
  const ref = await accepted(bench, sender, plan);
  for (let number = 1; number <= attempts; number++) {
    await endUnknown(bench, await start(bench));
    bench.time.now += 60_000;
  }
  return ref;
}

/** The status of a notification with its times. */
export async function stateOf({ notifications }: Bench, ref: NotificationRef) {
  const stored = await notifications.get(ref);
  return [stored?.status, stored?.statusAt, stored?.completedAt, stored?.sentAt];
}

/** The status of a notification. */
export async function statusOf({ notifications }: Bench, ref: NotificationRef) {
  return (await notifications.get(ref))?.status;
}

/** The kind and the facts of the newest event. */
export async function lastEvent({ notifications }: Bench, ref: NotificationRef) {
  const last = (await notifications.timeline(ref))?.at(-1);
  return [last?.kind, last?.facts];
}

/** Lets the wait for a receipt end, when the message still waits for one. */
export async function timeOut(bench: Bench): Promise<void> {
  bench.time.now += RECEIPT_WAIT_MS + DAY_MS;
  for (const { lease } of await bench.outbox.claim(bench.time.now, capacityFor(9), LEASE_MS)) {
    await bench.outbox.settle(lease, undefined, endWithoutReceipt(), bench.time.now);
  }
}
