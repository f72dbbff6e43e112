import assert from "node:assert/strict";
import { ADMIN_TOKEN } from "../../support/application.ts";
import { extend } from "../../support/extend.ts";
import { bodyOf, callAt, HOUR, type MovableClock, movableClock, NOON } from "../support.ts";
import { byChannels, startRegistry, type TestRegistry } from "./support.ts";

const PATH = "/v2/notifications/inbox";

interface Localised extends TestRegistry {
  readonly clock: MovableClock;
  /** The id of a published template. */
  idOf(name: string): Promise<string>;
  /** Calls `/v2` with a live key of the registries' service, and returns the successful answer. */
  v2(path: string, body: unknown): Promise<ReturnType<typeof JSON.parse>>;
  /** The newest message of a person in each language. */
  read(person: string): Promise<Readonly<Record<string, string>>>;
}

/** An application where `hello` has two translations: one with the same placeholders, and one with a further one. */
async function startLocalised(): Promise<Localised> {
  const clock = movableClock();
  const hark = await startRegistry({ clock });
  await hark.publish("inbox:hello", "Вітаю ${name}");
  await hark.publish("inbox:hello-en", "Hello ${name}");
  await hark.publish("inbox:hello-de", "Hallo ${deName}");
  const key = await hark.newKey();
  const call = (method: string, path: string, body?: unknown) =>
    callAt(hark, clock, key, method, path, body);
  const settings = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", settings, { language: "uk" }), 200);
  const own: Omit<Localised, keyof TestRegistry> & Pick<Localised, "clock"> = {
    clock,
    async idOf(name) {
      const { templates } = await bodyOf(await call("GET", "/v2/templates"), 200);
      return templates.find((template: { name: string }) => template.name === name).id;
    },
    async v2(path, body) {
      const response = await call("POST", path, body);
      const text = await response.text();
      assert.ok(response.ok, text);
      return JSON.parse(text);
    },
    async read(person) {
      const shown: Record<string, string> = {};
      for (const language of ["uk", "en", "de"]) {
        const headers = { "accept-language": language };
        const path = "/api/notifications/inbox?limit=1";
        const response = await hark.citizen(person)("GET", path, undefined, headers);
        const [newest] = await bodyOf(response, 200);
        shown[language] = newest.message;
      }
      return shown;
    },
  };
  return extend(hark, own);
}

const own = (name: string) => ({ uk: `Вітаю ${name}`, en: `Hello ${name}`, de: `Вітаю ${name}` });
const all = (name: string) => ({ ...own(name), de: `Hallo ${name}` });

Deno.test("POST /v2/notifications/inbox: is shown in the reader's language when the values suffice", async () => {
  await using hark = await startLocalised();
  const template_id = await hark.idOf("hello");
  const send = (personalisation: Readonly<Record<string, string>>, fields = {}) =>
    hark.v2(PATH, { recipient_id: "olena", template_id, personalisation, ...fields });
  const { content } = await send({ name: "<b>" });
  assert.equal(content.body, "Вітаю &lt;b&gt;");
  await hark.settle();
  assert.deepEqual(await hark.read("olena"), own("&lt;b&gt;"));
  await send({ name: "Ann", deName: "Ann" });
  await hark.settle();
  assert.deepEqual(await hark.read("olena"), all("Ann"));
  // A newly published template is used at once, and accepted messages keep their content.
  const scheduled_for = new Date(NOON + HOUR).toISOString();
  await send({ name: "Later" }, { scheduled_for });
  await bodyOf(await hark.put("inbox:hello-en", { title: "T", content: "Hi ${name}" }), 200);
  await send({ name: "Bob" });
  await hark.settle();
  assert.deepEqual(await hark.read("olena"), { ...own("Bob"), en: "Hi Bob" });
  hark.clock.advance(HOUR);
  await hark.settle();
  assert.deepEqual(await hark.read("olena"), own("Later"));
});

Deno.test("POST /v2/notifications/inbox: is refused by the requested template only, not by its translations", async () => {
  await using hark = await startLocalised();
  const key = await hark.newKey("team");
  for (const [name, missing] of [["hello", "name"], ["hello-de", "deName"]] as const) {
    const body = { recipient_id: "olena", template_id: await hark.idOf(name) };
    const answer = await bodyOf(await callAt(hark, hark.clock, key, "POST", PATH, body), 400);
    assert.equal(answer.errors[0].message, `Missing personalisation: ${missing}`);
  }
});

Deno.test("POST /v2/notifications/inbox: a translation requested by id is sent alone", async () => {
  await using hark = await startLocalised();
  const template_id = await hark.idOf("hello-en");
  await hark.v2(PATH, { recipient_id: "olena", template_id, personalisation: { name: "Ann" } });
  await hark.settle();
  assert.deepEqual(
    await hark.read("olena"),
    { uk: "Hello Ann", en: "Hello Ann", de: "Hello Ann" },
  );
});

Deno.test("POST /v2/notifications/batch: each message is shown in the reader's language", async () => {
  await using hark = await startLocalised();
  await hark.publish("inbox:other", "Інше");
  await hark.publish("inbox:other-en", "Other");
  const [hello, other] = [await hark.idOf("hello"), await hark.idOf("other")];
  const to = (recipient_id: string, template_id: string, personalisation = {}) => ({
    type: "inbox",
    recipient_id,
    template_id,
    personalisation,
  });
  const { notifications } = await hark.v2("/v2/notifications/batch", {
    notifications: [
      to("one", hello, { name: "Ann" }),
      to("two", hello, { name: "Bob", deName: "Bob" }),
      to("three", other),
      to("four", hello),
    ],
  });
  assert.deepEqual(
    notifications.map((notification: { status_code: number }) => notification.status_code),
    [201, 201, 201, 400],
  );
  await hark.settle();
  assert.deepEqual(await hark.read("one"), own("Ann"));
  assert.deepEqual(await hark.read("two"), all("Bob"));
  assert.deepEqual(await hark.read("three"), { uk: "Інше", en: "Other", de: "Інше" });
});

Deno.test("POST /v2/notifications/bulk: is shown in the reader's language, with columns that only a translation uses", async () => {
  await using hark = await startLocalised();
  const template_id = await hark.idOf("hello");
  const rows = [["recipient id", "name", "de name"], ["one", "Ann", "Ann"], ["two", "Bob", ""]];
  await hark.v2("/v2/notifications/bulk", { name: "List", template_id, rows });
  await hark.settle();
  assert.deepEqual(await hark.read("one"), all("Ann"));
  assert.deepEqual(await hark.read("two"), own("Bob"));
});

Deno.test("POST …/jobs: a CSV's messages are shown in the reader's language, and translations require no column", async () => {
  await using hark = await startLocalised();
  const template_id = await hark.idOf("hello");
  const path = `/manage/services/${hark.registryServiceId}/jobs?template_id=${template_id}`;
  const upload = async (body: string, query = "") =>
    await bodyOf(
      await hark.request(path + query, {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "text/csv" },
        body,
      }),
      query === "" ? 201 : 200,
    );
  const list = "recipient id,name,deName,other\none,Ann,Ann,x\n";
  const report = await upload(list, "&dry_run=true");
  assert.deepEqual(report.unknown_columns, ["other"]);
  await upload(list);
  await upload("recipient id,name\ntwo,Bob\n");
  await hark.settle();
  assert.deepEqual(await hark.read("one"), all("Ann"));
  assert.deepEqual(await hark.read("two"), own("Bob"));
});

Deno.test("followUps: are sent in the message's language, while the inbox message is shown in the reader's", async () => {
  await using hark = await startLocalised();
  await hark.publish("email:hello", "Вітаю ${name}", { title: "Лист" });
  await hark.publish("email:hello-en", "Hello ${name}", { title: "Letter" });
  await hark.send({
    notification: {
      templateName: "hello",
      language: "en",
      ignoreChannelPreferences: true,
      followUps: [{ channel: "email", afterMinutes: 60 }],
    },
    recipients: [byChannels([{ channel: "inbox" }, { channel: "email", email: "o@example.com" }])],
  });
  await hark.settle();
  assert.deepEqual(await hark.read("olena"), {
    uk: "Вітаю Олена",
    en: "Hello Олена",
    de: "Hello Олена",
  });
  hark.clock.advance(HOUR);
  await hark.settle();
  const [mail, ...others] = await hark.sent();
  assert.deepEqual([mail?.subject, others], ["Letter", []]);
  assert.equal(mail?.headers["Content-Language"], "en");
});
