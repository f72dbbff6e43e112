import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { SETTINGS_TTL_MS } from "../../../application/delivery/provider_health.ts";
import { PROVIDERS } from "../../../runtime/providers.ts";
import { MAX_REASON } from "../../../routes/manage/providers.ts";
import {
  ADMIN_TOKEN,
  startTestApplication,
  type TestApplication,
} from "../../support/application.ts";
import { EXAMPLE_SMS } from "../../runtime/example_sms.ts";
import { bodyOf } from "../support.ts";
import { test } from "../../support/runner.ts";

const PATH = "/manage/providers";
const TWILIO_SMS = {
  SMS_PROVIDER: "twilio",
  TWILIO_ACCOUNT_SID: "AC0123456789abcdef0123456789abcdef",
  TWILIO_AUTH_TOKEN: "twilio-token",
  TWILIO_FROM: "+15005550006",
};
const TWO_SMS_PROVIDERS = {
  ...TWILIO_SMS,
  EXAMPLE_SMS_TOKEN: "token",
  EXAMPLE_SMS_FROM: "Library",
};

/** An application with two SMS providers, whose answers can be changed by host. */
async function startWithTwo(db?: Awaited<ReturnType<typeof startTestApplication>>["db"]) {
  const time = { now: Date.now() };
  const calls: string[] = [];
  const down = new Map<string, () => Response>();
  const hark = await startTestApplication({
    providers: [...PROVIDERS, EXAMPLE_SMS],
    environment: TWO_SMS_PROVIDERS,
    clock: createClock(() => time.now),
    ...(db === undefined ? {} : { db }),
    fetch: (input, init) => {
      const { host } = new URL(new Request(input, init).url);
      calls.push(host);
      const body = { id: crypto.randomUUID(), sid: `SM${calls.length}`, status: "queued" };
      return Promise.resolve(down.get(host)?.() ?? Response.json(body, { status: 201 }));
    },
  });
  return { hark, calls, down, time };
}

async function providersOf(hark: TestApplication) {
  const { providers } = await bodyOf(await hark.manage("GET", PATH), 200);
  return new Map<string, Readonly<Record<string, unknown>>>(
    providers.map((provider: { readonly name: string }) => [provider.name, provider]),
  );
}

async function newText(hark: TestApplication) {
  const service = await hark.newService();
  const template_id = await hark.newTemplate(service.id);
  return async () => {
    const sent = await hark.as(service.keys.live, "POST", "/v2/notifications/sms", {
      template_id,
      phone_number: "07900900123",
      personalisation: { name: "Ann" },
    });
    const { id } = await bodyOf(sent, 201);
    const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
    return { id, timeline: async () => await (await hark.manage("GET", path)).text() };
  };
}

test.inside("GET /manage/providers: shows each provider; the named one has weight 100, the others 0", async () => {
  const { hark } = await startWithTwo();
  await using _ = hark;
  const providers = await providersOf(hark);
  const healthy = {
    health: "healthy",
    breaker: "closed",
    rate_per_second: null,
    current_rate_per_second: null,
    paused: false,
    paused_by: null,
    reason: null,
    paused_since: null,
    last_error: null,
  };
  assert.deepEqual(providers.get("twilio"), {
    name: "twilio",
    channels: ["sms"],
    weight: 100,
    ...healthy,
  });
  assert.deepEqual(providers.get("example-sms"), {
    name: "example-sms",
    channels: ["sms"],
    weight: 0,
    ...healthy,
  });
  assert.deepEqual(providers.get("sandbox")?.channels, ["email", "diia"]);
});

test.inside("PUT /manage/providers/{name}: changes weight, rate and pause, each by itself, and keeps them over a restart", async () => {
  const { hark, time } = await startWithTwo();
  await using _ = hark;
  const put = async (name: string, body: unknown) =>
    await bodyOf(await hark.manage("PUT", `${PATH}/${name}`, body), 200);
  const since = new Date(time.now).toISOString();
  assert.equal((await put("example-sms", { weight: 40 })).weight, 40);
  const paused = await put("example-sms", { paused: true, reason: " Contract ends " });
  assert.deepEqual(
    [paused.weight, paused.health, paused.paused, paused.paused_by, paused.reason],
    [40, "paused", true, "operator", "Contract ends"],
  );
  assert.equal(paused.paused_since, since);
  time.now += 60_000;
  const again = await put("example-sms", { paused: true, reason: "Still", rate_per_second: 2.5 });
  assert.deepEqual([again.reason, again.paused_since, again.rate_per_second], [
    "Still",
    since,
    2.5,
  ]);
  const restarted = await startWithTwo(hark.db);
  const stored = (await providersOf(restarted.hark)).get("example-sms");
  assert.deepEqual(stored, again);
  const resumed = await put("example-sms", { paused: false, weight: null, rate_per_second: null });
  assert.deepEqual([resumed.paused, resumed.reason, resumed.weight, resumed.rate_per_second], [
    false,
    null,
    0,
    null,
  ]);
});

test.inside("PUT /manage/providers/{name}: takes effect in other processes within seconds", async () => {
  const { hark } = await startWithTwo();
  await using _ = hark;
  const other = await startWithTwo(hark.db);
  const text = await newText(other.hark);
  await bodyOf(await hark.manage("PUT", `${PATH}/twilio`, { paused: true, reason: "Bill" }), 200);
  other.time.now += SETTINGS_TTL_MS;
  await other.hark.backgroundWork.nextDueAt();
  const { timeline } = await text();
  await other.hark.settle();
  assert.deepEqual(other.calls, ["sms.example"]);
  assert.match(await timeline(), /"provider":"example-sms","selection":"failover"/);
  assert.equal((await providersOf(other.hark)).get("twilio")?.reason, "Bill");
});

test.inside("PUT /manage/providers/{name}: holds messages while every provider is paused, and sends them when one is not", async () => {
  const { hark, calls } = await startWithTwo();
  await using _ = hark;
  const text = await newText(hark);
  for (const name of ["twilio", "example-sms"]) {
    await bodyOf(await hark.manage("PUT", `${PATH}/${name}`, { paused: true }), 200);
  }
  await text();
  await hark.settle();
  assert.deepEqual(calls, []);
  await bodyOf(await hark.manage("PUT", `${PATH}/example-sms`, { paused: false }), 200);
  await hark.settle();
  assert.deepEqual(calls, ["sms.example"]);
});

test.inside("GET /manage/providers: shows an open breaker with the last error, and the timeline tells which provider and why", async () => {
  const { hark, calls, down, time } = await startWithTwo();
  await using _ = hark;
  const text = await newText(hark);
  const first = await text();
  await hark.settle();
  assert.match(await first.timeline(), /"provider":"twilio","selection":"weight"/);
  down.set("api.twilio.com", () => Response.json({ code: 20503 }, { status: 503 }));
  const sent = [];
  for (let i = 0; i < 30; i++) {
    time.now += 50;
    sent.push(await text());
    await hark.settle();
  }
  assert(calls.filter((host) => host === "api.twilio.com").length <= 1 + 20);
  const twilio = (await providersOf(hark)).get("twilio");
  assert.deepEqual([twilio?.health, twilio?.breaker], ["failing", "open"]);
  assert.match(JSON.stringify(twilio?.last_error), /^\{"code":"20503","at":"20/);
  // At one time there is one probe at most.
  sent.push(await text(), await text());
  const last = sent.at(-1) ?? assert.fail();
  assert.match(await last.timeline(), /"provider":"example-sms","selection":"failover"/);
  down.clear();
  for (let i = 0; i < 40; i++) {
    time.now += 500;
    await text();
    await hark.settle();
  }
  assert.equal(calls.at(-1), "api.twilio.com");
  assert.equal((await providersOf(hark)).get("twilio")?.breaker, "closed");
});

test.inside("GET /manage/providers: a fault of the account pauses the provider, with its code, until the operator resumes it", async () => {
  const { hark, calls, down, time } = await startWithTwo();
  await using _ = hark;
  const text = await newText(hark);
  down.set("api.twilio.com", () => Response.json({ code: 20003 }, { status: 401 }));
  await text();
  await hark.settle();
  const twilio = (await providersOf(hark)).get("twilio");
  assert.deepEqual(
    [twilio?.health, twilio?.paused, twilio?.paused_by, twilio?.reason, twilio?.paused_since],
    ["paused", true, "fault", "20003", new Date(time.now).toISOString()],
  );
  await text();
  await hark.settle();
  assert.equal(calls.at(-1), "sms.example");
  down.clear();
  const resumed = await bodyOf(await hark.manage("PUT", `${PATH}/twilio`, { paused: false }), 200);
  assert.deepEqual([resumed.paused, resumed.health], [false, "healthy"]);
  await text();
  await hark.settle();
  assert.equal(calls.at(-1), "api.twilio.com");
});

Deno.test("PUT /manage/providers/{name}: refuses bad input precisely, and changes nothing", async () => {
  await using hark = await startTestApplication({ environment: TWILIO_SMS });
  const before = await providersOf(hark);
  const cases: readonly (readonly [unknown, string, string])[] = [
    [{ weight: -1 }, "weight", "Too small: expected number to be >=0"],
    [{ weight: 101 }, "weight", "Too big: expected number to be <=100"],
    [{ weight: 0.5 }, "weight", "Invalid input: expected int, received number"],
    [{ weight: "1" }, "weight", "Invalid input: expected number, received string"],
    [{ rate_per_second: 0 }, "rate_per_second", "Too small: expected number to be >=0.1"],
    [{ rate_per_second: -3 }, "rate_per_second", "Too small: expected number to be >=0.1"],
    [{ rate_per_second: 0.09 }, "rate_per_second", "Too small: expected number to be >=0.1"],
    [{ rate_per_second: 10_001 }, "rate_per_second", "Too big: expected number to be <=10000"],
    [{ paused: "yes" }, "paused", "Invalid input: expected boolean, received string"],
    [{ paused: true, reason: "" }, "reason", "must not be empty"],
    [{ paused: true, reason: "a\nb" }, "reason", "must be one line of text"],
    [
      { paused: true, reason: "x".repeat(MAX_REASON + 1) },
      "reason",
      `Too big: expected string to have <=${MAX_REASON} characters`,
    ],
    [{ reason: "why" }, "reason", "is for paused: true only"],
    [{ paused: false, reason: "why" }, "reason", "is for paused: true only"],
    [{ wieght: 1 }, "wieght", "unknown field"],
  ];
  for (const [body, field, message] of cases) {
    const { detail, errors } = await bodyOf(
      await hark.manage("PUT", `${PATH}/twilio`, body),
      400,
      JSON.stringify(body).slice(0, 80),
    );
    assert.equal(detail, "Invalid request: see errors");
    assert.deepEqual(errors, [{ field, message }]);
  }
  for (const body of ["", "[]", "null", "nonsense", '{"weight":1e999}']) {
    await bodyOf(await hark.manage("PUT", `${PATH}/twilio`, body), 400, body);
  }
  for (const name of ["postmark", "TWILIO", "none", "%00", "x".repeat(2_000)]) {
    const refused = await bodyOf(await hark.manage("PUT", `${PATH}/${name}`, { weight: 1 }), 404);
    assert.equal(refused.detail, "The deployment has no such provider");
  }
  await bodyOf(await hark.manage("PUT", `${PATH}/twilio?force=1`, { weight: 1 }), 400);
  await bodyOf(await hark.manage("GET", `${PATH}?channel=sms`), 400);
  assert.deepEqual(await providersOf(hark), before);
  await bodyOf(await hark.manage("PUT", `${PATH}/twilio`, {}), 200);
  assert.deepEqual(await providersOf(hark), before, "no field changes nothing");
  const edges = { weight: 0, rate_per_second: 0.1, paused: true, reason: "x".repeat(MAX_REASON) };
  await bodyOf(await hark.manage("PUT", `${PATH}/twilio`, edges), 200);
  await bodyOf(
    await hark.manage("PUT", `${PATH}/twilio`, { weight: 100, rate_per_second: 10_000 }),
    200,
  );
});

Deno.test("/manage/providers: answers the operator only", async () => {
  await using hark = await startTestApplication({ environment: TWILIO_SMS });
  const service = await hark.newService();
  for (const method of ["GET", "PUT"] as const) {
    const path = method === "GET" ? PATH : `${PATH}/twilio`;
    const body = method === "GET" ? undefined : JSON.stringify({ paused: true });
    for (const authorization of ["", "Bearer wrong", `Basic ${ADMIN_TOKEN}`]) {
      const answer = await hark.request(path, {
        method,
        headers: authorization === "" ? {} : { authorization },
        ...(body === undefined ? {} : { body }),
      });
      assert.equal(answer.status, 401);
    }
    assert.equal((await hark.as(service.keys.live, method, path, body)).status, 401);
  }
  assert.equal((await providersOf(hark)).get("twilio")?.paused, false);
});
