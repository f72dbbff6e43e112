import assert from "node:assert/strict";
import { CallsUsedUp } from "../../../../adapters/invocation/call_queue.ts";
import { type Database, openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import { groupCommit } from "../../../../adapters/libsql/connection/group_commit.ts";
import { openInThread } from "../../../../adapters/libsql/connection/thread.ts";
import { StoreUnavailable } from "../../../../domain/ports/store_unavailable.ts";
import { holdFile } from "../../../support/held_file.ts";
import { createHrana } from "../../../support/hrana.ts";

const TIMEOUTS = { requestMs: 50, backgroundMs: 100, lockMs: 20, backgroundLockMs: 40 };

/** The code of a call's `StoreUnavailable`; the name of another error; `undefined` when it succeeds. */
async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof StoreUnavailable) return error.code;
    return error instanceof Error ? error.name : "no error";
  }
}

/** Opens a remote database that answers each call alike. */
function remoteWith(fetch: (request: Request) => Promise<Response>): Promise<Database> {
  return openDatabase({ url: "http://db.internal", fetch, timeouts: TIMEOUTS });
}

const failing = (error: Error) => () => Promise.reject(error);
const answering = (status: number, body = "down") => () =>
  Promise.resolve(new Response(body, { status }));
/** A server that answers a call when its time-out is over. */
const silent = (request: Request) =>
  new Promise<Response>((_, reject) =>
    request.signal.addEventListener("abort", () => reject(request.signal.reason))
  );
/** A server that answers each batch with an error. */
const refusing = (code: string) => async (request: Request) => {
  const { requests } = await request.json();
  return Response.json({
    baton: null,
    base_url: null,
    results: requests.map(({ type }: { readonly type: string }) =>
      type === "batch"
        ? { type: "error", error: { message: "refused", code } }
        : { type: "ok", response: { type } }
    ),
  });
};

const REMOTE: readonly (readonly [
  name: string,
  fetch: (request: Request) => Promise<Response>,
  code: string,
])[] = [
  ["refuses connections", failing(new TypeError("error sending request")), "CONNECTION"],
  ["may not be called any more", failing(new CallsUsedUp()), "CALLS_USED_UP"],
  ["does not answer", silent, "TIMEOUT"],
  ["answers 500", answering(500), "HTTP_500"],
  ["answers 503", answering(503), "HTTP_503"],
  ["answers 429", answering(429), "HTTP_429"],
  ["refuses the token", answering(401), "HTTP_401"],
  ["breaks off its answer", answering(200, '{"baton":'), "CONNECTION"],
  ["is full", refusing("SQLITE_FULL"), "SQLITE_FULL"],
  ["is read-only", refusing("SQLITE_READONLY"), "SQLITE_READONLY"],
  ["is locked", refusing("SQLITE_BUSY"), "SQLITE_BUSY"],
  ["blocks writes", refusing("BLOCKED"), "BLOCKED"],
  ["finds the request too large", answering(413), "HranaError"],
  ["finds a constraint broken", refusing("SQLITE_CONSTRAINT"), "HranaError"],
  ["cannot parse the SQL", refusing("SQL_PARSE_ERROR"), "HranaError"],
];

for (const [name, fetch, expected] of REMOTE) {
  Deno.test(`Database: throws ${expected} when the server ${name}`, async () => {
    const db = await remoteWith(fetch);
    assert.equal(await codeOf(db.write(["SELECT 1"])), expected);
    assert.equal(await codeOf(db.background.read(["SELECT 1"])), expected);
    db.close();
  });
}

Deno.test("Database: throws for an argument that SQL cannot hold before it calls a server", async () => {
  let calls = 0;
  const db = await remoteWith(() => {
    calls++;
    return Promise.resolve(new Response());
  });
  const write = db.write([{ sql: "SELECT ?", args: [Number.NaN] }]);
  assert.equal(await codeOf(write), "RangeError");
  assert.equal(calls, 0);
  db.close();
});

Deno.test("Database: has one budget for all calls of a request, and sends nothing when it is used up", async () => {
  let calls = 0;
  const db = await remoteWith((request) => {
    calls++;
    return silent(request);
  });
  await db.withinRequest(async () => {
    for (let at = 0; at < 3; at++) assert.equal(await codeOf(db.read(["SELECT 1"])), "TIMEOUT");
    assert.equal(await codeOf(db.background.write(["SELECT 1"])), "TIMEOUT");
  });
  assert.equal(calls, 1);
  db.close();
});

Deno.test("Database: does not send a write whose request is over before other calls have ended", async () => {
  const sent: string[] = [];
  const db = await remoteWith(async (request) => {
    sent.push(await request.clone().text());
    return await silent(request);
  });
  const insert = (n: number) =>
    db.withinRequest(() => codeOf(db.write([`INSERT INTO t VALUES (${n})`])));
  const codes = await Promise.all(Array.from({ length: 30 }, (_, n) => insert(n)));
  assert.deepEqual(new Set(codes), new Set(["TIMEOUT"]));
  assert.equal(sent.length, 20, "those that were sent at once");
  db.close();
});

Deno.test("groupCommit: does not commit an item whose request is over", async () => {
  const released = Promise.withResolvers<void>();
  const groups: (readonly number[])[] = [];
  await using hrana = createHrana(":memory:");
  const db = await openDatabase({
    url: "http://db.internal",
    fetch: hrana.fetch,
    timeouts: { ...TIMEOUTS, requestMs: 5_000 },
  });
  const hasty = await openDatabase({
    url: "http://db.internal",
    fetch: hrana.fetch,
    timeouts: TIMEOUTS,
  });
  const write = groupCommit(
    async (items: readonly number[]) => {
      groups.push(items);
      await released.promise;
      return items;
    },
    undefined,
    {
      onceWritable: db.onceWritable,
      commitsAtOnce: 1,
      maxGroupItems: db.maxGroupItems,
      maxGroupSize: db.maxGroupSize,
      bound: hasty.bound,
      together: hasty.together,
    },
  );
  const first = write(1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await hasty.withinRequest(() => codeOf(write(2))), "TIMEOUT");
  const third = write(3);
  released.resolve();
  assert.deepEqual(await Promise.all([first, third]), [1, 3]);
  assert.deepEqual(groups, [[1], [3]]);
  db.close();
  hasty.close();
});

/** A file that the test opens, in a folder that it removes. */
async function openFile() {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/hark.db`;
  const db = await openDatabase({ url: `file:${path}`, timeouts: TIMEOUTS });
  await db.write(["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"]);
  return {
    db,
    path,
    async [Symbol.asyncDispose]() {
      db.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const countOf = async (db: Database) => (await db.read(["SELECT count(*) AS n FROM t"]))[0]?.rows;

for (
  const [name, pragma, expected] of [
    ["full", "PRAGMA max_page_count = 2", "SQLITE_FULL"],
    ["read-only", "PRAGMA query_only = 1", "SQLITE_READONLY"],
  ] as const
) {
  Deno.test(`Database: throws ${expected} when the file is ${name}, and reads`, async () => {
    await using file = await openFile();
    await file.db.read([pragma]);
    const insert = () =>
      file.db.write([{ sql: "INSERT INTO t VALUES (?)", args: ["x".repeat(20_000)] }]);
    assert.equal(await codeOf(insert()), expected);
    assert.equal(
      await codeOf(file.db.background.write(["INSERT INTO t VALUES (zeroblob(9999))"])),
      expected,
    );
    assert.deepEqual(await countOf(file.db), [{ n: 1 }]);
  });
}

Deno.test("Database: throws a statement's own error as it is", async () => {
  await using file = await openFile();
  await file.db.write(["CREATE UNIQUE INDEX u ON t (a)"]);
  await assert.rejects(file.db.write(["INSERT INTO t VALUES (1)"]), {
    name: "Error",
    code: "SQLITE_CONSTRAINT",
  });
});

Deno.test("shutDown: leaves everything in the file and nothing in its log", async () => {
  await using file = await openFile();
  assert.ok((await Deno.stat(`${file.path}-wal`)).size > 0);
  await file.db.shutDown();
  const size = await Deno.stat(`${file.path}-wal`).then(({ size }) => size, () => 0);
  assert.equal(size, 0);
  assert.equal(await codeOf(file.db.read(["SELECT 1"])), "Error");
  const again = await openDatabase({ url: `file:${file.path}` });
  assert.deepEqual(await countOf(again), [{ n: 1 }]);
  again.close();
});

Deno.test("shutDown: rejects and closes when another process is in its way, and loses nothing", async () => {
  await using file = await openFile();
  const other = await holdFile(file.path);
  await assert.rejects(file.db.shutDown(), { code: "SQLITE_BUSY" });
  assert.equal(await codeOf(file.db.read(["SELECT 1"])), "Error");
  await other.release();
  const again = await openDatabase({ url: `file:${file.path}` });
  assert.deepEqual(await countOf(again), [{ n: 1 }]);
  again.close();
});

Deno.test("openInThread: fails every call when the thread has ended, and reports it once", async () => {
  const losses: Error[] = [];
  const thread = new URL("./ending_thread.ts", import.meta.url);
  const connection = await openInThread(":memory:", 1, {
    onLost: (why) => losses.push(why),
    thread,
  });
  const calls = [1, 2].map(() => codeOf(connection.batch(["SELECT 1"], "read")));
  assert.deepEqual(await Promise.all(calls), ["THREAD_ENDED", "THREAD_ENDED"]);
  assert.equal(await codeOf(connection.batch(["SELECT 1"], "read")), "THREAD_ENDED");
  assert.equal(losses.length, 1);
  connection.close();
});
