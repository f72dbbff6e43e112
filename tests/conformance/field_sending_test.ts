/** Public bug reports about sending that did not befall Hark when they were tried; each name begins with the report. */
import assert from "node:assert/strict";
import { ADMIN_TOKEN, startTestApplication } from "../support/application.ts";
import { bodyOf, countOf, EMAIL, newServiceWithTemplates, SMS } from "../routes/support.ts";

async function start(settings: Readonly<Record<string, unknown>> = {}) {
  const hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false, ...settings });
  const text = (body: string) =>
    hark.newTemplate(service.id, { channel: "sms", name: `Text ${body}`, body });
  return {
    hark,
    service,
    text,
    live: service.keys.live,
    upload: async (template: string, body: string, query = "") => {
      const path = `/manage/services/${service.id}/jobs?template_id=${template}${query}`;
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "text/csv" };
      const answer = await hark.request(path, { method: "POST", headers, body });
      await hark.settle();
      return await bodyOf(answer, 201);
    },
    [Symbol.asyncDispose]: () => hark[Symbol.asyncDispose](),
  };
}

Deno.test("alphagov/notifications-utils#1222: a number with odd dashes and blanks is accepted", async () => {
  await using started = await start();
  const template_id = await started.text("Hello");
  for (const dash of ["\u2011", "\u2013", "\u2212", "\u00a0", "\u202f"]) {
    const message = { phone_number: `07700${dash}900${dash}123`, template_id };
    await bodyOf(await started.hark.as(started.live, "POST", SMS, message), 201);
  }
});

Deno.test("cds-snc/notification-api#2944: each of 300 rows of a list is sent once", async () => {
  await using started = await start();
  const rows = Array.from({ length: 300 }, (_, at) => `07900${String(at).padStart(6, "0")},${at}`);
  await started.upload(await started.text("V=((v))="), `phone number,v\n${rows.join("\n")}`);
  const texts = (await started.hark.sent()).map(({ text }) => text);
  assert.equal(texts.length, 300);
  assert.equal(new Set(texts).size, 300);
});

Deno.test("cds-snc/notification-api#2112: what is scheduled for tomorrow takes nothing of today's limit", async () => {
  await using started = await start({ daily_limits: { sms: 3 } });
  const template = await started.text("Hello");
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const rows = ["1", "2", "3"].map((last) => `0770090012${last}`).join("\n");
  await started.upload(template, `phone number\n${rows}`, `&scheduled_for=${tomorrow}`);
  const message = { phone_number: "07700900124", template_id: template };
  await bodyOf(await started.hark.as(started.live, "POST", SMS, message), 201);
});

Deno.test("novuhq/docs#202: ten requests at once with one idempotency key are one message", async () => {
  await using started = await start();
  const message = { phone_number: "07700900123", template_id: await started.text("Hello") };
  const send = async () => {
    const headers = { "idempotency-key": "one" };
    const answer = await started.hark.as(started.live, "POST", SMS, message, headers);
    return { status: answer.status, body: await answer.json() };
  };
  const answers = await Promise.all(Array.from({ length: 10 }, send));
  const ids = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
  await started.hark.settle();
  assert.equal(new Set(ids).size, 1);
  // The others say that the first is still being answered.
  assert.ok(answers.every(({ status }) => status === 201 || status === 409));
  assert.equal((await started.hark.sent()).length, 1);
});

Deno.test("usebruno/bruno#9230: long numbers keep all their digits", async () => {
  await using started = await start();
  const template_id = await started.text("((n)) ((list))");
  const body =
    `{"phone_number": "07700900123", "template_id": "${template_id}", "personalisation":` +
    ` {"n": 12345678901234567890, "list": [9007199254740993]}}`;
  const answer = await started.hark.as(started.live, "POST", SMS, body);
  const { content } = await bodyOf(answer, 201);
  assert.match(content.body, /12345678901234567890[^]*9007199254740993/);
});

Deno.test("Badgerati/Pode#1604: a JSON body may begin with a byte order mark", async () => {
  await using started = await start();
  const message = { phone_number: "07700900123", template_id: await started.text("Hello") };
  const body = `\ufeff${JSON.stringify(message)}`;
  await bodyOf(await started.hark.as(started.live, "POST", SMS, body), 201);
});

Deno.test("department-of-veterans-affairs/notification-api#2286: a value that only the subject needs is missed", async () => {
  await using started = await start();
  const template_id = await started.hark.newTemplate(started.service.id, {
    channel: "email",
    name: "Subject",
    subject: "Your ((ref))",
    body: "Hello",
  });
  const message = { email_address: "ann@example.com", template_id };
  const answer = await bodyOf(await started.hark.as(started.live, "POST", EMAIL, message), 400);
  assert.equal(answer.errors[0].message, "Missing personalisation: ref");
});

Deno.test("cds-snc/notification-api#760: an apostrophe in an address of a list is accepted", async () => {
  await using started = await start();
  const template = started.service.email;
  const row = "John.O'Brien@example.gov.uk,John,box";
  await started.upload(template, `email address,name,item\n${row}`);
  assert.deepEqual((await started.hark.sent()).map(({ to }) => to), [
    "john.o'brien@example.gov.uk",
  ]);
});

Deno.test("alphagov/notifications-python-client#54: 598 messages of one list are read in pages, each once", async () => {
  await using started = await start();
  const rows = Array.from({ length: 598 }, (_, at) => `07900${String(at).padStart(6, "0")}`);
  await started.upload(await started.text("Hello"), `phone number\n${rows.join("\n")}`);
  const ids: string[] = [];
  let path = "/v2/notifications?include_jobs=true";
  for (let page = 0; page < 5; page++) {
    const { notifications, links } = await bodyOf(
      await started.hark.as(started.live, "GET", path),
      200,
    );
    if (notifications.length === 0) break;
    ids.push(...notifications.map(({ id }: { readonly id: string }) => id));
    const next = new URL(links.next);
    path = next.pathname + next.search;
  }
  assert.equal(ids.length, 598);
  assert.equal(new Set(ids).size, 598);
});

Deno.test("SparkDevNetwork/Rock#7034: a scanner that opens a link to unsubscribe changes nothing", async () => {
  await using started = await start();
  const { hark, service, live } = started;
  const template_id = await hark.newTemplate(service.id, {
    channel: "email",
    name: "News",
    subject: "News",
    body: "Hello",
    unsubscribe_link: true,
  });
  await bodyOf(
    await hark.as(live, "POST", EMAIL, { email_address: "ann@example.com", template_id }),
    201,
  );
  await hark.settle();
  const [, link = ""] = /^<(.*)>$/.exec(
    (await hark.sent())[0]?.headers["List-Unsubscribe"] ?? "",
  ) ?? [];
  const { pathname } = new URL(link);
  for (const method of ["GET", "HEAD"]) {
    assert.equal((await hark.request(pathname, { method })).status, 200);
  }
  assert.equal(await countOf(hark, "unsubscribe_requests"), 0);
  assert.equal((await hark.request(pathname, { method: "POST" })).status, 200);
  assert.equal(await countOf(hark, "unsubscribe_requests"), 1);
});
