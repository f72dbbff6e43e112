import assert from "node:assert/strict";
import { MAX_FAST_GUESSES } from "../../application/access/guess_counter.ts";
import { MAX_SECURITY_LINES_PER_SECOND } from "../../application/access/security_log.ts";
import {
  ADMIN_TOKEN,
  issueRequestToken,
  startTestApplication,
  type TestApplication,
} from "../support/application.ts";
import {
  MAX_REQUESTS_OF_KEY_AT_ONCE,
  MAX_REQUESTS_OF_KEY_WAITING,
} from "../../application/sending/service_slots.ts";
import { BODY_BUDGET_BYTES, bodyBudget } from "../../routes/http/body.ts";
import { startRegistry } from "./registry/support.ts";
import {
  bodyOf,
  callAt,
  EMAIL,
  emailTo,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  SECOND,
  SMS,
  SMS_2016,
  textTo,
} from "./support.ts";
import { test } from "../support/runner.ts";

const CLIENT = "192.0.2.7";
const RECEIPTS = {
  POSTMARK_SERVER_TOKEN: "server-token",
  POSTMARK_WEBHOOK_USER: "postmark",
  POSTMARK_WEBHOOK_PASSWORD: "webhook-password",
  PUBLIC_URL: "https://hark.test",
};

const SECURITY_EVENTS = ["credential-refused", "limit-reached", "security-events-omitted"];

/** The security events that were logged since `first`, without the ids of requests. */
const eventsSince = ({ logged }: TestApplication, first: number) =>
  logged.slice(first).filter(({ event }) => SECURITY_EVENTS.includes(String(event)))
    .map(({ request_id: _, ...rest }) => rest);

test.inside("security events: one line for each refused credential, with the client's address", async () => {
  const clock = movableClock();
  await using hark = await startRegistry({
    clock,
    remoteAddress: CLIENT,
    environment: RECEIPTS,
  });
  const service = await newServiceWithTemplates(hark);
  const { live } = service.keys;
  const seconds = Math.floor(clock.now() / 1000);
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const wrongKey = await issueRequestToken(`${live.slice(0, -36)}${NO_ID}`, seconds);
  const unknown = await issueRequestToken(`${live.slice(0, -73)}${NO_ID}-${NO_ID}`, seconds);
  const old = await issueRequestToken(live, seconds - 60);
  const refused = (credential: string, reason: string, more: object = {}) => ({
    event: "credential-refused",
    credential,
    reason,
    client: CLIENT,
    ...more,
  });
  const own = { claimed_service_id: service.id };
  const citizen = hark.citizen("citizen-1");
  const cases: readonly (readonly [string, () => Promise<Response>, number, readonly object[]])[] =
    [
      ["no token", () => hark.request("/v2/templates"), 401, []],
      ["no admin token", () => hark.request("/manage/services"), 401, []],
      ["no access token", () => hark.request("/api/notifications/inbox"), 401, []],
      ["a wrong key", () => hark.request("/v2/templates", bearer(wrongKey)), 403, [
        refused("service-token", "key-not-found", own),
      ]],
      ["a wrong key, 2016", () => hark.request("/notifications", bearer(wrongKey)), 403, [
        refused("service-token", "key-not-found", own),
      ]],
      ["an unknown service", () => hark.request("/v2/templates", bearer(unknown)), 403, [
        refused("service-token", "service-not-found", { claimed_service_id: NO_ID }),
      ]],
      ["an old token", () => hark.request("/v2/templates", bearer(old)), 403, [
        refused("service-token", "clock-skew", own),
      ]],
      ["no JWT", () => hark.request("/v2/templates", bearer("x")), 403, [
        refused("service-token", "token-undecodable"),
      ]],
      [
        "a wrong key at the registries",
        () => hark.request("/api/notifications", { method: "POST", ...bearer(wrongKey) }),
        403,
        [refused("service-token", "key-not-found", own)],
      ],
      ["a wrong admin token", () => hark.request("/manage/services", bearer("x")), 401, [
        refused("admin-token", "wrong"),
      ]],
      [
        "a wrong access token",
        () => hark.request("/api/notifications/inbox", { headers: { "x-access-token": "x" } }),
        401,
        [refused("access-token", "malformed", { service_id: hark.registryServiceId })],
      ],
      [
        "an access token without the role",
        () => citizen("PUT", "/api/notifications/templates/inbox:a", {}),
        403,
        [refused("access-token", "role-missing")],
      ],
      [
        "a wrong receipt password",
        () =>
          hark.request("/receipts/postmark", {
            method: "POST",
            headers: { authorization: `Basic ${btoa("postmark:x")}` },
            body: "{}",
          }),
        401,
        [refused("receipt", "unauthorised")],
      ],
    ];
  for (const [label, call, status, events] of cases) {
    clock.advance(SECOND / 100);
    const first = (await hark.log()).length;
    const answer = await call();
    await answer.body?.cancel();
    assert.equal(answer.status, status, label);
    assert.deepEqual(eventsSince(hark, first), events, label);
    const request = (await hark.log()).at(-1);
    assert.equal(request?.["event"], "request", label);
    assert.equal(request?.["client"], undefined, "other lines have no address");
  }
});

test.inside("security events: one line for each limit that a request reaches", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock, remoteAddress: CLIENT });
  const service = await newServiceWithTemplates(hark, {
    rate_limit_per_minute: 3,
    daily_limits: { email: 0 },
  });
  const { live, test } = service.keys;
  const send = (key: string, path: string, body: unknown) =>
    callAt(hark, clock, key, "POST", path, body);
  const reached = (limit: string) => [
    { event: "limit-reached", limit, client: CLIENT, service_id: service.id },
  ];
  const list = { ...emailTo(service), type: "email" };
  const text = { to: "07700900123", template: 1, personalisation: { name: "Ann" } };
  const cases: readonly (readonly [string, string, unknown, number, readonly object[]])[] = [
    [live, EMAIL, emailTo(service), 429, reached("daily")],
    [live, "/v2/notifications/batch", { notifications: [list, list] }, 200, reached("daily")],
    [test, SMS, textTo(service), 201, []],
    [test, SMS, textTo(service), 429, reached("rate")],
    [test, SMS_2016, text, 429, reached("rate")],
  ];
  for (const [index, [key, path, body, status, events]] of cases.entries()) {
    const first = (await hark.log()).length;
    await bodyOf(await send(key, path, body), status, `${index}`);
    assert.deepEqual(eventsSince(hark, first), events, `${index} ${path}`);
  }
});

test.inside("security events: the budget of bodies, and the concurrent requests of a service", async () => {
  await using hark = await startTestApplication({ remoteAddress: CLIENT });
  const service = await newServiceWithTemplates(hark);
  const { test } = service.keys;
  const reached = (limit: string) => ({
    event: "limit-reached",
    limit,
    client: CLIENT,
    service_id: service.id,
  });
  const first = (await hark.log()).length;
  assert.ok(bodyBudget.take(BODY_BUDGET_BYTES));
  try {
    await bodyOf(await hark.as(test, "POST", SMS, textTo(service)), 503);
  } finally {
    bodyBudget.give(BODY_BUDGET_BYTES);
  }
  await bodyOf(await hark.as(test, "POST", SMS, textTo(service)), 201);
  assert.deepEqual(eventsSince(hark, first), [reached("body-budget")]);

  const second = (await hark.log()).length;
  const headers = { authorization: `Bearer ${await issueRequestToken(test)}` };
  const ends: (() => void)[] = [];
  const send = () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void ends.push(() => controller.close()),
    });
    return hark.request(SMS, { method: "POST", headers, body });
  };
  const tooMany = 3;
  let refused = 0;
  const enough = Promise.withResolvers<void>();
  const answers = Array.from(
    { length: MAX_REQUESTS_OF_KEY_AT_ONCE + MAX_REQUESTS_OF_KEY_WAITING + tooMany },
    async () => {
      const answer = await send();
      await answer.body?.cancel();
      if (answer.status === 429 && ++refused === tooMany) enough.resolve();
      return answer.status;
    },
  );
  await enough.promise;
  assert.deepEqual(eventsSince(hark, second), Array(tooMany).fill(reached("concurrency")));
  for (const end of ends) end();
  const statuses = await Promise.all(answers);
  assert.equal(statuses.filter((status) => status === 429).length, tooMany);
});

test.inside("security events: a flood of guesses is slowed, bounded in the log, and locks out no right key", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock, remoteAddress: CLIENT });
  const service = await newServiceWithTemplates(hark);
  const { live } = service.keys;
  const wrong = `${live.slice(0, -36)}${NO_ID}`;
  const first = (await hark.log()).length;
  const guess = (key: string) => callAt(hark, clock, key, "GET", "/v2/templates");
  const startedAt = performance.now();
  for (let i = 0; i < MAX_FAST_GUESSES + 2; i++) {
    const { errors } = await bodyOf(await guess(wrong), 403, `${i}`);
    assert.equal(errors[0].message, "Invalid token: API key not found");
  }
  assert.ok(performance.now() - startedAt >= 390, "two answers waited");
  await bodyOf(await guess(live), 200);
  await bodyOf(await hark.manage("GET", "/manage/services"), 200);
  clock.advance(SECOND);
  await bodyOf(await hark.request("/healthz"), 200);
  const events = eventsSince(hark, first);
  const refused = events.filter(({ event }) => event === "credential-refused");
  assert.equal(refused.length, MAX_SECURITY_LINES_PER_SECOND);
  assert.deepEqual(events.filter(({ event }) => event !== "credential-refused"), [
    { event: "limit-reached", limit: "guesses", client: CLIENT },
    { event: "security-events-omitted", omitted_event: "credential-refused", count: 2 },
  ]);
});

test.inside("guesses: each API answers 429 in its own shape when too many answers wait", async () => {
  const clock = movableClock();
  await using hark = await startRegistry({ clock, remoteAddress: CLIENT, environment: RECEIPTS });
  const service = await hark.newService();
  const { live } = service.keys;
  const wrongKey = await issueRequestToken(
    `${live.slice(0, -36)}${NO_ID}`,
    Math.floor(clock.now() / 1000),
  );
  const bearer = { authorization: `Bearer ${wrongKey}` };
  const guesses: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ["GET", "/v2/templates", bearer],
    ["GET", "/notifications", bearer],
    ["POST", "/api/notifications", bearer],
    ["GET", "/manage/services", { authorization: "Bearer x" }],
    ["POST", "/receipts/postmark", { authorization: "Basic x" }],
  ];
  const guess = ([method, path, headers]: typeof guesses[number]) =>
    hark.request(path, { method, headers });
  const all = await Promise.all(
    guesses.flatMap((one) => Array.from({ length: 150 }, () => guess(one))),
  );
  const answers = new Map<string, { readonly status: number; readonly body: unknown }>();
  for (const [index, answer] of all.entries()) {
    const path = guesses[Math.floor(index / 150)]?.[1] ?? "";
    const body = await answer.json();
    if (answer.status !== 429) continue;
    assert.equal(answer.headers.get("Retry-After"), "60");
    assert.ok(answer.headers.has("X-Request-Id"));
    answers.set(path, body);
  }
  const message = "Too many requests with a wrong credential came from your network: wait, or " +
    "send the right one, which is answered at any time";
  const trace = Object(answers.get("/api/notifications")).traceId;
  assert.deepEqual(Object.fromEntries(answers), {
    "/v2/templates": { status_code: 429, errors: [{ error: "TooManyRequestsError", message }] },
    "/notifications": { result: "error", message },
    "/api/notifications": {
      traceId: trace,
      code: "429 TOO_MANY_REQUESTS",
      message,
      details: null,
    },
    "/manage/services": {
      type: "about:blank",
      title: "Too many requests",
      status: 429,
      detail: message,
    },
    "/receipts/postmark": { error: message },
  });
  await bodyOf(
    await hark.request("/manage/services", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }),
    200,
  );
});
