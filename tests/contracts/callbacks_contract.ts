import assert from "node:assert/strict";
import { callbackSigner } from "../../adapters/callbacks/signing.ts";
import { announceText } from "../../adapters/libsql/callbacks/announce_text.ts";
import { createCallbackOutbox } from "../../adapters/libsql/callbacks/callback_outbox.ts";
import { createCallbackStore } from "../../adapters/libsql/callbacks/callbacks.ts";
import { rowsOf } from "../../adapters/libsql/connection/row.ts";
import { dataKeyOf, selectDataKeys } from "../../adapters/libsql/keys/keyring.ts";
import { createCallbackPass } from "../../application/callbacks/callback_pass.ts";
import {
  CALLBACK_LEASE_MS,
  createCallbackWorker,
  sendDueCallbacks,
} from "../../application/callbacks/callback_worker.ts";
import { createCallbackSender } from "../../application/callbacks/send_callback.ts";
import { CALLBACK_LOG_KEPT_MS, type CallbackRef } from "../../domain/callbacks/callback.ts";
import type { CallResult } from "../../domain/callbacks/callback_result.ts";
import type { CallbackRequest } from "../../domain/ports/callback_caller.ts";
import type { PassResult } from "../../domain/ports/callback_outbox.ts";
import type { Backend } from "./backends.ts";
import { accepted, type Isolate, newSender, openBench, type Sender, START } from "./isolate.ts";

const FIELDS = { url: "https://hooks.library.gov.uk/", bearerToken: "0123456789" };
const DONE: CallResult = { status: 204 };

/** Puts the callbacks of an isolate together. */
export function callbacksOf(
  isolate: Isolate,
  call: (request: CallbackRequest) => Promise<CallResult> = () => Promise.resolve(DONE),
) {
  const { db, encryption, audit, events } = isolate;
  const clock = { ...isolate.clock, monotonic: () => performance.now() };
  const store = createCallbackStore({ db, encryption, audit });
  const outbox = createCallbackOutbox({ db, encryption, clock });
  const send = createCallbackSender({ call, signer: callbackSigner, clock, outsideClock: clock });
  const log = () => {};
  const runPass = createCallbackPass({ clock, outbox, events, send, log });
  const worker = createCallbackWorker({ clock, outbox, runPass, log });
  return {
    store,
    outbox,
    worker,
    set: async ({ serviceId }: Sender): Promise<CallbackRef> => {
      const ref = { serviceId, kind: "delivery" as const };
      await store.set(ref, FIELDS, callbackSigner.newSecret(), isolate.time.now);
      return ref;
    },
    run: () => sendDueCallbacks(worker, new AbortController().signal),
  };
}

/** Ends accepted notifications: an event each, in one statement. */
export async function ended(isolate: Isolate, sender: Sender, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await accepted(isolate, sender);
  await isolate.db.write([{
    sql: `UPDATE notifications SET status = 'delivered', status_at = ?, completed_at = ?
      WHERE status = 'created'`,
    args: [isolate.time.now, isolate.time.now],
  }]);
}

const NOTHING: PassResult = {
  records: [],
  health: { failures: 0, pausedUntil: 0 },
  position: 0,
  replay: undefined,
  isGone: false,
  hasRecovered: false,
};

/** The contract of the callbacks' store and outbox, with the worker over them. */
export function callbacksContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`CallbackOutbox ${name} (${backend.name})`, run);

  test("hasDue: is false without a callback, without an event, while paused and while disabled", async () => {
    await using bench = await openBench(backend);
    const { outbox, set } = callbacksOf(bench);
    const sender = await newSender(bench);
    await ended(bench, sender, 1);
    assert.equal(await outbox.hasDue(START), false);
    await set(sender);
    assert.equal(await outbox.hasDue(START), false);
    await ended(bench, sender, 1);
    assert.equal(await outbox.hasDue(START), true);
    const lease = async () => (await outbox.claim(START, START + CALLBACK_LEASE_MS, 9))[0];
    const leased = await lease();
    assert.ok(leased !== undefined);
    assert.equal(leased.secrets.bearerToken, FIELDS.bearerToken);
    const paused = { ...NOTHING, health: { failures: 5, pausedUntil: START + 10 } };
    assert.equal(await outbox.record(leased, paused, START, 0), true);
    assert.equal(await outbox.hasDue(START + 9), false);
    assert.equal(await outbox.hasDue(START + 10), true);
    const [again] = await outbox.claim(START + 10, START + 20, 9);
    assert.ok(again !== undefined);
    await outbox.record(again, { ...NOTHING, isGone: true }, START + 10, 0);
    assert.equal(await outbox.hasDue(START + 1_000), false);
  });

  test("claim: one process at a time has a callback; a lost lease records nothing", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { outbox, set, store } = callbacksOf(bench);
    const other = callbacksOf(await bench.another()).outbox;
    const ref = await set(sender);
    await ended(bench, sender, 1);
    const until = START + CALLBACK_LEASE_MS;
    const [first, ...rest] = await outbox.claim(START, until, 9);
    assert.ok(first !== undefined && rest.length === 0);
    assert.deepEqual(await other.claim(until - 1, until + 1, 9), []);
    const [second] = await other.claim(until, until + CALLBACK_LEASE_MS, 9);
    assert.ok(second !== undefined);
    const record = {
      number: 1,
      subjectId: sender.serviceId,
      state: "done" as const,
      tries: 1,
      httpStatus: 200,
      error: undefined,
      dueAt: undefined,
      triedAt: START,
    };
    const result = { ...NOTHING, records: [record], position: 1 };
    assert.equal(await outbox.record(first, result, until, 0), false);
    assert.deepEqual(await store.readLog(ref, undefined, 9), []);
    assert.equal((await store.get(ref))?.position, 0);
    assert.equal(await other.record(second, result, until, 0), true);
    assert.equal((await store.readLog(ref, undefined, 9)).length, 1);
    assert.deepEqual(await outbox.claim(until, until + 1, 9), []);
  });

  test("workers of two processes send each event once", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const calls: string[] = [];
    const call = (request: CallbackRequest) => {
      calls.push(request.headers["webhook-id"] ?? "");
      return Promise.resolve(DONE);
    };
    const workers = [bench, await bench.another()].map((isolate) => callbacksOf(isolate, call));
    const ref = await workers[0]?.set(sender);
    const count = 250;
    await ended(bench, sender, count);
    await Promise.all(workers.map(({ run }) => run()));
    assert.equal(new Set(calls).size, count);
    assert.equal(calls.length, count);
    assert.ok(ref !== undefined);
    assert.equal((await workers[0]?.store.get(ref))?.position, count);
  });

  test("announceText: enqueues a text in the transaction that stores it, and not again when it is stored", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { run, store } = callbacksOf(bench);
    const { serviceId } = sender;
    const ref = { serviceId, kind: "inbound" as const };
    await store.set(ref, FIELDS, callbackSigner.newSecret(), START);
    await bench.db.write(["CREATE TABLE texts (id TEXT PRIMARY KEY)"]);
    const wrapped = await bench.db.read([selectDataKeys(serviceId)]);
    const [row] = rowsOf(wrapped, 0);
    assert.ok(row !== undefined);
    const key = await dataKeyOf(bench.encryption, serviceId, row);
    const text = {
      id: crypto.randomUUID(),
      sourceNumber: "447700900004",
      destinationNumber: "447700900005",
      message: "hello",
      receivedAt: START,
    };
    for (let i = 0; i < 2; i++) {
      await bench.db.write([
        { sql: "INSERT INTO texts (id) VALUES (?) ON CONFLICT DO NOTHING", args: [text.id] },
        ...await announceText(key, serviceId, text, START),
      ]);
    }
    assert.equal((await store.get(ref))?.waiting, 1);
    await run();
    const logged = await store.readLog(ref, undefined, 9);
    assert.deepEqual(logged.map(({ number, state }) => [number, state]), [[1, "done"]]);
  });

  test("a slow endpoint of one service delays no other", async () => {
    await using bench = await openBench(backend);
    const [slow, quick] = [await newSender(bench), await newSender(bench)];
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: allQuick, resolve: quickDone } = Promise.withResolvers<void>();
    let quickCalls = 0;
    const count = 20;
    const { run, store } = callbacksOf(bench, async ({ url }) => {
      if (url.endsWith("slow")) await held;
      else if (++quickCalls === count) quickDone();
      return DONE;
    });
    for (const [sender, path] of [[slow, "slow"], [quick, "quick"]] as const) {
      const fields = { ...FIELDS, url: FIELDS.url + path };
      const ref = { serviceId: sender.serviceId, kind: "delivery" as const };
      await store.set(ref, fields, callbackSigner.newSecret(), START);
      await ended(bench, sender, count);
    }
    const ran = run();
    await allQuick;
    release();
    await ran;
  });

  test(`retention keeps the log for ${CALLBACK_LOG_KEPT_MS} ms, and deletes it in steps`, async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { run, set, store } = callbacksOf(bench);
    const ref = await set(sender);
    await ended(bench, sender, 30);
    await run();
    const sizeAt = async (now: number, limit: number) => {
      while (await bench.retention.purge(now, limit) > 0);
      return (await store.readLog(ref, undefined, 99)).length;
    };
    assert.equal(await sizeAt(START + CALLBACK_LOG_KEPT_MS, 100), 30);
    assert.equal(await sizeAt(START + CALLBACK_LOG_KEPT_MS + 1, 7), 0);
  });
}
