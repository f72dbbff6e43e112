/** What every API answers to JSON beyond the limits, to bodies beyond the process's budget, and to those that break off. */
import assert from "node:assert/strict";
import { MAX_JSON_DEPTH, MAX_OBJECT_KEYS } from "../../../domain/json/json_shape.ts";
import { BODY_BUDGET_BYTES, bodyBudget } from "../../../routes/http/body.ts";
import {
  ADMIN_TOKEN,
  issueRequestToken,
  registryKeys,
  startTestApplication,
} from "../../support/application.ts";
import { issueToken } from "../../support/tokens.ts";
import { assertError, bodyOf, newServiceWithTemplates, SMS, SMS_2016, textTo } from "../support.ts";
import { test } from "../../support/runner.ts";

const DEEP = "[".repeat(MAX_JSON_DEPTH + 1) + "]".repeat(MAX_JSON_DEPTH + 1);
const TOO_DEEP = "The JSON is nested deeper than 10 levels";
const BUSY = "Too many large requests are being read; try again in a moment";
const BROKEN_OFF = "The request broke off before its end";

/** The routes, one of each API, with who may call them and where their answers have the message. */
async function start() {
  const hark = await startTestApplication({ registry: true });
  const service = await newServiceWithTemplates(hark);
  const key = { authorization: `Bearer ${await issueRequestToken(service.keys.live)}` };
  const operator = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  const token = async (roles: readonly string[]) => ({
    "x-access-token": await issueToken(await registryKeys(), { sub: "ann", roles }, {
      now: Date.now(),
    }),
  });
  const jobs = `/manage/services/${service.id}/jobs?template_id=${service.sms}`;
  const rows: readonly (readonly [string, string, HeadersInit, string])[] = [
    ["POST", SMS, key, "errors.0.message"],
    ["POST", "/v2/notifications/letter", key, "errors.0.message"],
    ["POST", "/v2/notifications/batch", key, "errors.0.message"],
    ["POST", "/v2/notifications/bulk", key, "errors.0.message"],
    ["POST", `/v2/template/${service.sms}/preview`, key, "errors.0.message"],
    ["POST", SMS_2016, key, "message"],
    ["POST", "/manage/services", operator, "detail"],
    ["POST", jobs, operator, "detail"],
    ["POST", "/api/notifications", await token(["template-admin", "citizen"]), "message"],
    [
      "PUT",
      "/api/notifications/templates/inbox:hello",
      await token(["template-admin"]),
      "message",
    ],
    [
      "POST",
      "/api/settings/me/channels/email/validate",
      { ...await token(["citizen"]), "content-type": "application/json" },
      "message",
    ],
  ];
  const call = async (
    [method, path, headers, field]: typeof rows[number],
    body: BodyInit,
    more: Readonly<Record<string, string>> = {},
  ) => {
    const init = {
      method,
      headers: { ...Object.fromEntries(new Headers(headers)), ...more },
      body,
    };
    const answer = await hark.request(path, init);
    const json = await answer.json();
    const message = field.split(".").reduce((value, name) => value[name], json);
    return { status: answer.status, message, json, headers: answer.headers, path };
  };
  return { hark, service, rows, call };
}

Deno.test("every API: 400 for JSON beyond a limit, which the message names", async () => {
  const { hark, rows, call } = await start();
  await using _ = hark;
  for (const row of rows) {
    const { status, message, json, path } = await call(row, DEEP);
    assert.deepEqual([path, status, message], [path, 400, TOO_DEEP]);
    if (path.startsWith("/manage")) assert.equal(json.code, "json_too_deep");
  }
});

test.inside("every API: 503 with Retry-After while the bodies of all requests use up the budget, which is given back", async () => {
  const { hark, service, rows, call } = await start();
  await using _ = hark;
  assert.ok(bodyBudget.take(BODY_BUDGET_BYTES), "nothing is held while no request is open");
  for (const row of rows) {
    const { status, message, headers, path } = await call(row, "{}");
    assert.deepEqual([path, status, message], [path, 503, BUSY]);
    assert.equal(headers.get("retry-after"), "1", path);
  }
  bodyBudget.give(BODY_BUDGET_BYTES);
  for (let at = 0; at < 3; at++) {
    await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
    for (const row of rows) await call(row, DEEP);
  }
  assert.ok(bodyBudget.take(BODY_BUDGET_BYTES), "answered requests hold nothing");
  bodyBudget.give(BODY_BUDGET_BYTES);
});

test.inside("every API: a body that breaks off is no error of the server", async () => {
  const { hark, rows, call } = await start();
  await using _ = hark;
  for (const row of rows) {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("connection reset"));
      },
    });
    const { status, message, path } = await call(row, body);
    const words = path.includes("/jobs?") ? "The upload broke off before its end" : BROKEN_OFF;
    assert.deepEqual([path, status, message], [path, 400, words]);
  }
  assert.deepEqual((await hark.log()).filter(({ event }) => event === "error"), []);
  assert.ok(bodyBudget.take(BODY_BUDGET_BYTES));
  bodyBudget.give(BODY_BUDGET_BYTES);
});

Deno.test("POST /v2/notifications/batch: work ends when its client leaves, without an error in the log", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark);
  const item = { type: "sms", ...textTo(service), reference: "x".repeat(200) };
  const body = JSON.stringify({ notifications: Array.from({ length: 1_000 }, () => item) });
  const client = new AbortController();
  const authorization = `Bearer ${await issueRequestToken(service.keys.live)}`;
  client.abort();
  const padded = JSON.stringify({ pad: Array.from({ length: 90_000 }, () => "x".repeat(40)) });
  for (const text of [body, padded]) {
    const answer = await hark.request("/v2/notifications/batch", {
      method: "POST",
      headers: { authorization },
      body: text,
      signal: client.signal,
    }).catch(() => undefined);
    await answer?.body?.cancel();
  }
  assert.deepEqual((await hark.log()).filter(({ event }) => event === "error"), []);
  await hark.settle();
});

Deno.test("POST /v2: accepts ten times what the official clients' documentation shows", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  // The documentation shows up to three keys of a few words, lists of three items, and a reference.
  const words = "the application that you sent us in spring ".repeat(2);
  const personalisation: Record<string, unknown> = { name: "Ann" };
  for (let at = 0; at < 30; at++) personalisation[`${"a long name ".repeat(10)}${at}`] = words;
  personalisation.list = Array.from({ length: 30 }, () => words);
  const body = textTo(service, { personalisation, reference: "r".repeat(360) });
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, body), 201);
  const most = Object.fromEntries(
    Array.from({ length: MAX_OBJECT_KEYS }, (_, at) => [at === 0 ? "name" : `key ${at}`, "x"]),
  );
  const atLimit = textTo(service, { personalisation: most });
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, atLimit), 201);
  const over = textTo(service, { personalisation: { ...most, more: "x" } });
  await assertError(
    await hark.as(service.keys.live, "POST", SMS, over),
    400,
    "BadRequestError",
    "An object of the JSON has more than 1,000 keys",
  );
  const item = { type: "sms", ...textTo(service, { personalisation }) };
  const notifications = Array.from({ length: 1_000 }, () => item);
  const batch = await hark.as(service.keys.test, "POST", "/v2/notifications/batch", {
    notifications,
  });
  const { notifications: results } = await bodyOf(batch, 200);
  assert.ok(results.every(({ status_code }: { status_code: number }) => status_code === 201));
  await hark.settle();
});
