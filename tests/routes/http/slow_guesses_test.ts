import assert from "node:assert/strict";
import { type Context, Hono } from "hono";
import {
  createGuessCounter,
  GUESS_WINDOW_MS,
  MAX_FAST_GUESSES,
} from "../../../application/access/guess_counter.ts";
import type { AppEnv } from "../../../routes/http/context.ts";
import { noteRefusedCredential } from "../../../routes/http/security_events.ts";
import {
  GUESS_DELAY_MS,
  MAX_DELAYED_ANSWERS,
  slowGuesses,
} from "../../../routes/http/slow_guesses.ts";
import { test } from "../../support/runner.ts";

/** An application with one secret, `right`, over a clock; waits end at once unless the test holds them. */
function openApplication() {
  const time = { now: 0 };
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const limited: string[] = [];
  const isHeld = { value: false };
  const clientOf = (c: Context) => c.req.header("x-from");
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("requestLog", { requestId: "1" });
    await next();
  });
  app.use(slowGuesses({
    clock: { now: () => time.now },
    guesses: createGuessCounter(),
    clientOf,
    tooMany: (c, retryAfterS) => c.text("too many", 429, { "Retry-After": String(retryAfterS) }),
    onLimit: (c) => void limited.push(clientOf(c) ?? ""),
    wait: (ms) =>
      new Promise((resolve) => {
        waits.push({ ms, end: resolve });
        if (!isHeld.value) resolve();
      }),
  }));
  app.get("/", (c) => {
    const secret = c.req.header("authorization");
    if (secret === "right") return c.text("welcome");
    noteRefusedCredential(c, "admin-token", "wrong", secret !== "expired");
    return c.text("refused", 401);
  });
  const call = async (secret: string, from: string | undefined) => {
    const headers = { authorization: secret, ...(from === undefined ? {} : { "x-from": from }) };
    const before = waits.length;
    const { status } = await app.request("/", { headers });
    return { status, waited: waits.length > before };
  };
  const start = (from: string) =>
    Promise.resolve(app.request("/", { headers: { authorization: "wrong", "x-from": from } }));
  return { call, isHeld, limited, start, time, waits };
}

const FAST = { status: 401, waited: false };
const SLOW = { status: 401, waited: true };

test.inside("slowGuesses: failures wait after the tenth from a network within 15 minutes", async () => {
  const { call, limited, time, waits } = openApplication();
  for (let i = 0; i < MAX_FAST_GUESSES; i++) {
    assert.deepEqual(await call("wrong", `192.0.2.${i}`), FAST, `${i}`);
  }
  assert.deepEqual(limited, []);
  assert.deepEqual(await call("wrong", "192.0.2.99"), SLOW);
  assert.deepEqual(await call("wrong", "192.0.2.98"), SLOW);
  assert.deepEqual(waits.map(({ ms }) => ms), [GUESS_DELAY_MS, GUESS_DELAY_MS]);
  assert.deepEqual(limited, ["192.0.2.99"], "the limit is reported once");
  assert.deepEqual(await call("right", "192.0.2.99"), { status: 200, waited: false });
  assert.deepEqual(await call("expired", "192.0.2.99"), FAST);
  assert.deepEqual(await call("wrong", "192.0.3.1"), FAST, "another network");
  time.now = GUESS_WINDOW_MS - 1;
  assert.deepEqual(await call("wrong", "192.0.2.1"), SLOW);
  time.now = GUESS_WINDOW_MS;
  assert.deepEqual(await call("wrong", "192.0.2.1"), FAST);
});

test.inside("slowGuesses: slows nothing when the client's address is unknown", async () => {
  const { call } = openApplication();
  for (let i = 0; i < 3 * MAX_FAST_GUESSES; i++) {
    assert.deepEqual(await call("wrong", undefined), FAST, `${i}`);
  }
});

test.inside("slowGuesses: answers 429 while as many answers wait as may", async () => {
  const { call, isHeld, start, waits } = openApplication();
  for (let i = 0; i < MAX_FAST_GUESSES; i++) await call("wrong", "2001:db8::1");
  isHeld.value = true;
  const slowed = Array.from({ length: MAX_DELAYED_ANSWERS }, (_, i) => start(`2001:db8::${i}`));
  while (waits.length < MAX_DELAYED_ANSWERS) await new Promise((resolve) => setTimeout(resolve, 1));
  const answer = await start("2001:db8::1");
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get("Retry-After"), "60");
  assert.equal(await answer.text(), "too many");
  assert.deepEqual(await call("right", "2001:db8::1"), { status: 200, waited: false });
  isHeld.value = false;
  for (const { end } of waits) end();
  for (const answer of slowed) assert.equal((await answer).status, 401);
  assert.deepEqual(await call("wrong", "2001:db8::1"), SLOW, "there is room again");
});

test.inside("slowGuesses: an answer that was cut off takes no room after its delay", async () => {
  const { call, isHeld, start, time, waits } = openApplication();
  for (let i = 0; i < MAX_FAST_GUESSES; i++) await call("wrong", "2001:db8::1");
  isHeld.value = true;
  const cutOff = Array.from({ length: MAX_DELAYED_ANSWERS }, () => start("2001:db8::1"));
  while (waits.length < MAX_DELAYED_ANSWERS) await new Promise((resolve) => setTimeout(resolve, 1));
  isHeld.value = false;
  time.now = GUESS_DELAY_MS - 1;
  assert.equal((await start("2001:db8::1")).status, 429);
  time.now = GUESS_DELAY_MS;
  assert.deepEqual(await call("wrong", "2001:db8::1"), SLOW);
  for (const { end } of waits) end();
  for (const answer of cutOff) assert.equal((await answer).status, 401);
});
