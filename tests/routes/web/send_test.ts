import assert from "node:assert/strict";
import { MAX_REFERENCE } from "../../../domain/jobs/row_errors.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  ANN,
  createService,
  type Fields,
  type PageAnswer,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";
import { bodyOf, type MovableClock, movableClock } from "../support.ts";

const TEXT = "Dear ((name)), your ((item)) is ready.";
const BOB = "07900 900456";

interface Sending {
  readonly hark: TestApplication;
  readonly client: WebClient;
  readonly serviceId: string;
  readonly templateId: string;
  /** The address of the form. */
  readonly path: string;
  /** Sends the form, with valid fields but for the given ones. */
  fill(fields?: Fields, client?: WebClient): Promise<PageAnswer>;
  /** The messages of the service, newest first. */
  stored(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Changes the service's settings. */
  change(settings: Readonly<Record<string, unknown>>): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A person of a service in trial mode, with a text template of two placeholders. */
async function startSending(
  { clock, template = {} }: {
    readonly clock?: MovableClock;
    readonly template?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<Sending> {
  const hark = await startTestApplication({
    ...(clock === undefined ? {} : { clock }),
    environment: { REGISTRATION_DOMAINS: "*" },
  });
  const client = await registerPerson(hark);
  const service = await createService(client);
  const serviceId = service.split("/").at(-1) ?? "";
  const templateId = await hark.newTemplate(serviceId, {
    channel: "sms",
    name: "Ready",
    body: TEXT,
    ...template,
  });
  const path = `${service}/templates/${templateId}/send`;
  return {
    hark,
    client,
    serviceId,
    templateId,
    path,
    fill: (fields = {}, sender = client) =>
      sender.post(path, {
        to: ANN.mobile,
        value_0: "Ann",
        value_1: "card",
        when: "now",
        step: "check",
        ...fields,
      }),
    async stored() {
      const list = await hark.manage("GET", `/manage/services/${serviceId}/notifications`);
      return (await bodyOf(list, 200)).notifications;
    },
    async change(settings) {
      await bodyOf(await hark.manage("PATCH", `/manage/services/${serviceId}`, settings), 200);
    },
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

/** The text of the page's content, without tags. */
function shown({ text }: PageAnswer): string {
  const main = /<main[^]*<\/main>/.exec(text)?.[0] ?? "";
  return main.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ").replaceAll("&#39;", "'");
}

/** The value of a hidden field. */
function hidden({ text }: PageAnswer, name: string): string {
  const main = /<main[^]*<\/main>/.exec(text)?.[0] ?? "";
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(main)?.[1] ?? "";
}

Deno.test("pages of sending: a person writes to one recipient, checks the message and sends it", async () => {
  await using sending = await startSending();
  const { hark, client, serviceId, path, fill, stored } = sending;
  const choose = await client.get(`/services/${serviceId}/send`);
  assert.match(choose.text, new RegExp(`href="${path}"`));
  const form = await client.get(path);
  assert.match(shown(form), /Send “Ready”.*Mobile number.*name.*item/);
  assert.match(shown(form), /In trial mode/);

  const checked = await fill({ reference: "case 17" });
  assert.equal(checked.status, 200);
  assert.match(shown(checked), /Vehicle tax: Dear Ann, your card is ready\./);
  assert.match(shown(checked), /07900 900123.*At once.*case 17.*paid for as 1 text message/);
  assert.deepEqual(await stored(), []);

  const id = hidden(checked, "id");
  const sent = await fill({ reference: "case 17", step: "send", id });
  assert.equal(sent.status, 303);
  await hark.settle();
  const [message, ...others] = await stored();
  assert.deepEqual(others, []);
  assert.equal(sent.location, `/services/${serviceId}/sent/${message?.id}`);
  assert.deepEqual(
    [message?.status, message?.reference, message?.key_kind, message?.resent_from],
    ["delivered", "case 17", "live", null],
  );
  const result = await client.get(sent.location ?? "");
  assert.match(shown(result), /Your message is on its way.*07900 900123.*Delivered.*case 17/);
});

Deno.test("pages of sending: the message carries its author, which no API shows", async () => {
  await using sending = await startSending();
  const { hark, fill, serviceId } = sending;
  await fill({ step: "send" });
  const rows = await hark.db.read([
    `SELECT u.id = n.author_id AS is_author FROM notifications AS n, users AS u
      WHERE n.service_id = unhex('${serviceId.replaceAll("-", "")}')`,
  ]);
  assert.deepEqual(rows[0]?.rows.map(({ is_author }) => is_author), [1]);
  const [user] = (await hark.db.read(["SELECT lower(hex(id)) AS id FROM users"]))[0]?.rows ?? [];
  const list = await hark.manage("GET", `/manage/services/${serviceId}/notifications`);
  const text = (await list.text()).replaceAll("-", "");
  assert.ok(!text.includes(String(user?.["id"])) && !text.includes("author"));
});

Deno.test("pages of sending: a double click, Back and another try send once", async () => {
  await using sending = await startSending();
  const { client, path, fill, stored } = sending;
  const id = hidden(await client.get(path), "id");
  const both = await Promise.all([fill({ step: "send", id }), fill({ step: "send", id })]);
  assert.deepEqual(both.map(({ status }) => status), [303, 303]);
  assert.equal(both[0]?.location, both[1]?.location);
  assert.equal((await fill({ step: "send", id })).location, both[0]?.location);
  assert.equal((await stored()).length, 1);
  // Back, and another name: the page says so, and a second message can be meant.
  const changed = await fill({ step: "send", id, value_0: "Bob" });
  assert.equal(changed.status, 422);
  assert.match(shown(changed), /A message was sent from this form already/);
  const next = hidden(changed, "id");
  assert.notEqual(next, id);
  assert.equal((await fill({ step: "send", id: next, value_0: "Bob" })).status, 303);
  assert.equal((await stored()).length, 2);
});

Deno.test("pages of sending: what a field lacks is said at the field, and nothing is sent", async () => {
  await using sending = await startSending();
  const { fill, stored } = sending;
  const cases: readonly (readonly [Fields, string, RegExp])[] = [
    [{ to: " " }, "to", /Enter a mobile number/],
    [{ to: "nobody" }, "to", /not a mobile number/],
    [{ to: BOB }, "to", /In trial mode you can only send/],
    [{ to: "07700 900000" }, "to", /for tests of the API/],
    [{ value_1: "" }, "value_1", /Enter a value for “item”/],
    [{ when: "later" }, "date", /Enter a date/],
    [{ when: "later", date: "2031-02-30", time: "09:00" }, "date", /Enter a date/],
    [{ when: "later", date: "2031-02-28", time: "25:00" }, "time", /Enter a time/],
    [{ when: "later", date: "2020-02-28", time: "09:00" }, "date", /still to come/],
    [{ when: "later", date: "2099-02-28", time: "09:00" }, "date", /at most 30 days ahead/],
    [{ reference: "x".repeat(MAX_REFERENCE + 1) }, "reference", /1,000 characters or fewer/],
  ];
  for (const step of ["check", "send"]) {
    for (const [fields, field, message] of cases) {
      const answer = await fill({ ...fields, step });
      const label = `${step} ${JSON.stringify(fields).slice(0, 80)}`;
      assert.equal(answer.status, 422, label);
      assert.match(shown(answer), message, label);
      assert.match(answer.text, new RegExp(`<a href="#${field}">`), label);
      assert.match(answer.text, new RegExp(`id="${field}-fault"`), label);
    }
  }
  assert.deepEqual(await stored(), []);
  assert.equal((await fill({ reference: "x".repeat(MAX_REFERENCE) })).status, 200);
});

Deno.test("pages of sending: says why a suppressed recipient may not be sent to", async () => {
  await using sending = await startSending();
  const { hark, serviceId, fill, stored } = sending;
  const added = await hark.manage("POST", `/manage/services/${serviceId}/suppressions`, {
    channel: "sms",
    recipient: ANN.mobile,
    reason: "asked",
  });
  await bodyOf(added, 201);
  for (const step of ["check", "send"]) {
    const answer = await fill({ step });
    assert.equal(answer.status, 422);
    assert.match(shown(answer), /Your team stopped messages to this recipient/);
  }
  assert.deepEqual(await stored(), []);
});

Deno.test("pages of sending: says when the day's limit is used up, and takes nothing of it by checking", async () => {
  await using sending = await startSending();
  const { fill, change } = sending;
  await change({ daily_limits: { sms: 1 } });
  for (let time = 0; time < 3; time++) assert.equal((await fill()).status, 200);
  assert.equal((await fill({ step: "send" })).status, 303);
  const answer = await fill();
  assert.equal(answer.status, 429);
  assert.match(shown(answer), /The day’s limit of 1 messages is used up/);
});

Deno.test("pages of sending: a template that was changed or archived meanwhile stops the form, which keeps what was typed", async () => {
  await using sending = await startSending();
  const { hark, client, serviceId, templateId, path, fill, stored } = sending;
  const template = `/manage/services/${serviceId}/templates/${templateId}`;
  const checked = await fill();
  const fields = {
    id: hidden(checked, "id"),
    version: hidden(checked, "version"),
    placeholder_0: "name",
    placeholder_1: "item",
  };
  const changed = await hark.manage("PUT", template, { body: "((item)) for ((NAME)) on ((date))" });
  await bodyOf(changed, 200);
  const refused = await fill({ ...fields, step: "send" });
  assert.equal(refused.status, 422);
  assert.match(shown(refused), /The template was changed meanwhile/);
  assert.match(refused.text, /value="card"/);
  assert.equal(hidden(refused, "version"), "2");
  assert.deepEqual(
    [0, 1, 2].map((index) => hidden(refused, `placeholder_${index}`)),
    ["item", "NAME", "date"],
  );
  const again = await fill({ value_0: "card", value_1: "Ann", value_2: "1 May" });
  assert.match(shown(again), /card for Ann on 1 May/);

  await bodyOf(await hark.manage("DELETE", template), 204);
  const archived = await client.post(path, { ...fields, version: "2", step: "send" }, {
    from: `/services/${serviceId}/send`,
    without: [],
  });
  assert.equal(archived.status, 422);
  assert.match(shown(archived), /The template was archived meanwhile/);
  assert.equal((await client.get(path)).status, 404);
  assert.deepEqual(await stored(), []);
});

Deno.test("pages of sending: schedules a message by the clocks of the service's zone", async () => {
  const clock = movableClock(Date.UTC(2026, 9, 20, 12));
  await using sending = await startSending({ clock });
  const { client, fill, stored, change } = sending;
  await change({ time_zone: "Europe/Kyiv" });
  const form = await client.get(sending.path);
  assert.match(shown(form), /By the clocks of Europe\/Kyiv/);
  const plain = { when: "later", date: "2026-10-21", time: "09:00" };
  const unsure = await fill({ ...plain, when: "now" });
  assert.equal(unsure.status, 422);
  assert.match(unsure.text, /href="#when">You entered a day or a time/);
  const checked = await fill(plain);
  assert.match(shown(checked), /21 Oct 2026, 09:00/);
  assert.match(shown(checked), /Schedule it/);
  const sent = await fill({ ...plain, step: "send" });
  assert.match(shown(await client.get(sent.location ?? "")), /Your message is scheduled/);
  // The clocks are put back from 04:00 to 03:00 on 25 October 2026.
  const twice = { when: "later", date: "2026-10-25", time: "03:30" };
  const asked = await fill(twice);
  assert.equal(asked.status, 422);
  assert.match(shown(asked), /show this time twice/);
  assert.match(asked.text, /<a href="#fold">/);
  await fill({ ...twice, fold: "first", step: "send" });
  await fill({ ...twice, fold: "second", step: "send" });
  assert.deepEqual((await stored()).map(({ scheduled_for }) => scheduled_for), [
    "2026-10-25T01:30:00.000Z",
    "2026-10-25T00:30:00.000Z",
    "2026-10-21T06:00:00.000Z",
  ]);
});

Deno.test("pages of sending: a time that the clocks skip does not exist", async () => {
  const clock = movableClock(Date.UTC(2026, 2, 25, 12));
  await using sending = await startSending({ clock });
  await sending.change({ time_zone: "Europe/Kyiv" });
  const skipped = await sending.fill({ when: "later", date: "2026-03-29", time: "03:30" });
  assert.equal(skipped.status, 422);
  assert.match(shown(skipped), /This time does not exist on that day/);
  const last = { when: "later", date: "2026-04-24", step: "check" };
  assert.equal((await sending.fill({ ...last, time: "15:00" })).status, 200);
  assert.equal((await sending.fill({ ...last, time: "15:01" })).status, 422);
});

Deno.test("pages of sending: says until when quiet hours hold the message", async () => {
  const clock = movableClock(Date.UTC(2026, 4, 14, 22));
  await using sending = await startSending({ clock });
  await sending.change({ time_zone: "UTC", quiet_hours: { start: "21:00", end: "08:00" } });
  assert.match(
    shown(await sending.fill()),
    /Quiet hours hold it back: it is sent on 15 May 2026, 08:00/,
  );
  const later = await sending.fill({ when: "later", date: "2026-05-15", time: "12:00" });
  assert.ok(!shown(later).includes("Quiet hours"));
});

Deno.test("pages of sending: an e-mail is shown as it is sent, and a condition is a choice", async () => {
  await using sending = await startSending({
    template: {
      channel: "email",
      name: "Letter",
      subject: "Hello ((name))",
      body: "Dear ((name)),\n\n((late??You are late.))\n\nBring <b>it</b>.",
    },
  });
  const { client, path, fill } = sending;
  const form = await client.get(path);
  assert.match(form.text, /<input type="radio" id="value_1" name="value_1" value="yes"/);
  const checked = await fill({ to: ANN.email, value_1: "no" });
  assert.match(shown(checked), /Hello Ann.*Dear Ann,/);
  assert.ok(!shown(checked).includes("You are late"));
  assert.ok(!checked.text.includes("<b>it</b>"));
  assert.match(shown(await fill({ to: ANN.email, value_1: "yes" })), /You are late/);
  const names = { placeholder_0: "name", placeholder_1: "late" };
  const fields = { ...names, value_0: "<i>Ann</i>", value_1: "yes" };
  const mail = await client.post(`${path}/mail`, fields, { from: path });
  assert.match(mail.text, /You are late\./);
  assert.ok(!mail.text.includes("<i>"));
  assert.match(mail.headers.get("content-security-policy") ?? "", /sandbox; default-src 'none'/);
  assert.equal((await fill({ to: ANN.email, value_1: "no", step: "send" })).status, 303);
});

Deno.test("pages of sending: an archived service is read only", async () => {
  await using sending = await startSending();
  const { client, path, fill, change } = sending;
  const sent = await fill({ step: "send" });
  await change({ active: false });
  for (const address of [path, sent.location ?? ""]) {
    const page = await client.get(address);
    assert.equal(page.status, 200, address);
    assert.match(shown(page), /it sends nothing/);
  }
  assert.equal((await fill({ step: "send" })).status, 403);
});

Deno.test("pages of sending: the page of a sent message is for its author and those who may see messages", async () => {
  await using sending = await startSending();
  const { hark, client, serviceId, fill } = sending;
  const sent = (await fill({ step: "send" })).location ?? "";
  const id = sent.split("/").at(-1);
  await hark.db.write(["UPDATE users SET is_operator = 1"]);
  const other = await createService(client, "Parking");
  const elsewhere = `${other}/sent/${id}`;
  assert.equal((await client.get(elsewhere)).status, 404);
  await hark.db.write([
    "UPDATE memberships SET roles = '[]'",
    "UPDATE notifications SET author_id = NULL",
  ]);
  const page = await client.get(sent);
  assert.equal(page.status, 404);
  assert.ok(!page.text.includes(ANN.mobile));
  assert.equal((await client.get(`/services/${serviceId}/sent/x`)).status, 404);
});

Deno.test("pages of sending: search finds templates by name", async () => {
  await using sending = await startSending();
  const { client, serviceId, hark } = sending;
  await hark.newTemplate(serviceId, { channel: "sms", name: "Нагадування", body: "x" });
  const path = `/services/${serviceId}/send`;
  const found = await client.get(`${path}?name=${encodeURIComponent("НАГАД")}`);
  assert.match(shown(found), /Нагадування/);
  assert.ok(!shown(found).includes("Ready"));
  assert.match(shown(await client.get(`${path}?name=none`)), /No template has this name/);
});

Deno.test("pages of sending: a form without its id sends nothing", async () => {
  await using sending = await startSending();
  assert.equal((await sending.fill({ step: "send", id: "x" })).status, 403);
  assert.deepEqual(await sending.stored(), []);
});
