/** Real processes whose SMS provider is down for a while: no text is lost, and the backlog drains at once. */
import assert from "node:assert/strict";
import { status } from "../support/stand_ins/scripted_server.ts";
import { pause, waitFor } from "../support/process.ts";
import { startOutageScene } from "./outage_scene.ts";

const TEXTS = 400;
const DOWN = status(503, { code: 20503, status: 503 });

Deno.test("start: half of the backlog of an outage is gone five seconds after the recovery, and each text is sent once", async () => {
  await using scene = await startOutageScene(false);
  const { twilio, send, providerOf } = scene;
  twilio.always(DOWN);
  for (let n = 0; n < TEXTS; n += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => send(n + index)));
  }
  await pause(4_000);
  const { health, breaker, last_error } = await providerOf("twilio");
  assert.deepEqual([health, breaker === "closed"], ["failing", false]);
  assert.match(JSON.stringify(last_error), /"code":"20503"/);
  assert.equal(twilio.accepted.length, 0);
  // Calls that were under way when it opened, then probes.
  assert(twilio.calls.length < TEXTS / 4, `${twilio.calls.length} calls while it was down`);

  twilio.always(undefined);
  await pause(5_000);
  const sent = twilio.accepted.length;
  assert(sent >= TEXTS / 2, `${sent} of ${TEXTS} texts five seconds after the recovery`);
  await waitFor("every text", () => twilio.accepted.length >= TEXTS);
  const bodies = twilio.accepted.map(({ body }) => body);
  assert.equal(new Set(bodies).size, TEXTS);
  assert.equal(bodies.length, TEXTS);
  assert.equal((await providerOf("twilio")).health, "healthy");
  assert.equal((await scene.hark.kill("SIGTERM")).code, 0);
});

Deno.test("start: texts shift to the second provider within twenty failures under load, and return after the recovery", async () => {
  await using scene = await startOutageScene(true);
  const { twilio, second, send, providerOf } = scene;
  let sent = 0;
  const load = async (ms: number) => {
    const ends = performance.now() + ms;
    while (performance.now() < ends) {
      await Promise.all(Array.from({ length: 4 }, () => send(sent++)));
      await pause(20);
    }
  };
  await load(1_500);
  await waitFor("the first texts", () => twilio.accepted.length === sent);
  assert.equal(second.calls.length, 0, "the second provider stands by");

  const before = twilio.calls.length;
  twilio.always(DOWN);
  let failedBeforeShift: number | undefined;
  const watch = waitFor("the shift", () => {
    if (second.calls.length === 0) return false;
    failedBeforeShift ??= twilio.calls.length - before;
    return true;
  }, { everyMs: 1 });
  await load(4_000);
  await watch;
  assert((failedBeforeShift ?? Infinity) <= 20, `${failedBeforeShift} failures before the shift`);
  assert.equal((await providerOf("twilio")).health, "failing");
  assert.equal((await providerOf("example-sms")).health, "healthy");

  twilio.always(undefined);
  await load(2_000);
  const [first, other] = [twilio.accepted.length, second.accepted.length];
  await load(1_000);
  assert(twilio.accepted.length > first, "texts return to the first provider");
  assert.equal(second.accepted.length, other);
  const bodies = () => [...twilio.accepted.map(({ body }) => body), ...second.accepted];
  await waitFor("every text", () => bodies().length >= sent);
  assert.equal(new Set(bodies()).size, sent, "none is lost");
  assert.equal(bodies().length, sent, "none is sent twice");
});
