import assert from "node:assert/strict";
import { createUpkeepLeases } from "../../adapters/libsql/upkeep/upkeep_leases.ts";
import type { Backend } from "./backends.ts";
import { openBench, START } from "./isolate.ts";

const LEASE_MS = 1_000;
const REST_MS = 5_000;

/** The contract of `UpkeepLeases`. */
export function upkeepLeasesContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`UpkeepLeases ${name} (${backend.name})`, run);

  test("acquire: gives a task to one process of two, until it is released or has expired", async () => {
    await using bench = await openBench(backend);
    const leases = createUpkeepLeases(bench.db, bench.clock);
    const others = createUpkeepLeases((await bench.another()).db, bench.clock);
    const first = await leases.acquire("retention", START, LEASE_MS);
    assert.ok(first !== undefined && first.position === undefined);
    assert.equal(await others.acquire("retention", START + LEASE_MS - 1, LEASE_MS), undefined);
    assert.ok(await others.acquire("receipts", START, LEASE_MS), "another task is free");
    await first.release("17\u0000");
    const second = await others.acquire("retention", START + 1, LEASE_MS);
    assert.equal(second?.position, "17\u0000");
    const third = await leases.acquire("retention", START + 1 + LEASE_MS, LEASE_MS);
    assert.ok(third !== undefined);
    assert.equal(await second?.renew(START + LEASE_MS), false);
    await second?.release("lost");
    assert.equal(await others.acquire("retention", START + 1 + LEASE_MS, LEASE_MS), undefined);
    await third.release(undefined);
    const fourth = await others.acquire("retention", START + LEASE_MS, LEASE_MS);
    assert.ok(fourth !== undefined && fourth.position === undefined);
  });

  test("acquire: lets a task rest that is done; not one with something left, or whose holder is gone", async () => {
    await using bench = await openBench(backend);
    const leases = createUpkeepLeases(bench.db, bench.clock);
    const acquire = (now: number, restMs?: number) =>
      leases.acquire("retention", now, LEASE_MS, restMs);
    const doneAt = START + 500;
    await (await acquire(START, REST_MS))?.release(undefined, doneAt);
    assert.equal(await acquire(doneAt + REST_MS - 1, REST_MS), undefined);
    const another = await leases.acquire("receipts", doneAt, LEASE_MS, REST_MS);
    assert.ok(another !== undefined, "another task has not been done");

    const second = await acquire(doneAt + REST_MS, REST_MS);
    await second?.release("left");
    const third = await acquire(doneAt + REST_MS, REST_MS);
    assert.equal(third?.position, "left");
    const expiredAt = doneAt + REST_MS + LEASE_MS;
    assert.equal(await acquire(expiredAt - 1, REST_MS), undefined);
    const fourth = await acquire(expiredAt, REST_MS);
    await fourth?.release(undefined, expiredAt);
    assert.equal(await acquire(expiredAt, REST_MS), undefined);
    assert.ok(await acquire(expiredAt), "without `restMs` the task does not rest");
  });

  test("acquire: does not wait for a lease of a clock that has been set back", async () => {
    await using bench = await openBench(backend);
    const leases = createUpkeepLeases(bench.db, bench.clock);
    await leases.acquire("receipts", START + LEASE_MS, LEASE_MS);
    assert.equal(await leases.acquire("receipts", START, LEASE_MS), undefined);
    assert.ok(await leases.acquire("receipts", START - 1, LEASE_MS));
  });

  test("renew: keeps the lease", async () => {
    await using bench = await openBench(backend);
    const leases = createUpkeepLeases(bench.db, bench.clock);
    const lease = await leases.acquire("receipts", START, LEASE_MS);
    assert.equal(await lease?.renew(START + LEASE_MS - 1), true);
    assert.equal(
      await leases.acquire("receipts", START + 2 * LEASE_MS - 2, LEASE_MS),
      undefined,
    );
    assert.ok(await leases.acquire("receipts", START + 2 * LEASE_MS - 1, LEASE_MS));
  });

  test("acquire: has one winner of concurrent calls", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const leases = [bench, other].map(({ db }) => createUpkeepLeases(db, bench.clock));
    const won = await Promise.all(
      leases.flatMap(({ acquire }) =>
        Array.from({ length: 3 }, () => acquire("retention", START, LEASE_MS))
      ),
    );
    assert.equal(won.filter((lease) => lease !== undefined).length, 1);
  });
}
