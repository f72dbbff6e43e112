import assert from "node:assert/strict";
import { MAX_ADVANCE_S, MAX_AHEAD_MS } from "../../../domain/time/clock_advance.ts";
import type { MovableClock } from "../../../domain/ports/movable_clock.ts";
import { MAX_CLOCK_BODY_BYTES } from "../../../routes/dev/clock.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { startCallbackReceiver } from "../../support/stand_ins/callback_receiver.ts";
import { test } from "../../support/runner.ts";

const DAY = 86_400_000;
const PATH = "http://localhost/dev/clock";

function movable(): MovableClock {
  let aheadMs = 0;
  return {
    aheadMs: () => aheadMs,
    advance(ms) {
      const isMoved = aheadMs + ms <= MAX_AHEAD_MS;
      if (isMoved) aheadMs += ms;
      return Promise.resolve(isMoved);
    },
  };
}

function devWith(movableClock: MovableClock | undefined, remoteAddress?: string) {
  return startTestApplication({ movableClock, ...(remoteAddress ? { remoteAddress } : {}) });
}

async function move(dev: TestApplication, body: unknown, type = "application/json") {
  const answer = await dev.request(PATH, {
    method: "POST",
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

const ahead = async (dev: TestApplication) =>
  (await (await dev.request(PATH)).json()).ahead_seconds;

test.inside("POST /dev/clock: moves the clock by the seconds, again and again, and GET shows it", async () => {
  for (const address of ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"]) {
    await using dev = await devWith(movable(), address);
    assert.equal(await ahead(dev), 0);
    const moved = await move(dev, { advance_seconds: 3_600 });
    assert.deepEqual(moved, { status: 200, body: { now: moved.body.now, ahead_seconds: 3_600 } });
    assert.ok(Math.abs(Date.parse(moved.body.now) - Date.now() - 3_600_000) < 60_000);
    assert.equal((await move(dev, { advance_seconds: 1 })).body.ahead_seconds, 3_601);
  }
});

test.inside("POST /dev/clock: refuses every other body precisely, and moves nothing", async () => {
  const seconds = `advance_seconds must be a whole number from 1 to ${MAX_ADVANCE_S}`;
  const shape = 'The body must be {"advance_seconds": …}';
  const cases: readonly (readonly [unknown, string])[] = [
    [{}, seconds],
    [{ advance_seconds: 0 }, seconds],
    [{ advance_seconds: -1 }, seconds],
    [{ advance_seconds: 1.5 }, seconds],
    [{ advance_seconds: "60" }, seconds],
    [{ advance_seconds: MAX_ADVANCE_S + 1 }, seconds],
    [
      { advance_seconds: 60, advance: "1m" },
      "The body has the unknown field advance: it takes advance_seconds only",
    ],
    ["", shape],
    ["{", shape],
    [[], shape],
    [null, shape],
  ];
  await using dev = await devWith(movable(), "127.0.0.1");
  for (const [body, error] of cases) {
    assert.deepEqual(await move(dev, body), { status: 400, body: { error } });
  }
  const long = JSON.stringify({ advance_seconds: 60 }).padEnd(MAX_CLOCK_BODY_BYTES, " ");
  assert.equal((await move(dev, long)).status, 200);
  assert.equal((await move(dev, `${long} `)).status, 413);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"]) {
    // A page of another site can send these without asking first.
    assert.equal((await move(dev, { advance_seconds: 60 }, type)).status, 415);
  }
  assert.equal(await ahead(dev), 60);
});

test.inside("POST /dev/clock: the clock is 366 days ahead at most", async () => {
  await using dev = await devWith(movable(), "127.0.0.1");
  for (let days = 31; days <= 341; days += 31) {
    assert.equal((await move(dev, { advance_seconds: MAX_ADVANCE_S })).status, 200);
  }
  const left = MAX_AHEAD_MS / 1_000 - await ahead(dev);
  assert.equal((await move(dev, { advance_seconds: left + 1 })).status, 400);
  assert.equal((await move(dev, { advance_seconds: left })).status, 200);
  assert.match((await move(dev, { advance_seconds: 1 })).body.error, /366 days ahead at most/);
});

test.inside("POST /dev/clock: refuses another machine, and a database server whose clock Hark follows", async () => {
  for (const address of [undefined, "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"]) {
    await using dev = await devWith(movable(), address);
    assert.equal((await move(dev, { advance_seconds: 60 })).status, 403);
    assert.equal(await ahead(dev), 0);
  }
  await using remote = await devWith(undefined, "127.0.0.1");
  assert.equal((await move(remote, { advance_seconds: 60 })).status, 409);
});

test.inside("POST /dev/clock: does not exist in production, and answers at a development host only", async () => {
  await using production = await startTestApplication({
    withoutMailbox: true,
    movableClock: movable(),
    remoteAddress: "127.0.0.1",
  });
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ advance_seconds: 60 }),
  };
  assert.equal((await production.request(PATH, init)).status, 404);
  await using dev = await startTestApplication({
    movableClock: movable(),
    remoteAddress: "127.0.0.1",
  });
  assert.equal((await dev.request(PATH, init)).status, 200);
  assert.equal((await dev.request("http://hark.test/dev/clock", init)).status, 403);
});

test.inside("createApplication: a moved clock makes messages due; tokens and signatures of callbacks keep the machine's time", async () => {
  const movableClock = movable();
  await using receiver = await startCallbackReceiver();
  await using hark = await startTestApplication({
    movableClock,
    registry: true,
    environment: { CALLBACK_ALLOW: new URL(receiver.url).host },
  });
  const service = await hark.newService();
  await movableClock.advance(3 * DAY);
  const sent = await hark.as(service.keys.live, "GET", "/v2/notifications");
  assert.equal(sent.status, 200);
  const citizen = await hark.citizen("person-1");
  assert.equal((await citizen("GET", "/api/notifications/inbox")).status, 200);
  const path = `/manage/services/${service.id}/callbacks/delivery`;
  const fields = { url: receiver.url, bearer_token: "a-token-of-the-consumer" };
  assert.equal((await hark.manage("PUT", path, fields)).status, 200);
  assert.equal((await hark.manage("POST", `${path}/test`)).status, 200);
  const [call] = receiver.calls;
  const signedAt = Number(call?.headers.get("webhook-timestamp")) * 1_000;
  assert.ok(Math.abs(signedAt - Date.now()) < 60_000);
});
