import assert from "node:assert/strict";
import { MAX_SUPPRESSIONS_FOR_ADDING } from "../../../domain/suppression/suppression.ts";
import { idBytes } from "../../../adapters/libsql/connection/row.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  assertError,
  bodyOf,
  EMAIL,
  emailTo,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  SECOND,
  type ServiceWithTemplates,
  SMS,
  SMS_2016,
  textTo,
  UUID,
} from "../support.ts";
import { byChannels, startRegistry } from "../registry/support.ts";
import { csvOf, placesOf, upload } from "./jobs_support.ts";

const OPTED_OUT = "Can’t send to this recipient: they opted out";
const PHONE = "07700900123";
const TEXT = { channel: "sms", recipient: PHONE, reason: "Asked by telephone" };

const suppressionsOf = (service: { readonly id: string }) =>
  `/manage/services/${service.id}/suppressions`;

/** Suppresses the recipient of `textTo`. */
async function suppress(hark: TestApplication, service: { readonly id: string }, body = TEXT) {
  return await bodyOf(await hark.manage("POST", suppressionsOf(service), body), 201);
}

async function listOf(hark: TestApplication, service: { readonly id: string }, query = "") {
  return (await bodyOf(await hark.manage("GET", suppressionsOf(service) + query), 200))
    .suppressions;
}

Deno.test("POST /v2/notifications/sms: 400 for a suppressed recipient of the service, and sends nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const other = await newServiceWithTemplates(hark);
  const { live } = service.keys;
  const key = { "idempotency-key": "one" };
  const first = await bodyOf(await hark.as(live, "POST", SMS, textTo(service), key), 201);
  await suppress(hark, service);
  for (const phone_number of [PHONE, "+44 7700 900123", "447700900123"]) {
    const message = textTo(service, { phone_number });
    await assertError(
      await hark.as(live, "POST", SMS, message),
      400,
      "BadRequestError",
      OPTED_OUT,
    );
  }
  const refused2016 = await hark.as(live, "POST", SMS_2016, {
    to: PHONE,
    template: service.sms,
    personalisation: { name: "Ann" },
  });
  assert.equal((await bodyOf(refused2016, 400)).message, OPTED_OUT);
  const again = await bodyOf(await hark.as(live, "POST", SMS, textTo(service), key), 201);
  assert.equal(again.id, first.id, "a replay of an accepted request gets its answer");
  for (const [sender, phone_number] of [[service, "07700900124"], [other, PHONE]] as const) {
    const message = textTo(sender, { phone_number });
    await bodyOf(await hark.as(sender.keys.live, "POST", SMS, message), 201);
  }
  await bodyOf(await hark.as(live, "POST", EMAIL, emailTo(service)), 201);
  await hark.settle();
  assert.equal((await hark.sent()).length, 4, "the refused texts are not sent");
});

Deno.test("POST /v2/notifications/batch: refuses the items of suppressed recipients only", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await suppress(hark, service);
  const phones = [PHONE, "07700900124", PHONE];
  const notifications = phones.map((phone_number) => ({
    ...textTo(service, { phone_number }),
    type: "sms",
  }));
  const answer = await bodyOf(
    await hark.as(service.keys.live, "POST", "/v2/notifications/batch", { notifications }),
    200,
  );
  const text = JSON.stringify(answer);
  assert.equal(text.split(OPTED_OUT).length, 3, text);
  assert.ok(text.includes('"index":1,"status_code":201'), text);
  await hark.settle();
  assert.equal((await hark.sent()).length, 1);
});

Deno.test("a list: has an error in the row of a suppressed recipient, checked and uploaded", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await suppress(hark, service, { ...TEXT, recipient: "+447900900101" });
  const names = ["Ann", "Bob", ""];
  for (const query of [{ dry_run: "true" }, {}]) {
    const response = await upload(hark, service, csvOf(names), query);
    const body = await response.json();
    const report = body.report ?? body;
    assert.deepEqual(placesOf(report), [
      [3, "phone number", "recipient_suppressed"],
      [4, "name", "missing"],
    ]);
    assert.equal(report.errors[0].message, OPTED_OUT);
  }
  const rows = [["phone number", "name"], ["07900900101", "Bob"]];
  const bulk = await bodyOf(
    await hark.as(service.keys.live, "POST", "/v2/notifications/bulk", {
      name: "List",
      template_id: service.sms,
      rows,
    }),
    400,
  );
  assert.equal(
    bulk.errors[0].message,
    `Some rows have errors. Row 2 - \`phone number\`: ${OPTED_OUT}.`,
  );
});

Deno.test("a list: takes an address that stands for an outcome after its bounce, as a single send does", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const bad = "perm-fail@simulator.notify";
  assert.equal((await afterEmail(hark, service, bad, "live")).status, 201);
  await hark.settle();
  assert.equal((await listOf(hark, service)).length, 1);
  const bulk = {
    name: "List",
    template_id: service.email,
    rows: [["email address", "name", "item"], [bad, "Ann", "box"]],
  };
  for (const name of ["First", "Second"]) {
    const sent = { ...bulk, name };
    await bodyOf(await hark.as(service.keys.live, "POST", "/v2/notifications/bulk", sent), 201);
    await hark.settle();
  }
  const { notifications } = await bodyOf(
    await hark.as(service.keys.live, "GET", "/v2/notifications?include_jobs=true"),
    200,
  );
  assert.equal(notifications.length, 4);
  for (const { status } of notifications) assert.equal(status, "permanent-failure");
});

Deno.test("a job: sends its other rows when a recipient is suppressed after the upload", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const job = await bodyOf(
    await upload(hark, service, csvOf(["Ann", "Bob", "Cid"]), { start: "false" }),
    201,
  );
  await suppress(hark, service, { ...TEXT, recipient: "+447900900101" });
  const address = `/manage/services/${service.id}/jobs/${job.id}`;
  await hark.manage("POST", `${address}/start`);
  await hark.settle();
  const done = await bodyOf(await hark.manage("GET", address), 200);
  assert.equal(done.status, "finished", JSON.stringify(done));
  assert.equal((await hark.sent()).length, 2);
  const { notifications } = await bodyOf(
    await hark.manage("POST", `/manage/services/${service.id}/notifications/search`, {
      to: "07900900101",
    }),
    200,
  );
  assert.deepEqual(notifications.map(({ status }: { status: string }) => status), [
    "permanent-failure",
  ]);
  const { events } = await bodyOf(
    await hark.manage(
      "GET",
      `/manage/services/${service.id}/notifications/${notifications[0].id}/timeline`,
    ),
    200,
  );
  assert.equal(events.at(-1).code, "recipient-suppressed");
});

Deno.test("POST /api/notifications: refuses a suppressed address of a recipient", async () => {
  await using hark = await startRegistry();
  await hark.publish("sms:news", "News");
  await hark.publish("inbox:news", "News");
  await suppress(hark, { id: hark.registryServiceId }, {
    ...TEXT,
    recipient: "+380501234567",
  });
  const sent = await hark.send({
    notification: { templateName: "news", ignoreChannelPreferences: true },
    recipients: [
      byChannels([{ channel: "sms", phone: "+380501234567" }, { channel: "inbox" }]),
    ],
  });
  const text = JSON.stringify(sent);
  assert.ok(text.includes('"code":"recipient-suppressed"') && text.includes(OPTED_OUT), text);
  assert.equal(sent.notifications.length, 1, text);
});

Deno.test("/manage …/suppressions: adds, lists, shows, searches and lifts with a reason", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const address = suppressionsOf(service);
  const added = await suppress(hark, service);
  const { id, created_at, ...rest } = added;
  assert.match(id, UUID);
  assert.ok(Date.parse(created_at) > 0);
  assert.deepEqual(rest, {
    channel: "sms",
    recipient: "447700900123",
    because: "operator",
    reason: TEXT.reason,
    notification_id: null,
    lifted_at: null,
    lift_reason: null,
  });
  const repeated = await bodyOf(
    await hark.manage("POST", address, { ...TEXT, reason: "Other" }),
    200,
  );
  assert.deepEqual(repeated, added, "a repeated call changes nothing");
  assert.deepEqual(await listOf(hark, service), [added]);
  assert.deepEqual(await bodyOf(await hark.manage("GET", `${address}/${id}`), 200), added);
  const searched = { channel: "sms", recipient: "+447700900123" };
  const found = await bodyOf(await hark.manage("POST", `${address}/search`, searched), 200);
  assert.deepEqual(found.suppressions, [added]);
  const unknown = { channel: "email", recipient: "x@example.org" };
  const none = await bodyOf(await hark.manage("POST", `${address}/search`, unknown), 200);
  assert.deepEqual(none.suppressions, []);

  const lifted = await bodyOf(
    await hark.manage("DELETE", `${address}/${id}?reason=Signed+a+form`),
    200,
  );
  assert.deepEqual({ ...lifted, lifted_at: null }, { ...added, lift_reason: "Signed a form" });
  assert.ok(lifted.lifted_at !== null);
  assert.equal((await hark.manage("DELETE", `${address}/${id}?reason=Again`)).status, 409);
  assert.deepEqual(await listOf(hark, service), []);
  assert.deepEqual(await listOf(hark, service, "?state=lifted"), [lifted]);
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
  const back = await suppress(hark, service, { ...TEXT, reason: "Changed their mind" });
  assert.equal(back.lifted_at, null);
  await assertError(
    await hark.as(service.keys.live, "POST", SMS, textTo(service)),
    400,
    "BadRequestError",
    OPTED_OUT,
  );
});

Deno.test("/manage …/suppressions: refuses wrong input, other services' ids and other callers", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const other = await newServiceWithTemplates(hark);
  const address = suppressionsOf(service);
  const { id } = await suppress(hark, other);
  const wrong: readonly (readonly [string, string, unknown, number])[] = [
    ["POST", "", {}, 400],
    ["POST", "", { ...TEXT, reason: "" }, 400],
    ["POST", "", { ...TEXT, reason: "a\r\nb" }, 400],
    ["POST", "", { ...TEXT, reason: "x".repeat(256) }, 400],
    ["POST", "", { ...TEXT, recipient: "no number" }, 400],
    ["POST", "", { ...TEXT, recipient: "1".repeat(1_001) }, 400],
    ["POST", "", { ...TEXT, channel: "email" }, 400],
    ["POST", "", { ...TEXT, channel: "inbox" }, 400],
    ["POST", "", { ...TEXT, colour: "red" }, 400],
    ["POST", "/search", { channel: "sms", recipient: "no number" }, 400],
    ["POST", "/search", { ...TEXT }, 400],
    ["GET", "?colour=red", undefined, 400],
    ["GET", "?state=all", undefined, 400],
    ["GET", "?older_than=x", undefined, 400],
    ["GET", "/x", undefined, 404],
    ["GET", `/${NO_ID}`, undefined, 404],
    ["GET", `/${id}`, undefined, 404],
    ["DELETE", `/${id}?reason=Mine`, undefined, 404],
    ["DELETE", `/${NO_ID}?reason=None`, undefined, 404],
    ["DELETE", `/${id}`, undefined, 400],
    ["DELETE", `/${id}?reason=`, undefined, 400],
    ["DELETE", `/${id}?reason=x&colour=red`, undefined, 400],
  ];
  for (const [method, path, body, status] of wrong) {
    const label = `${method} ${path} ${JSON.stringify(body)}`.slice(0, 200);
    const answer = await bodyOf(await hark.manage(method, address + path, body), status, label);
    assert.ok(!JSON.stringify(answer).includes("7700900123"), label);
  }
  assert.equal((await hark.request(address)).status, 401);
  assert.equal((await hark.as(service.keys.live, "GET", address)).status, 401);
  assert.deepEqual(await listOf(hark, service), []);
  assert.equal((await listOf(hark, other)).length, 1, "nothing was changed");
  assert.ok(!JSON.stringify(await hark.log()).includes("7700900123"));
});

Deno.test("GET /manage …/suppressions: gives 250 a page, newest first, each once", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  for (let at = 0; at < 251; at++) {
    // Several of one time, so that the ids decide.
    if (at % 3 === 0) clock.advance(SECOND);
    const recipient = `077009${String(10_000 + at)}`;
    await suppress(hark, service, { ...TEXT, recipient });
  }
  const ids: string[] = [];
  let next = suppressionsOf(service);
  const sizes: number[] = [];
  for (;;) {
    const page = await bodyOf(await hark.manage("GET", next), 200);
    sizes.push(page.suppressions.length);
    ids.push(...page.suppressions.map((each: { id: string }) => each.id));
    if (page.links.next === undefined) break;
    next = page.links.next;
  }
  assert.deepEqual(sizes, [250, 1]);
  assert.equal(new Set(ids).size, 251);
});

Deno.test("POST /manage …/suppressions: 409 when the service has the most to add to", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const fill = (count: number) =>
    hark.db.write([{
      sql: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
        INSERT INTO suppressions (service_id, recipient_hash, channel, id, because, created_at)
        SELECT ?1, randomblob(16), 'email', randomblob(16), 'hard-bounce', i FROM n`,
      args: [idBytes(service.id), count],
    }]);
  await fill(MAX_SUPPRESSIONS_FOR_ADDING - 1);
  await suppress(hark, service);
  const refused = await hark.manage("POST", suppressionsOf(service), {
    ...TEXT,
    recipient: "07700900124",
  });
  assert.match((await bodyOf(refused, 409)).detail, /100000 suppressions/);
  await bodyOf(await hark.manage("POST", suppressionsOf(service), TEXT), 200, "it is there");
});

/** Ends an e-mail to a simulated address, and returns the answer to the next. */
async function afterEmail(
  hark: TestApplication,
  service: ServiceWithTemplates,
  email_address: string,
  kind: "live" | "test",
): Promise<Response> {
  const key = service.keys[kind];
  await bodyOf(await hark.as(key, "POST", EMAIL, emailTo(service, { email_address })), 201);
  await hark.settle();
  return await hark.as(service.keys.live, "POST", EMAIL, emailTo(service, { email_address }));
}

Deno.test("an e-mail that bounces for good: suppresses its recipient; soft bounces, test keys and texts do not", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const [bad, soft] = ["perm-fail@simulator.notify", "temp-fail@simulator.notify"];
  assert.equal((await afterEmail(hark, service, bad, "test")).status, 201);
  await hark.settle();
  // An address that stands for an outcome has it each time.
  assert.equal((await afterEmail(hark, service, bad, "live")).status, 201);
  await hark.settle();
  assert.equal((await afterEmail(hark, service, soft, "live")).status, 201);
  const text = textTo(service, { phone_number: "07700900002" });
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, text), 201);
  await hark.settle();
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, text), 201);
  const [suppression, ...others] = await listOf(hark, service);
  assert.deepEqual(others, []);
  assert.equal(suppression.because, "hard-bounce");
  assert.equal(suppression.recipient, bad);
  assert.match(suppression.notification_id, UUID);
});
