import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  assertError,
  assertNothingSent,
  bodyOf,
  countOf,
  EMAIL,
  EMAIL_2016,
  emailTo,
  newServiceWithTemplates,
  SMS,
  SMS_2016,
  textTo,
  UUID,
} from "../support.ts";

const dry = (path: string) => `${path}?dry_run=true`;

/** The tables that a send writes. */
const WRITTEN = ["notifications", "outbox", "counters", "idempotency", "documents", "statistics"];

async function counts(hark: TestApplication): Promise<readonly number[]> {
  return await Promise.all(WRITTEN.map((table) => countOf(hark, table)));
}

Deno.test("POST /v2/notifications/{channel}?dry_run=true: answers 200 as the send would, and writes nothing", async () => {
  for (const [path, bodyFor] of [[SMS, textTo], [EMAIL, emailTo]] as const) {
    await using hark = await startTestApplication();
    const service = await newServiceWithTemplates(hark);
    const headers = { "idempotency-key": "key" };
    const body = bodyFor(service);
    const checked = await bodyOf(
      await hark.as(service.keys.live, "POST", dry(path), body, headers),
      200,
    );
    assert.match(checked.id, UUID);
    assert.deepEqual(await counts(hark), WRITTEN.map(() => 0));
    await bodyOf(await hark.as(service.keys.live, "GET", `/v2/notifications/${checked.id}`), 404);
    await assertNothingSent(hark);
    // The key was not remembered: another request may have it.
    const other = bodyFor(service, { reference: "other" });
    const sent = await bodyOf(
      await hark.as(service.keys.live, "POST", path, other, headers),
      201,
    );
    const facts = ({ id: _, uri: __, reference: ___, ...rest }: Record<string, unknown>) => rest;
    assert.deepEqual(facts(checked), facts(sent));
    assert.notEqual(checked.id, sent.id);
  }
});

Deno.test("POST /notifications/{channel}?dry_run=true (2016): answers as the send would, and writes nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const { keys } = service;
  const text = { to: "07900900123", template: service.sms, personalisation: { name: "Ann" } };
  const checked = await bodyOf(await hark.as(keys.live, "POST", dry(SMS_2016), text), 200);
  assert.match(checked.data.notification.id, UUID);
  const refused = await hark.as(keys.live, "POST", dry(EMAIL_2016), { ...text, to: "nobody" });
  assert.equal((await bodyOf(refused, 400)).result, "error");
  const wrong = await hark.as(keys.live, "POST", `${SMS_2016}?dry_run=1`, text);
  assert.deepEqual((await bodyOf(wrong, 400)).message, {
    dry_run: ["dry_run must be true or false"],
  });
  await assertNothingSent(hark);
});

Deno.test("POST /v2/notifications/sms?dry_run: a value other than true and false sends nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const value of ["1", "yes", "TRUE", ""]) {
    const answer = await hark.as(
      service.keys.live,
      "POST",
      `${SMS}?dry_run=${value}`,
      textTo(service),
    );
    await assertError(answer, 400, "ValidationError", "dry_run must be true or false", value);
  }
  await assertNothingSent(hark);
  const sent = await hark.as(service.keys.live, "POST", `${SMS}?dry_run=false`, textTo(service));
  await bodyOf(sent, 201);
});

Deno.test("POST /v2/notifications/{channel}?dry_run=true: answers the error of the send", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 1 } });
  const { keys } = service;
  const suppressed = await hark.manage("POST", `/manage/services/${service.id}/suppressions`, {
    channel: "email",
    recipient: "out@example.com",
    reason: "asked",
  });
  await bodyOf(suppressed, 201);
  await bodyOf(await hark.as(keys.live, "POST", SMS, textTo(service)), 201);
  await hark.settle();
  const before = await counts(hark);
  const cases = [
    ["live", SMS, textTo(service)],
    ["live", SMS, {}],
    ["live", SMS, "no JSON"],
    ["live", EMAIL, emailTo(service, { email_address: "nobody" })],
    ["live", EMAIL, emailTo(service, { personalisation: {} })],
    ["live", EMAIL, emailTo(service, { template_id: service.sms })],
    ["live", EMAIL, emailTo(service, { email_address: "out@example.com" })],
    ["team", EMAIL, emailTo(service)],
  ] as const;
  for (const [kind, path, body] of cases) {
    const label = JSON.stringify([kind, path, body]);
    const checked = await hark.as(keys[kind], "POST", dry(path), body);
    const sent = await hark.as(keys[kind], "POST", path, body);
    assert.deepEqual(
      [checked.status, await checked.json()],
      [sent.status, await sent.json()],
      label,
    );
    assert.ok(checked.status >= 400, label);
  }
  assert.deepEqual(await counts(hark), before);
});

Deno.test("POST /v2/notifications/sms?dry_run=true: takes nothing of the rate limit, and is refused when it is used up", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { rate_limit_per_minute: 1 });
  const { keys } = service;
  for (let time = 0; time < 3; time++) {
    await bodyOf(await hark.as(keys.live, "POST", dry(SMS), textTo(service)), 200);
  }
  await bodyOf(await hark.as(keys.live, "POST", SMS, textTo(service)), 201);
  const refused = await hark.as(keys.live, "POST", dry(SMS), textTo(service));
  assert.equal((await bodyOf(refused, 429)).errors[0].error, "RateLimitError");
  assert.ok(refused.headers.has("retry-after"));
});

Deno.test("POST /v2/notifications/sms?dry_run=true: a message to a smoke test's recipient is answered", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 1 } });
  const body = textTo(service, { phone_number: "07700900000" });
  await bodyOf(await hark.as(service.keys.live, "POST", dry(SMS), body), 200);
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, body), 201);
});

Deno.test("POST /v2/notifications/batch and …/bulk: refuse a dry run, and send nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const batch = { notifications: [{ channel: "sms", ...textTo(service) }] };
  const bulk = {
    name: "March",
    template_id: service.sms,
    rows: [["phone number", "name"], ["07900 900123", "Ann"]],
  };
  const cases = [["/v2/notifications/batch", batch], ["/v2/notifications/bulk", bulk]] as const;
  for (const [path, body] of cases) {
    const answer = await hark.as(service.keys.live, "POST", dry(path), body);
    await assertError(
      answer,
      400,
      "ValidationError",
      "dry_run is for single notifications",
      path,
    );
  }
  await assertNothingSent(hark);
});
