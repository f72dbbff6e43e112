import { createAcceptStore } from "../../adapters/libsql/notifications/accept.ts";
import type { Lease } from "../../domain/ports/outbox.ts";
import { settleAttempt } from "../../domain/delivery/attempt_result.ts";
import { type BenchHark, openBenchHark } from "./bench_hark.ts";
import { type Case, measure, type Parts } from "./measure.ts";
import { type Planning, startPlanning } from "./plans.ts";

const ROUNDS = 25;
const SIZES = [1, 8, 32];

/** Measures the outbox's writes around an attempt: its start before the provider is called, and its result after. */
export async function benchDispatch(folder: string): Promise<readonly Parts[]> {
  const bench = await openBenchHark(`${folder}/dispatch.db`);
  const planning = await startPlanning(bench, "sms");
  const costs = await measure(
    ROUNDS,
    SIZES.flatMap((size) => dispatchCases(bench, planning, size)),
  );
  await bench.close();
  return [{ title: "what is written around an attempt", costs }];
}

function dispatchCases(bench: BenchHark, planning: Planning, size: number): readonly Case[] {
  const { outbox, clock, db, encryption, contexts } = bench;
  const store = createAcceptStore({ db, encryption, contexts, clock });
  const groups = Math.max(2, Math.floor(16 / size));
  const operations = groups * size;

  async function newLeases(): Promise<readonly (readonly Lease[])[]> {
    const leases = Array.from({ length: groups }, () =>
      Array.from({ length: size }, () => {
        const token = clock.newId();
        const accept = planning.accept(token);
        const { serviceId, id: notificationId } = accept.notification;
        return { accept, lease: { ref: { serviceId, notificationId }, token } };
      }));
    await Promise.all(leases.flat().map(({ accept }) => store.accept(accept)));
    return leases.map((group) => group.map(({ lease }) => lease));
  }
  async function start(lease: Lease): Promise<void> {
    const now = clock.now();
    const attempt = { provider: "bench", possibleDuplicate: false };
    const number = await outbox.start(lease, attempt, now, now + 30_000);
    if (number !== 1) throw new Error("an attempt did not start");
  }
  async function settle(lease: Lease): Promise<void> {
    const now = clock.now();
    const settlement = settleAttempt(
      {
        number: 1,
        provider: "bench",
        channel: "sms",
        acceptedAt: now,
        international: false,
        unresolved: false,
      },
      { kind: "accepted", providerMessageId: clock.newId() },
      now,
      0.5,
    );
    const held = await outbox.settle(lease, "bench", settlement, now);
    if (!held) throw new Error("a lease was lost");
  }
  return [
    {
      name: `start, ${size} in a group`,
      operations,
      async prepare() {
        const leases = await newLeases();
        return async () => {
          for (const group of leases) await Promise.all(group.map(start));
        };
      },
    },
    {
      name: `settle, ${size} in a group`,
      operations,
      async prepare() {
        const leases = await newLeases();
        for (const group of leases) await Promise.all(group.map(start));
        return async () => {
          for (const group of leases) await Promise.all(group.map(settle));
        };
      },
    },
  ];
}
