import assert from "node:assert/strict";
import { createPool } from "../../../../adapters/providers/smtp/pool.ts";
import { CALM } from "../messages.ts";

interface Connection {
  readonly id: number;
  open: boolean;
}

function start(limits: { readonly most?: number; readonly mostUses?: number; idleMs?: number }) {
  const closed: number[] = [];
  const pool = createPool<Connection>(
    { most: 2, mostUses: 3, idleMs: 60_000, ...limits },
    ({ open }) => open,
    ({ id }) => void closed.push(id),
  );
  let made = 0;
  const open = async () => await pool.acquire(CALM) ?? { id: ++made, open: true };
  return { pool, closed, open };
}

Deno.test("createPool: returns the connection that was used last, and closes one after its uses", async () => {
  const { pool, closed, open } = start({});
  const [first, second] = [await open(), await open()];
  pool.release(first);
  pool.release(second);
  assert.equal(await open(), second);
  pool.release(second);
  assert.equal(await open(), second);
  pool.release(second);
  assert.deepEqual(closed, [2], "used three times");
  assert.equal(await open(), first);
  pool.release(first);
  pool.close();
  assert.deepEqual(closed, [2, 1]);
});

Deno.test("createPool: a user waits for a place, in order, until its signal aborts", async () => {
  const { pool, closed, open } = start({ most: 1 });
  const held = await open();
  const order: string[] = [];
  const stop = new AbortController();
  const waiting = ["a", "b"].map(async (name) => {
    const connection = await open();
    order.push(name);
    pool.release(connection);
  });
  const aborted = assert.rejects(() => pool.acquire(stop.signal), { name: "AbortError" });
  stop.abort();
  await aborted;
  assert.deepEqual(order, []);
  pool.release(held);
  await Promise.all(waiting);
  assert.deepEqual(order, ["a", "b"]);
  await assert.rejects(() => pool.acquire(AbortSignal.abort()), { name: "AbortError" });
  assert.deepEqual(closed, [1], "used three times");
  assert.equal((await open()).id, 2, "the places are as many as before");
});

Deno.test("createPool: neither returns nor keeps a connection that has ended", async () => {
  const { pool, closed, open } = start({});
  const [first, second] = [await open(), await open()];
  pool.release(first);
  first.open = false;
  assert.equal((await open()).id, 3);
  second.open = false;
  pool.release(second);
  pool.release(undefined);
  assert.deepEqual(closed, [1, 2]);
});

Deno.test("createPool: closes a connection that is idle for too long", async () => {
  const { pool, closed, open } = start({ idleMs: 20 });
  pool.release(await open());
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(closed, [1]);
  assert.equal((await open()).id, 2);
});
