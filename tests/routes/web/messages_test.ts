/** The pages of messages: list, search, download, one message and what can be done with it. */
import assert from "node:assert/strict";
import type { Role } from "../../../domain/accounts/roles.ts";
import { MAX_FILTER_TEMPLATES } from "../../../routes/web/messages/filter_form.tsx";
import { MAX_TERM } from "../../../routes/web/messages/routes.tsx";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  ANN,
  CODE,
  createService,
  endOf,
  openClient,
  received,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";

const BOB = {
  name: "Bob",
  email: "bob@dept.gov.example",
  password: "seven quiet green lamps",
  mobile: "07900 900124",
} as const;
const NUMBER = "07900 900123";
const LATER = { scheduled_for: new Date(Date.now() + 3_600_000).toISOString() };

const start = () => startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });

/** A service with a template for texts and one for e-mails, and a key. */
interface Scene {
  readonly hark: TestApplication;
  readonly client: WebClient;
  readonly path: string;
  readonly serviceId: string;
  readonly sms: string;
  readonly email: string;
  send(kind: "sms" | "email", to: string, more?: Record<string, unknown>): Promise<string>;
}

async function openScene(hark: TestApplication): Promise<Scene> {
  const client = await registerPerson(hark);
  const path = await createService(client);
  const serviceId = path.replace("/services/", "");
  const live = await hark.manage("PATCH", `/manage/services/${serviceId}`, { mode: "live" });
  assert.equal(live.status, 200);
  await live.body?.cancel();
  const template = async (channel: string) =>
    await hark.newTemplate(serviceId, {
      channel,
      name: channel === "sms" ? "Reminder" : "Letter",
      ...channel === "email" ? { subject: "About ((name))" } : {},
      body: "Hello ((name)), <b>come</b> tomorrow",
    });
  const [sms, email] = [await template("sms"), await template("email")];
  const made = await client.post(`${path}/keys/new`, { name: "case system", kind: "live" });
  const key = /id="key">([^<]+)</.exec(made.text)?.[1] ?? "";
  return {
    ...{ hark, client, path, serviceId, sms, email },
    async send(kind, to, more = {}) {
      const body = {
        ...kind === "sms" ? { phone_number: to } : { email_address: to },
        template_id: kind === "sms" ? sms : email,
        personalisation: { name: "Olha" },
        ...more,
      };
      const answer = await hark.as(key, "POST", `/v2/notifications/${kind}`, body);
      assert.equal(answer.status, 201);
      return String((await answer.json()).id);
    },
  };
}

/** Adds Bob to the team with some roles, and signs him in. */
async function addBob({ hark, client, path }: Scene, roles: readonly Role[]): Promise<WebClient> {
  await client.post(`${path}/team/invite`, { email_address: BOB.email, roles });
  const link = await received(hark, BOB.email, /(\/invitations\/[\w-]+)/);
  const bob = openClient(hark);
  await bob.post(link, { name: BOB.name, password: BOB.password, mobile_number: BOB.mobile });
  const code = await received(hark, endOf(BOB.mobile), CODE);
  await bob.post("/sign-in/code", { code, return_to: link });
  await bob.post(link, {});
  return bob;
}

/** The ids of the messages that a page of the list shows. */
function listed(text: string): readonly string[] {
  const found = text.matchAll(/\/messages\/([0-9a-f-]{36})"/g);
  return Array.from(found, ([, id = ""]) => id);
}

/** Searches, and returns the page that the answer leads to. */
async function search(client: WebClient, path: string, fields: Record<string, string>) {
  const answer = await client.post(`${path}/messages`, fields);
  assert.equal(answer.status, 303);
  return { location: answer.location ?? "", page: await client.get(answer.location ?? "") };
}

Deno.test("GET …/messages: lists the messages, newest first, and filters them by the address", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  assert.match((await client.get(`${path}/messages`)).text, /No messages yet/);
  const first = await scene.send("sms", NUMBER);
  const second = await scene.send("email", "olha@example.org", { reference: "case 7" });
  const list = async (query = "") => listed((await client.get(`${path}/messages?${query}`)).text);
  assert.deepEqual(await list(), [second, first]);
  assert.deepEqual(await list("channel=sms"), [first]);
  assert.deepEqual(await list(`template=${scene.email}`), [second]);
  await hark.settle();
  const later = await scene.send("sms", NUMBER, LATER);
  assert.deepEqual(await list("state=waiting"), [later]);
  assert.deepEqual(await list(`older_than=${later}`), [second, first]);
  assert.deepEqual(await list(`newer_than=${first}`), [later, second]);
  assert.deepEqual(await list("state=delivered"), [second, first]);
  assert.deepEqual(await list("state=failed"), []);
  assert.deepEqual(await list("reason=no-report"), []);
  assert.deepEqual(await list("from=2020-01-01&to=2020-01-02"), []);
  // An unknown value filters nothing.
  assert.deepEqual(await list("state=nothing&channel=letter&from=tomorrow"), [
    later,
    second,
    first,
  ]);
  const none = await client.get(`${path}/messages?state=failed&channel=sms`);
  assert.match(none.text, /without “State: Failed”/);
  assert.match(none.text, /href="[^"]*\?channel=sms">/);
});

Deno.test("POST …/messages: finds a recipient or a reference, and neither is in any address", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const first = await scene.send("sms", NUMBER);
  const second = await scene.send("email", "olha@example.org", { reference: "case 7" });
  for (const term of ["07900900123", "+44 7900 900 123"]) {
    const { location, page } = await search(client, path, { by: "recipient", term });
    assert.deepEqual(listed(page.text), [first]);
    assert.ok(!location.includes("900123"));
  }
  const byReference = await search(client, path, { by: "reference", term: "case 7" });
  assert.deepEqual(listed(byReference.page.text), [second]);
  const other = await search(client, path, { by: "recipient", term: "somebody@example.org" });
  assert.match(other.page.text, /No message fits/);
  const kept = await search(client, path, {
    by: "recipient",
    term: NUMBER,
    filters: "channel=email",
  });
  assert.match(kept.location, /channel=email/);
  assert.deepEqual(listed(kept.page.text), []);
  // The token of another service opens nothing.
  const search1 = new URL(byReference.location, "http://h").searchParams.get("search") ?? "";
  const otherPath = await createService(client, "Other");
  const foreign = await client.get(`${otherPath}/messages?search=${search1}`);
  assert.match(foreign.text, /no longer valid/);
});

Deno.test("POST …/messages: says at the field what is wrong with a search", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const empty = await client.post(`${path}/messages`, { by: "recipient", term: " " });
  assert.equal(empty.status, 422);
  assert.match(empty.text, /Enter what to search for/);
  const longest = await client.post(`${path}/messages`, { term: "x".repeat(MAX_TERM) });
  assert.equal(longest.status, 303);
  const long = await client.post(`${path}/messages`, { term: "x".repeat(MAX_TERM + 1) });
  assert.equal(long.status, 422);
});

Deno.test("messages: a member without `view` and an operator who is no member see no recipient anywhere", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const id = await scene.send("sms", NUMBER, { reference: "case 7" });
  await hark.settle();
  const bob = await addBob(scene, ["templates", "manage"]);
  const term = await search(client, path, { by: "recipient", term: NUMBER });
  const pages = ["messages", "messages?state=delivered", "messages.csv", `messages/${id}`];
  for (const page of pages) {
    const seen = await client.get(`${path}/${page}`);
    assert.match(seen.text, /900123/, page);
    const { status, text } = await bob.get(`${path}/${page}`);
    assert.equal(status, 200, page);
    assert.ok(text.includes(id), page);
    assert.doesNotMatch(text, /900123|Olha|case 7/, page);
  }
  // A search answers as if there were none, also with a colleague's address.
  const own = await search(bob, path, { by: "recipient", term: NUMBER });
  const absent = await search(bob, path, { by: "recipient", term: "07900 900999" });
  const plain = (text: string) =>
    text.replaceAll(/search=[\w-]+/g, "").replaceAll(/value="[\w-]{60,}"/g, "");
  assert.equal(plain(own.page.text), plain(absent.page.text));
  const lent = await bob.get(term.location);
  assert.deepEqual(listed(lent.text), []);
  assert.equal((await bob.get(`${path}/messages/${id}/content`)).status, 403);
  for (const action of ["cancel", "resend", "suppress"]) {
    assert.equal((await bob.get(`${path}/messages/${id}/${action}`)).status, 403, action);
  }
  await hark.db.write([
    "UPDATE users SET is_operator = 1",
    "DELETE FROM memberships WHERE roles NOT LIKE '%view%'",
  ]);
  const list = await bob.get(`${path}/messages`);
  assert.deepEqual([list.status, listed(list.text)], [200, [id]]);
  assert.doesNotMatch(list.text, /900123/);
  assert.equal((await bob.get(`${path}/messages/${id}/content`)).status, 403);
});

Deno.test("GET …/messages: offers at most 50 templates, those of its messages and of the address first, and leads to the others", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path, serviceId, sms, email } = scene;
  const templatesIn = (text: string) => {
    const [, select = ""] = /<select id="template"[^>]*>(.*?)<\/select>/s.exec(text) ?? [];
    return Array.from(select.matchAll(/value="([0-9a-f-]{36})"/g), ([, id = ""]) => id);
  };
  async function add(from: number, to: number): Promise<void> {
    for (let number = from; number < to; number++) {
      await hark.newTemplate(serviceId, { channel: "sms", name: `Text ${number}`, body: "Hello" });
    }
  }
  await add(2, MAX_FILTER_TEMPLATES);
  const all = await client.get(`${path}/messages`);
  assert.equal(templatesIn(all.text).length, MAX_FILTER_TEMPLATES);
  assert.doesNotMatch(all.text, /open it among the templates/);
  await add(MAX_FILTER_TEMPLATES, MAX_FILTER_TEMPLATES + 2);
  const newest = await client.get(`${path}/messages`);
  assert.equal(templatesIn(newest.text).length, MAX_FILTER_TEMPLATES);
  assert.ok(!templatesIn(newest.text).includes(sms) && !templatesIn(newest.text).includes(email));
  assert.match(newest.text, /<a href="[^"]*\/templates">Another one: open it among the templates/);
  await scene.send("sms", NUMBER);
  const used = templatesIn((await client.get(`${path}/messages`)).text);
  assert.ok(used.includes(sms) && !used.includes(email));
  const chosen = await client.get(`${path}/messages?template=${email}`);
  assert.match(chosen.text, new RegExp(`value="${email}" selected`));
  assert.equal(templatesIn(chosen.text).length, MAX_FILTER_TEMPLATES);
  const { text } = await client.get(`${path}/templates/${email}`);
  assert.match(text, new RegExp(`/messages\\?template=${email}">Show its messages<`));
});

Deno.test("GET …/messages.csv: streams just the messages of the filters, with safe cells, and is audited", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  await scene.send("sms", NUMBER, { reference: "=HYPERLINK(1)" });
  await scene.send("email", "olha@example.org");
  await hark.settle();
  const csv = await client.get(`${path}/messages.csv?channel=sms`);
  assert.match(csv.headers.get("content-type") ?? "", /text\/csv/);
  const lines = csv.text.trim().split("\r\n");
  assert.match(lines[0] ?? "", /^id,accepted,channel,.*,recipient,reference$/);
  assert.equal(lines.length, 2);
  assert.match(
    lines[1] ?? "",
    /,sms,delivered,.*,Reminder,.*,case system,,07900 900123,'=HYPERLINK/,
  );
  assert.match((await client.get(`${path}/audit`)).text, /Downloaded a list of messages/);
});

Deno.test("GET …/messages/{id}: shows the message as it was sent and what happened", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const text = await scene.send("sms", NUMBER, { reference: "case 7" });
  const email = await scene.send("email", "olha@example.org");
  await hark.settle();
  const page = await client.get(`${path}/messages/${text}`);
  assert.match(page.text, /Vehicle tax: Hello Olha, &lt;b&gt;come/);
  assert.match(page.text, /Hark accepted the message/);
  assert.match(page.text, /Attempt 1: handed to sandbox/);
  assert.match(page.text, /case 7/);
  assert.match(page.text, /API key “case system”/);
  const frame = await client.get(`${path}/messages/${email}`);
  const [, src = ""] = /<iframe[^>]*src="([^"]+)"[^>]*sandbox=""/.exec(frame.text) ?? [];
  const content = await client.get(src.replaceAll("&amp;", "&"));
  assert.match(content.text, /Hello Olha/);
  const policy = content.headers.get("content-security-policy") ?? "";
  assert.match(policy, /sandbox; default-src 'none'/);
  assert.match(policy, /img-src data:;.*frame-ancestors 'self'/);
  assert.equal(content.headers.get("cross-origin-opener-policy"), null);
  assert.equal(content.headers.get("cache-control"), "no-store");
  assert.equal((await client.get(`${path}/messages/${text}/content`)).status, 404);
});

Deno.test("GET …/messages/{id}: a message of another service is 404, and one that would be deleted is said so", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const id = await scene.send("sms", NUMBER);
  const other = await createService(scene.client, "Other");
  assert.equal((await scene.client.get(`${other}/messages/${id}`)).status, 404);
  assert.equal((await scene.client.get(`${other}/messages/nothing`)).status, 404);
  const old = await scene.client.get(`${other}/messages/01800000-0000-7000-8000-000000000000`);
  assert.equal(old.status, 410);
  assert.match(old.text, /not here any more/);
});

Deno.test("POST …/messages/{id}/cancel: cancels what was not sent, once, with an audit entry", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const waits = await scene.send("sms", NUMBER, LATER);
  const done = await client.post(`${path}/messages/${waits}/cancel`, {});
  assert.equal(done.location, `${path}/messages/${waits}?done=cancelled`);
  assert.match((await client.get(done.location ?? "")).text, /The message was cancelled/);
  assert.equal((await client.post(`${path}/messages/${waits}/cancel`, {})).status, 303);
  const audit = (await client.get(`${path}/audit`)).text;
  assert.equal(audit.split(`data-label="What">Cancelled a message`).length, 2);
  const sent = await scene.send("sms", NUMBER);
  await hark.settle();
  const late = await client.post(`${path}/messages/${sent}/cancel`, {});
  assert.equal(late.status, 422);
  assert.match(late.text, /cannot be cancelled any more/);
});

Deno.test("POST …/messages/{id}/resend: sends a new message that names the first, once for a form", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const first = await scene.send("sms", NUMBER);
  await hark.settle();
  const form = await client.get(`${path}/messages/${first}/resend`);
  const [, id = ""] = /name="id" value="([^"]+)"/.exec(form.text) ?? [];
  const again = await client.post(`${path}/messages/${first}/resend`, { id });
  const twice = await client.post(`${path}/messages/${first}/resend`, { id });
  assert.equal(again.location, twice.location);
  const page = await client.get(again.location ?? "");
  assert.match(page.text, /The message was sent again/);
  assert.ok(page.text.includes(`/messages/${first}`));
  assert.match(page.text, /Ann Clerk/);
  assert.equal(listed((await client.get(`${path}/messages`)).text).length, 2);
});

Deno.test("POST …/messages/{id}/resend: a double click leads to the one new message", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const first = await scene.send("sms", NUMBER);
  await hark.settle();
  const form = await client.get(`${path}/messages/${first}/resend`);
  const [, id = ""] = /name="id" value="([^"]+)"/.exec(form.text) ?? [];
  const [, token = ""] = /name="csrf_token" value="([^"]+)"/.exec(form.text) ?? [];
  const post = () =>
    client.post(`${path}/messages/${first}/resend`, { id, csrf_token: token }, {
      from: "/services",
    });
  const answers = await Promise.all([post(), post(), post(), post()]);
  assert.deepEqual(answers.map(({ status }) => status), [303, 303, 303, 303]);
  assert.equal(new Set(answers.map(({ location }) => location)).size, 1);
  assert.equal(listed((await client.get(`${path}/messages`)).text).length, 2);
});

Deno.test("POST …/messages/{id}/suppress: sends the recipient no more, with a reason and an audit entry", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const id = await scene.send("sms", NUMBER);
  await hark.settle();
  const empty = await client.post(`${path}/messages/${id}/suppress`, { reason: " " });
  assert.equal(empty.status, 422);
  assert.match(empty.text, /Say why/);
  const done = await client.post(`${path}/messages/${id}/suppress`, { reason: "Moved away" });
  assert.equal(done.location, `${path}/messages/${id}?done=suppressed`);
  const again = await client.post(`${path}/messages/${id}/suppress`, { reason: "Moved away" });
  assert.match(again.location ?? "", /done=suppressedBefore/);
  const resent = await client.post(`${path}/messages/${id}/resend`, {});
  assert.equal(resent.status, 422);
  assert.match(resent.text, /does not send to this recipient/);
  assert.match((await client.get(`${path}/audit`)).text, /Stopped messages to a recipient/);
});

Deno.test("messages: an archived service shows and searches its messages, and changes none", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path, serviceId } = scene;
  const id = await scene.send("sms", NUMBER);
  const cancel = await client.get(`${path}/messages/${id}/cancel`);
  assert.equal(cancel.status, 200);
  const archived = await hark.manage("PATCH", `/manage/services/${serviceId}`, { active: false });
  await archived.body?.cancel();
  const { page } = await search(client, path, { by: "recipient", term: ANN.mobile });
  assert.deepEqual(listed(page.text), [id]);
  assert.equal((await client.post(`${path}/messages/${id}/cancel`, {})).status, 403);
});

Deno.test("GET /services/{id}: counts what became of the messages, each number a link to its list", async () => {
  await using hark = await start();
  const scene = await openScene(hark);
  const { client, path } = scene;
  const empty = await client.get(path);
  assert.ok(!empty.text.includes("chart-title") && empty.text.includes("First steps"));
  const id = await scene.send("sms", NUMBER);
  await scene.send("email", "olha@example.org");
  await scene.send("sms", NUMBER, LATER);
  await hark.settle();
  const failed = await scene.send("sms", NUMBER);
  await hark.settle();
  // A failure with a provider's code, as its receipt brings it.
  await hark.db.write([
    `UPDATE statistics SET outcome = 'failed twilio:30005' WHERE outcome = 'delivered'
      AND channel = 'sms'`,
    `UPDATE service_days SET outcome = 'failed twilio:30005' WHERE outcome = 'delivered'
      AND channel = 'sms'`,
    `UPDATE notifications SET status = 'permanent-failure', counted_as = 'failed twilio:30005'
      WHERE channel = 'sms' AND status = 'delivered'`,
  ]);
  const { text } = await client.get(path);
  const today = new Date().toISOString().slice(0, 10);
  const link = (state: string) => new RegExp(`\\?${state}from=${today}">(\\d+)<`).exec(text)?.[1];
  assert.equal(link("state=failed&amp;"), "2");
  assert.equal(link("state=delivered&amp;"), "1");
  assert.equal(link(""), "4");
  assert.match(text, /Waiting for a later time: 1/);
  assert.match(text, /Wrong number or address<\/a>.*Ask the person for the right one/);
  assert.match(text, /<svg viewBox[^>]*role="img"/);
  assert.ok(!text.includes("style="));
  assert.match(text, /<a[^>]*>Reminder<\/a><span>3 messages/);
  const [, reason = ""] = /href="([^"]*reason=wrong-recipient[^"]*)"/.exec(text) ?? [];
  const list = await client.get(reason.replaceAll("&amp;", "&"));
  assert.deepEqual(listed(list.text), [failed, id]);
  const one = await client.get(`${path}/messages/${id}`);
  assert.match(one.text, /<b>Wrong number or address\.<\/b>/);
  assert.match(one.text, /<code>twilio:30005<\/code>/);
});
