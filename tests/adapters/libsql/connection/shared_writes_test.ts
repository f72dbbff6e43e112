import assert from "node:assert/strict";
import type { InStatement } from "@libsql/client";
import { shareWrites } from "../../../../adapters/libsql/connection/shared_writes.ts";
import { createWriteScheduler } from "../../../../adapters/libsql/connection/write_scheduler.ts";

/** Writes whose transactions are recorded and end when `release` is called; a statement `bad` fails its transaction. */
function recorder(maxWrites = 64) {
  const transactions: (readonly InStatement[])[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const writes = shareWrites<string>(
    createWriteScheduler().foreground,
    async (statements) => {
      transactions.push(statements);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      await end.promise;
      if (statements.includes("bad")) throw new Error("bad statement");
      if (statements.includes("locked")) {
        throw Object.assign(new Error("locked"), { code: "SQLITE_BUSY" });
      }
      return statements.map((statement) => `result of ${statement}`);
    },
    () => maxWrites,
  );
  async function releaseAll(): Promise<void> {
    for (let idle = 0; idle < 4; idle++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (ends.length > 0) idle = 0;
      for (const end of ends.splice(0)) end.resolve();
    }
  }
  return { transactions, writes, releaseAll };
}

const yieldOnce = () => new Promise((resolve) => setImmediate(resolve));

Deno.test("shareWrites: a write on an idle database begins after the current iteration of the event loop", async () => {
  const { transactions, writes, releaseAll } = recorder();
  const results = writes.write(["a", "b"]);
  assert.deepEqual(transactions, []);
  await yieldOnce();
  assert.deepEqual(transactions, [["a", "b"]]);
  await releaseAll();
  assert.deepEqual(await results, ["result of a", "result of b"]);
});

Deno.test("shareWrites: writes that arrive during a transaction share the next one, each with its own results", async () => {
  const { transactions, writes, releaseAll } = recorder();
  const first = writes.write(["a"]);
  await yieldOnce();
  const waiting = [writes.write(["b", "c"]), writes.write(["d"])];
  await yieldOnce();
  waiting.push(writes.write(["e"]));
  assert.deepEqual(transactions, [["a"]]);
  await releaseAll();
  assert.deepEqual(transactions, [["a"], ["b", "c", "d", "e"]]);
  assert.deepEqual(await Promise.all([first, ...waiting]), [
    ["result of a"],
    ["result of b", "result of c"],
    ["result of d"],
    ["result of e"],
  ]);
});

Deno.test("shareWrites: onceWritable calls back once, when the next transaction takes what it writes", async () => {
  const { transactions, writes, releaseAll } = recorder();
  const first = writes.write(["a"]);
  await yieldOnce();
  const written: Promise<readonly string[]>[] = [];
  writes.onceWritable(() => void written.push(writes.write(["gathered"])));
  const other = writes.write(["b"]);
  await yieldOnce();
  assert.equal(written.length, 0, "the database is not free");
  await releaseAll();
  assert.deepEqual(transactions, [["a"], ["b", "gathered"]]);
  assert.equal(written.length, 1);
  await Promise.all([first, other, ...written]);
});

Deno.test("shareWrites: keeps to the limit of writes, and a large write has a transaction of its own", async () => {
  const { transactions, writes, releaseAll } = recorder(2);
  const large = { sql: "large", args: ["x".repeat(5_000_000)] };
  const all = [["a"], ["b"], ["c"], [large], ["d"]].map((statements) => writes.write(statements));
  await releaseAll();
  assert.deepEqual(transactions, [["a", "b"], ["c"], [large], ["d"]]);
  await Promise.all(all);
});

Deno.test("shareWrites: runs each write alone when a shared transaction fails, and rejects only those that fail alone", async () => {
  const { transactions, writes, releaseAll } = recorder();
  const all = Promise.allSettled(["a", "bad", "b"].map((sql) => writes.write([sql])));
  await releaseAll();
  assert.deepEqual((await all).map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(transactions, [["a", "bad", "b"], ["a"], ["bad"], ["b"]]);
});

Deno.test("shareWrites: rejects every write and retries none when the database is unavailable", async () => {
  const { transactions, writes, releaseAll } = recorder();
  const all = Promise.allSettled(["a", "locked"].map((sql) => writes.write([sql])));
  await releaseAll();
  assert.deepEqual((await all).map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(transactions.length, 1);
});
