import assert from "node:assert/strict";
import {
  MAX_BEARER_TOKEN,
  MAX_REPLAY_EVENTS,
  MIN_BEARER_TOKEN,
  PREVIOUS_SECRET_MS,
} from "../../../../domain/callbacks/callback.ts";
import { MAX_CALLBACK_URL } from "../../../../domain/callbacks/callback_url.ts";
import { isSignedBy } from "../../../support/stand_ins/callback_receiver.ts";
import { MAX_TEST_CALLS } from "../../../../application/callbacks/test_callback.ts";
import { MAX_LISTED } from "../../../../routes/manage/schemas.ts";
import { NUMBER, receiveText, TWILIO_INBOUND } from "../../inbound/support.ts";
import { bodyOf, clockFromNow } from "../../support.ts";
import { BEARER_TOKEN, startStage } from "./support.ts";
import { test } from "../../../support/runner.ts";

const KINDS = ["delivery", "inbound", "complaint"];

Deno.test("callbacks: PUT sets each kind, GET shows it without secrets, DELETE ends it", async () => {
  await using stage = await startStage();
  const { callbacks, receiver } = stage;
  for (const kind of KINDS) {
    await bodyOf(await callbacks("GET", kind), 404);
    await bodyOf(await callbacks("DELETE", kind), 404);
    for (const path of ["rotate", "test", "replay"]) {
      await bodyOf(await callbacks("POST", `${kind}/${path}`, { from: 1, to: 1 }), 404, path);
    }
    await bodyOf(await callbacks("GET", `${kind}/log`), 404);
    const secret = await stage.set(kind);
    const text = await (await callbacks("GET", kind)).text();
    assert.ok(!text.includes(BEARER_TOKEN) && !text.includes(secret));
    assert.deepEqual(JSON.parse(text), {
      kind,
      url: receiver.url,
      state: "active",
      failures: 0,
      paused_until: null,
      disabled_at: null,
      position: 0,
      waiting: 0,
      replay: null,
      previous_secret_until: null,
      created_at: "2031-05-14T12:00:00.000Z",
      updated_at: "2031-05-14T12:00:00.000Z",
    });
    assert.equal((await callbacks("DELETE", kind)).status, 204);
    await bodyOf(await callbacks("GET", kind), 404);
  }
});

Deno.test("callbacks: needs the operator's token, and finds nothing under another service's id or kind", async () => {
  await using stage = await startStage();
  await stage.set();
  const { hark, service } = stage;
  const path = `/manage/services/${service.id}/callbacks/delivery`;
  for (const headers of [{}, { authorization: "Bearer wrong-token-of-an-operator" }]) {
    assert.equal((await hark.request(path, { headers })).status, 401);
    assert.equal((await hark.request(`${path}/log`, { headers })).status, 401);
  }
  const other = await hark.newService();
  await bodyOf(await hark.manage("GET", `/manage/services/${other.id}/callbacks/delivery`), 404);
  await bodyOf(await hark.manage("GET", "/manage/services/x/callbacks/delivery"), 404);
  for (const kind of ["letter", "Delivery", "delivery%00", "__proto__"]) {
    await bodyOf(await stage.callbacks("GET", kind), 404, kind);
  }
});

Deno.test("callbacks: the secrets are encrypted at rest, and in no log", async () => {
  await using stage = await startStage();
  const secret = await stage.set();
  await stage.text();
  await stage.run();
  const [rows] = await stage.hark.db.read([{ sql: "SELECT * FROM callbacks", args: [] }]);
  const stored = JSON.stringify(
    rows?.rows,
    (_key, value) => value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value,
  );
  for (const text of [stored, JSON.stringify(await stage.hark.log())]) {
    for (const hidden of [secret, secret.slice(6), BEARER_TOKEN, stage.receiver.url]) {
      assert.ok(!text.includes(hidden), hidden);
    }
  }
});

const url = "https://hooks.library.gov.uk/hark";
const REFUSED: readonly [string, unknown, readonly string[]][] = [
  ["an empty object", {}, ["url", "bearer_token"]],
  ["a short token", { url, bearer_token: "x".repeat(MIN_BEARER_TOKEN - 1) }, ["bearer_token"]],
  ["a long token", { url, bearer_token: "x".repeat(MAX_BEARER_TOKEN + 1) }, ["bearer_token"]],
  ["a token with a line break", { url, bearer_token: "abcdefghij\r\nx: y" }, ["bearer_token"]],
  ["a token that is not ASCII", { url, bearer_token: "їїїїїїїїїїїї" }, ["bearer_token"]],
  ["a number for a token", { url, bearer_token: 1234567890 }, ["bearer_token"]],
  ["http", { url: "http://hooks.library.gov.uk/", bearer_token: BEARER_TOKEN }, ["url"]],
  ["a private address", { url: "https://10.0.0.1/", bearer_token: BEARER_TOKEN }, ["url"]],
  ["a long URL", { url: url.padEnd(MAX_CALLBACK_URL + 1, "x"), bearer_token: BEARER_TOKEN }, [
    "url",
  ]],
  ["a URL with a password", { url: "https://a:secret@b.org/", bearer_token: BEARER_TOKEN }, [
    "url",
  ]],
  ["an unknown field", { url, bearer_token: BEARER_TOKEN, secret: "x" }, ["secret"]],
];

for (const [what, body, fields] of REFUSED) {
  Deno.test(`PUT callbacks/delivery: 400 for ${what}, and changes nothing`, async () => {
    await using stage = await startStage();
    const refused = await bodyOf(await stage.callbacks("PUT", "delivery", body), 400);
    assert.deepEqual(refused.errors.map(({ field }: { field: string }) => field), fields);
    assert.ok(!JSON.stringify(refused).includes("secret@"));
    await bodyOf(await stage.callbacks("GET", "delivery"), 404);
  });
}

Deno.test("PUT callbacks/delivery: takes a token and a URL at their limits", async () => {
  await using stage = await startStage();
  for (const length of [MIN_BEARER_TOKEN, MAX_BEARER_TOKEN]) {
    const body = { url: url.padEnd(MAX_CALLBACK_URL, "x"), bearer_token: "x".repeat(length) };
    await bodyOf(await stage.callbacks("PUT", "delivery", body), 200);
  }
});

Deno.test("POST callbacks/…/rotate: both secrets sign for 24 hours, then the new one alone", async () => {
  await using stage = await startStage();
  const before = await stage.set();
  const { signing_secret: after, previous_secret_until } = await bodyOf(
    await stage.callbacks("POST", "delivery/rotate"),
    200,
  );
  assert.notEqual(after, before);
  assert.equal(previous_secret_until, "2031-05-15T12:00:00.000Z");
  for (const advance of [PREVIOUS_SECRET_MS - 1, 1]) {
    stage.clock.advance(advance);
    await stage.text();
    await stage.run();
  }
  const signed = stage.receiver.calls.map((
    call,
  ) => [isSignedBy(before, call), isSignedBy(after, call)]);
  assert.deepEqual(signed, [[true, true], [false, true]]);
});

Deno.test("POST callbacks/…/test: calls once with made-up values, and tells what came of it", async () => {
  await using stage = await startStage();
  for (const kind of KINDS) {
    const secret = await stage.set(kind);
    const done = await bodyOf(await stage.callbacks("POST", `${kind}/test`), 200);
    assert.deepEqual([done.state, done.http_status, done.error], ["done", 204, null]);
    const call = stage.receiver.calls.at(-1);
    assert.ok(call !== undefined && isSignedBy(secret, call));
    assert.match(call.id, /^test_[0-9a-f]{32}$/);
    assert.equal(call.headers.get("hark-sequence"), null);
  }
  stage.receiver.answer = () => ({ status: 418 });
  const failed = await bodyOf(await stage.callbacks("POST", "delivery/test"), 200);
  assert.deepEqual([failed.state, failed.http_status, failed.error], ["failed", 418, "status-418"]);
  const { deliveries } = await bodyOf(await stage.callbacks("GET", "delivery/log"), 200);
  assert.deepEqual(deliveries, []);
});

// Workers do not count calls.
// A Worker does not count test calls: one that is cut off would count for ever.
test.inside(`POST callbacks/…/test: 429 while ${MAX_TEST_CALLS} test calls are under way`, async () => {
  await using stage = await startStage();
  await stage.set();
  const held: (() => void)[] = [];
  const { promise: allHeld, resolve } = Promise.withResolvers<void>();
  stage.receiver.answer = () => (response) => {
    held.push(() => response.end());
    if (held.length === MAX_TEST_CALLS) resolve();
  };
  const calls = Array.from(
    { length: MAX_TEST_CALLS },
    () => stage.callbacks("POST", "delivery/test"),
  );
  await allHeld;
  const refused = await stage.callbacks("POST", "delivery/test");
  assert.equal(refused.headers.get("retry-after"), "10");
  await bodyOf(refused, 429);
  for (const end of held) end();
  for (const call of calls) await bodyOf(await call, 200);
});

Deno.test("POST callbacks/…/replay: sends a range again, in order, with the same ids", async () => {
  await using stage = await startStage();
  await stage.set();
  for (let i = 0; i < 5; i++) await stage.text();
  await stage.run();
  const { receiver } = stage;
  const first = receiver.calls.splice(0);
  const replay = await stage.callbacks("POST", "delivery/replay", { from: 2, to: 4 });
  assert.deepEqual((await bodyOf(replay, 202)).replay, { next: 2, to: 4 });
  await bodyOf(await stage.callbacks("POST", "delivery/replay", { from: 2, to: 4 }), 409);
  await stage.run();
  const byNumber = (a: { sequence: number }, b: { sequence: number }) => a.sequence - b.sequence;
  assert.deepEqual(
    receiver.calls.toSorted(byNumber).map(({ id, body }) => ({ id, body })),
    first.toSorted(byNumber).slice(1, 4).map(({ id, body }) => ({ id, body })),
  );
  assert.equal((await bodyOf(await stage.callbacks("GET", "delivery"), 200)).replay, null);
});

for (
  const [range, status] of [
    [{ from: 1, to: 2 }, 409],
    [{ from: 2, to: 1 }, 400],
    [{ from: 0, to: 1 }, 400],
    [{ from: 1.5, to: 2 }, 400],
    [{ from: "1", to: 2 }, 400],
    [{ from: 1, to: MAX_REPLAY_EVENTS + 1 }, 400],
    [{ from: 1, to: MAX_REPLAY_EVENTS }, 409],
    [{ from: 1 }, 400],
    [{ from: 1, to: 1, all: true }, 400],
  ] as const
) {
  Deno.test(`POST callbacks/…/replay: ${status} for ${JSON.stringify(range)}, and sends nothing`, async () => {
    await using stage = await startStage();
    await stage.set();
    await stage.text();
    await stage.run();
    const refused = await bodyOf(await stage.callbacks("POST", "delivery/replay", range), status);
    if (status === 409) assert.deepEqual([refused.oldest, refused.last], [1, 1]);
    await stage.run();
    assert.equal(stage.receiver.calls.length, 1);
  });
}

Deno.test("POST callbacks/inbound/replay: sends texts again that failed", async () => {
  await using stage = await startStage(TWILIO_INBOUND, clockFromNow());
  await stage.set("inbound");
  stage.receiver.answer = () => ({ status: 400 });
  const numbers = `/manage/services/${stage.service.id}/inbound_numbers`;
  await bodyOf(await stage.hark.manage("POST", numbers, { number: NUMBER }), 201);
  assert.equal((await receiveText(stage.hark, { Body: "hello" })).status, 200);
  await stage.run();
  stage.receiver.answer = () => ({ status: 200 });
  await bodyOf(await stage.callbacks("POST", "inbound/replay", { from: 1, to: 1 }), 202);
  await stage.run();
  assert.deepEqual(stage.receiver.calls.map(({ body }) => body.message), ["hello", "hello"]);
});

Deno.test("DELETE callbacks/…: cancels what waits; a callback that is set anew begins with the next event", async () => {
  await using stage = await startStage();
  await stage.set();
  stage.receiver.answer = () => ({ status: 500 });
  await stage.text();
  await stage.run();
  assert.equal((await stage.callbacks("DELETE", "delivery")).status, 204);
  stage.receiver.answer = () => ({ status: 200 });
  await stage.text();
  await stage.set();
  stage.clock.advance(PREVIOUS_SECRET_MS);
  await stage.run();
  assert.equal(stage.receiver.calls.length, 1);
  const { deliveries } = await bodyOf(await stage.callbacks("GET", "delivery/log"), 200);
  assert.deepEqual(deliveries.map(({ state }: { state: string }) => state), ["cancelled"]);
});

Deno.test(`GET callbacks/…/log: ${MAX_LISTED} a page, newest first, and refuses unknown parameters`, async () => {
  await using stage = await startStage();
  await stage.set();
  await stage.hark.db.write([{
    sql:
      `INSERT INTO callback_deliveries (service_id, kind, number, subject_id, state, tries, created_at)
      SELECT unhex(?, '-'), 'delivery', value, zeroblob(16), 'done', 1, 0 FROM json_each(?)`,
    args: [
      stage.service.id,
      JSON.stringify(Array.from({ length: MAX_LISTED + 1 }, (_, at) => at + 1)),
    ],
  }]);
  const page = await bodyOf(await stage.callbacks("GET", "delivery/log"), 200);
  assert.deepEqual(
    [page.deliveries.length, page.deliveries[0].number, page.deliveries.at(-1).number],
    [MAX_LISTED, MAX_LISTED + 1, 2],
  );
  const rest = await bodyOf(await stage.hark.manage("GET", page.links.next), 200);
  assert.deepEqual([rest.deliveries.length, rest.links], [1, {}]);
  for (const query of ["before=x", "before=-1", "after=1", "before=1&status=done"]) {
    await bodyOf(await stage.callbacks("GET", `delivery/log?${query}`), 400, query);
  }
});
