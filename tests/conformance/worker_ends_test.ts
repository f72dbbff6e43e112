/** The Worker build, ended in the middle of what it does, or on a database that is slow, in a real workerd. */
import assert from "node:assert/strict";
import { MINUTE_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { createMovedClock } from "../chaos/moved_clock.ts";
import { issueRequestToken } from "../support/application.ts";
import { pause, waitFor } from "../support/process.ts";
import { WORKER_TEST } from "../support/workerd.ts";
import { DATABASE, startHarkWorker } from "./hark_worker.ts";
import { startProviders } from "./providers.ts";
import { callAs, newService, newTemplate, timelineOf } from "./services.ts";

const PATH = "/v2/notifications/sms";
/** How many crons a message of unknown outcome waits for at most. */
const CRONS = 4;

/** Decides whether a call of the Worker is held back. */
type Hold = (isDatabase: boolean) => boolean;

/** Opens a Worker whose calls may be held back. Providers, database and crons have one moved clock. */
async function openScene() {
  await using stack = new AsyncDisposableStack();
  const clock = createMovedClock();
  const { environment, twilio } = stack.use(await startProviders(clock.now));
  const released = Promise.withResolvers<void>();
  let holds: Hold = () => false;
  let held = 0;
  const { reach, hrana, startAnother, ...started } = stack.use(
    await startHarkWorker({ ...environment, ...DATABASE }, [], {}, {
      clock: clock.now,
      async beforeCall({ url }) {
        if (!holds(new URL(url).host === "db.internal")) return;
        held++;
        await released.promise;
      },
    }),
  );
  stack.defer(() => released.resolve());
  const { id: serviceId, keys } = await newService(reach);
  const template_id = await newTemplate(reach, serviceId, {
    channel: "sms",
    name: "Text",
    body: "Hello",
  });
  let { worker } = started;
  const kept = stack.move();
  return {
    hrana,
    twilio,
    cron: async () => (await worker.scheduled()).outcome,
    async nextMinutes(): Promise<void> {
      for (let crons = 0; crons < CRONS; crons++) {
        clock.set(clock.now() + MINUTE_MS);
        assert.equal((await worker.scheduled()).outcome, "ok");
      }
    },
    /** Sends a text. */
    async send(headers: Readonly<Record<string, string>> = {}) {
      const token = await issueRequestToken(keys.live, Math.floor(clock.now() / 1000));
      const text = { template_id, phone_number: "07900900123" };
      const authorization = { Authorization: `Bearer ${token}` };
      const sent = { ...headers, ...authorization };
      return await callAs(worker.fetch, keys.live, "POST", PATH, text, sent);
    },
    /** Holds calls back, until one is. */
    async hold(hold: Hold): Promise<void> {
      [holds, held] = [hold, 0];
      await waitFor("a call to be held back", () => held > 0);
    },
    /** Ends workerd, and starts another one. */
    async restart(): Promise<void> {
      await worker.close();
      holds = () => false;
      worker = kept.use(await startAnother());
    },
    /** The outcomes of a message's attempts. */
    async outcomesOf(id: string) {
      const events = await timelineOf(worker.fetch, serviceId, id);
      assert.ok(events.some(({ status }) => status === "sending"));
      return events.filter(({ kind }) => kind === "attempt-ended").map(({ outcome }) => outcome);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

Deno.test(
  "the Worker: what was accepted is sent once when its isolate ends before the tail, or between provider and settlement",
  WORKER_TEST,
  async (t) => {
    await using scene = await openScene();
    const { hold, nextMinutes, outcomesOf, restart, send, twilio } = scene;

    await t.step("before the tail has called a provider", async () => {
      const held = hold((isDatabase) => !isDatabase);
      const { status, body } = await send();
      assert.equal(status, 201);
      await held;
      await restart();
      assert.equal(twilio.accepted.length, 0);
      await nextMinutes();
      assert.equal(twilio.accepted.length, 1);
      // The provider was asked for the first.
      assert.deepEqual(await outcomesOf(body.id), ["not-sent", "accepted"]);
    });

    await t.step("after the provider has accepted it, before that is written down", async () => {
      const held = hold((isDatabase) => isDatabase && twilio.accepted.length === 2);
      const { status, body } = await send();
      assert.equal(status, 201);
      await held;
      await restart();
      await nextMinutes();
      assert.equal(twilio.accepted.length, 2);
      assert.deepEqual(await outcomesOf(body.id), ["accepted"]);
    });
  },
);

// It waits for 15 seconds: HARK_LONG=1 runs it.
const testLong = Deno.env.has("HARK_LONG") ? Deno.test : () => {};

testLong(
  "the Worker: a message is sent once when the database answers after 9, 11 and 40 seconds",
  WORKER_TEST,
  async () => {
    await using scene = await openScene();
    const { cron, hrana, nextMinutes, send, twilio } = scene;
    assert.equal((await send()).status, 201);
    await waitFor("the first to be sent", () => twilio.accepted.length === 1);
    const delays = [9, 11, 40].map((seconds) => seconds * SECOND_MS);
    const keys = delays.map((ms) => ({ "Idempotency-Key": `after ${ms}` }));
    const answers = await Promise.all(keys.map((key, at) => {
      // The accept is written, and its caller does not hear of it.
      hrana.delayNext(pause(delays[at] ?? 0));
      return send(key);
    }));
    for (const { status, headers } of answers) {
      assert.equal(status, 503);
      assert.match(headers.get("retry-after") ?? "", /^[1-9]/);
    }
    for (const key of keys) {
      const found = async () => (await send(key)).status === 201;
      await waitFor("the key to find out", found, { everyMs: 250 });
    }
    const crons = delays.map((ms) => {
      hrana.delayNext(pause(ms));
      return cron();
    });
    assert.deepEqual(await Promise.all(crons), ["ok", "ok", "ok"]);
    await nextMinutes();
    assert.equal(twilio.accepted.length, 1 + keys.length);
  },
);
