/** The first attempt of a message where no loop reads the settings of providers, as on Workers. */
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { MIGRATION_TIMEOUTS } from "../../../adapters/libsql/connection/config.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { SETTINGS_TTL_MS } from "../../../application/delivery/provider_health.ts";
import { bodyOf, callAt, newServiceWithTemplates, SMS, textTo } from "../../routes/support.ts";
import { startTestApplication } from "../../support/application.ts";
import { createHrana } from "../../support/hrana.ts";
import { serveInProcess } from "../../support/http.ts";
import { migrateEmpty } from "../../support/migrated.ts";

const TWILIO = {
  SMS_PROVIDER: "twilio",
  TWILIO_ACCOUNT_SID: "AC0123456789abcdef0123456789abcdef",
  TWILIO_AUTH_TOKEN: "twilio-token",
  TWILIO_FROM: "+15005550006",
};

/** An answer of the provider. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const ACCEPTED: Answer = { status: 201, body: { sid: "SM1", status: "queued" } };
const WRONG_TOKEN: Answer = {
  status: 401,
  body: { code: 20003, message: "Authenticate", status: 401 },
};
const BROKEN: Answer = {
  status: 500,
  body: { code: 20500, message: "Internal error", status: 500 },
};

/** Starts an isolate that serves requests only, and another one on the same database, by which the operator works. */
async function startTwo() {
  const hrana = createHrana(":memory:");
  const time = { now: Date.now() };
  const clock = createClock(() => time.now);
  const calls: string[] = [];
  let answer = ACCEPTED;
  /** While it is set, reads of settings are answered after it. */
  let heldReads: Promise<void> | undefined;
  const db = await openDatabase({
    url: "http://db.internal",
    async fetch(...call) {
      const request = new Request(...call);
      if (heldReads !== undefined && (await request.clone().text()).includes("FROM providers")) {
        await heldReads;
      }
      return await hrana.fetch(request);
    },
    clientPerCall: true,
    // A read that is held does not end by a time-out.
    timeouts: MIGRATION_TIMEOUTS,
  });
  await migrateEmpty(db, time.now);
  const start = () =>
    startTestApplication({
      db,
      clock,
      environment: TWILIO,
      fetchPerCall: true,
      fetch: (input, init) => {
        calls.push(new Request(input, init).url);
        const { status, body } = answer;
        const sid = `SM${calls.length}`;
        return Promise.resolve(Response.json({ ...body, sid }, { status }));
      },
    });
  const [hark, operator] = [await start(), await start()];
  const service = await newServiceWithTemplates(hark);
  return {
    hark,
    operator,
    time,
    calls,
    holdReads(until: Promise<void> | undefined) {
      heldReads = until;
    },
    /** Sets what the provider answers from now on. */
    answerWith(next: Answer) {
      answer = next;
    },
    /**
     * Sends a text by an isolate, and waits for the end of the request's tail.
     *
     * @returns its id, and the round trips of both
     */
    async send(isolate = hark) {
      hrana.resetCount();
      const server = serveInProcess(isolate.app);
      const caller = { ...isolate, request: server.fetch };
      const answer = await callAt(caller, clock, service.keys.live, "POST", SMS, textTo(service));
      const { id } = await bodyOf(answer, 201);
      await server.idle();
      return { id, trips: hrana.roundTrips };
    },
    async timeline(id: string) {
      const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
      return await (await operator.manage("GET", path)).text();
    },
    async [Symbol.asyncDispose]() {
      await hark.close();
      await operator.close();
      db.close();
      await hrana.close();
    },
  };
}

Deno.test("POST /v2/notifications: an isolate that was idle does not call a provider that another one has paused", async () => {
  await using two = await startTwo();
  const { operator, time, calls, send, timeline } = two;
  const setPaused = async (paused: boolean) =>
    await bodyOf(await operator.manage("PUT", "/manage/providers/twilio", { paused }), 200);
  await send();
  assert.equal(calls.length, 1);
  await setPaused(true);
  time.now += SETTINGS_TTL_MS;
  const { id } = await send();
  assert.equal(calls.length, 1);
  assert.match(await timeline(id), /"attempt":1,"outcome":"not-sent","code":"paused"/);
  await operator.settle();
  assert.equal(calls.length, 1);
  // A cron of any isolate sends it when the provider is resumed.
  await setPaused(false);
  time.now += 60_000;
  await operator.settle();
  assert.equal(calls.length, 2);
  assert.match(await timeline(id), /"attempt":2,"outcome":"accepted"/);
});

Deno.test("POST /v2/notifications: an isolate that was idle sends no message but a probe by a provider in whose account another one has found a fault", async () => {
  await using two = await startTwo();
  const { operator, time, calls, send, answerWith, timeline } = two;
  await send();
  answerWith(WRONG_TOKEN);
  await send(operator);
  assert.equal(calls.length, 2);
  answerWith(ACCEPTED);
  time.now += SETTINGS_TTL_MS;
  const { id } = await send();
  assert.equal(calls.length, 2);
  assert.match(await timeline(id), /"outcome":"not-sent","code":"paused"/);
  time.now += SETTINGS_TTL_MS;
  await send();
  assert.equal(calls.length, 3, "the probe");
});

Deno.test("POST /v2/notifications: after a probe that was not sent because of a pause, the next message is a probe", async () => {
  await using two = await startTwo();
  const { operator, time, calls, send, answerWith } = two;
  const setPaused = async (paused: boolean) =>
    await bodyOf(await operator.manage("PUT", "/manage/providers/twilio", { paused }), 200);
  answerWith(BROKEN);
  for (let before = -1; before !== calls.length; await send()) before = calls.length;
  answerWith(ACCEPTED);
  const callsBefore = calls.length;
  await setPaused(true);
  time.now += SETTINGS_TTL_MS;
  await send();
  assert.equal(calls.length, callsBefore);
  await setPaused(false);
  time.now += SETTINGS_TTL_MS;
  // It learns of the end of the pause.
  await send();
  await send();
  assert.equal(calls.length, callsBefore + 1, "the probe");
});

Deno.test("POST /v2/notifications: an attempt does not wait long for the settings of providers", async () => {
  await using two = await startTwo();
  const { time, send, holdReads, calls } = two;
  await send();
  time.now += SETTINGS_TTL_MS;
  const released = Promise.withResolvers<void>();
  holdReads(released.promise);
  await send();
  assert.equal(calls.length, 2);
  holdReads(undefined);
  released.resolve();
});

Deno.test("POST /v2/notifications: the settings of providers are read beside the accept, and once", async () => {
  await using two = await startTwo();
  const { time, send, calls } = two;
  await send();
  const warm = await send();
  time.now += SETTINGS_TTL_MS;
  const idle = await send();
  assert.equal(idle.trips, warm.trips + 1);
  assert.equal((await send()).trips, warm.trips);
  assert.equal(calls.length, 4);
});
