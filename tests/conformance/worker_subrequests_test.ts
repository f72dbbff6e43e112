/** The Worker build on a platform that lets an invocation make fewer calls than `WORKERS_PLAN` says, in workerd. */
import assert from "node:assert/strict";
import { MINUTE_MS } from "../../domain/time/durations.ts";
import { createMovedClock } from "../chaos/moved_clock.ts";
import { issueRequestToken } from "../support/application.ts";
import { bundleWorker, WORKER_TEST } from "../support/workerd.ts";
import { DATABASE, startHarkWorker } from "./hark_worker.ts";
import { startProviders } from "./providers.ts";
import { callAs, newService, newTemplate } from "./services.ts";

/** The calls of an invocation on the free plan, while `WORKERS_PLAN` is not set. */
const TEST_CALLS = 50;
/** Each is a call of its own, with calls of the database around it. */
const TEXTS = 28;
/** As many as send all texts. */
const MAX_CRONS = 15;

// It waits for ten seconds, in which settlements are tried again: HARK_LONG=1 runs it.
const testLong = Deno.env.has("HARK_LONG") ? Deno.test : () => {};

testLong(
  "the Worker: a platform that refuses calls in the middle of a batch loses and doubles nothing, and is asked for fewer",
  WORKER_TEST,
  async () => {
    const clock = createMovedClock();
    await using providers = await startProviders(clock.now);
    const { environment, twilio } = providers;
    const lines: string[] = [];
    await using started = await startHarkWorker(
      { ...environment, ...DATABASE, TEST_CALLS: String(TEST_CALLS) },
      [],
      {},
      {
        clock: clock.now,
        script: bundleWorker(new URL("./refusing_worker.ts", import.meta.url)),
        onLine: (line) => void lines.push(line),
      },
    );
    const { reach, worker, db } = started;
    const { id, keys } = await newService(reach);
    const template_id = await newTemplate(reach, id, { channel: "sms", name: "T", body: "Hi" });
    const Authorization = `Bearer ${await issueRequestToken(
      keys.live,
      Math.floor(clock.now() / 1000),
    )}`;
    const notifications = Array.from({ length: TEXTS }, (_, n) => ({
      type: "sms",
      template_id,
      phone_number: `07900900${100 + n}`,
      scheduled_for: new Date(clock.now() + MINUTE_MS).toISOString(),
    }));
    const path = "/v2/notifications/batch";
    const sent = await callAs(reach, keys.live, "POST", path, { notifications }, { Authorization });
    assert.equal(sent.status, 200);
    const refused = async () => await (await worker.fetch("/test/refused")).json();
    const unsent = async () => {
      const [row] = await db.read([
        "SELECT count(*) AS n FROM notifications WHERE status = 'created'",
      ]);
      return Number(row?.rows[0]?.["n"]);
    };
    let refusedAtFirst: number | undefined;
    for (let crons = 0; await unsent() > 0; crons++) {
      assert.ok(crons < MAX_CRONS, `${await unsent()} are not sent`);
      clock.set(clock.now() + 2 * MINUTE_MS);
      assert.equal((await worker.scheduled()).outcome, "ok");
      refusedAtFirst ??= await refused();
    }
    assert.equal(twilio.accepted.length, TEXTS);
    assert.ok(Number(refusedAtFirst) > 0);
    assert.equal(await refused(), refusedAtFirst, "later invocations make fewer calls");
    assert.ok(lines.some((line) => line.includes('"subrequests-refused"')), lines.join("\n"));
    assert.ok(!lines.some((line) => line.includes('"provider-breaker-opened"')));
  },
);
