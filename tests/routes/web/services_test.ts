import assert from "node:assert/strict";
import { RECENT_MS } from "../../../routes/web/access.ts";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_messages.ts";
import { startTestApplication } from "../../support/application.ts";
import {
  ANN,
  CODE,
  createService,
  endOf,
  openClient,
  received,
  registerPerson,
} from "../../support/web_client.ts";
import { clockFromNow } from "../support.ts";

const BOB = {
  name: "Bob",
  email: "bob@dept.gov.example",
  password: "seven quiet green lamps",
  mobile: "07900 900124",
} as const;

function start(options: Parameters<typeof startTestApplication>[0] = {}) {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" }, ...options });
}

Deno.test("POST /services/new: creates one service when the form is sent twice", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const page = await client.get("/services/new");
  const [, id = ""] = /name="id" value="([^"]+)"/.exec(page.text) ?? [];
  const fields = { id, name: "Vehicle tax", purpose: "Reminders", channels: ["sms"] };
  const first = await client.post("/services/new", fields);
  const second = await client.post("/services/new", fields);
  assert.deepEqual([first.location, second.location], [`/services/${id}`, `/services/${id}`]);
  const list = await client.get("/services");
  assert.equal(list.text.split("Vehicle tax").length, 2);
  const { services } = await (await hark.manage("GET", "/manage/services")).json();
  assert.deepEqual(
    services.map((one: { name: string; mode: string; channels: unknown }) => [
      one.name,
      one.mode,
      one.channels,
    ]),
    [["Vehicle tax", "trial", ["sms"]]],
  );
});

Deno.test("POST /services/new: names of every kind are shown as they were typed", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const names = ["<script>alert(1)</script>", "x".repeat(255), "🚗 Tax", "ضريبة", "a & \"b\" 'c'"];
  for (const name of names) {
    const path = await createService(client, name);
    const page = await client.get(path);
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.text, /<script>alert/);
    const escaped = name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
    assert.ok(page.text.includes(escaped), name);
  }
});

Deno.test("POST /services/new: refuses empty, long and broken names at their field", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  for (
    const [name, message] of [
      ["  ", "Enter the name of the service"],
      ["\u200b\u2060", "Enter the name of the service"],
      ["x".repeat(256), "255 characters or fewer"],
      ["a\u0000b", "one line of text"],
      ["Tax\u202eecivres", "has invisible characters"],
      ["Tax\u2069", "has invisible characters"],
    ] as const
  ) {
    const page = await client.post("/services/new", { name, channels: ["sms"] });
    assert.equal(page.status, 422);
    assert.ok(page.text.includes(message), message);
  }
  const none = await client.post("/services/new", { name: "Tax" });
  assert.match(none.text, /Choose text messages, emails or both/);
});

Deno.test("/services/{id}: a service of others is answered 404, whatever the page", async () => {
  await using hark = await start();
  const path = await createService(await registerPerson(hark));
  const stranger = await registerPerson(hark, BOB);
  for (const page of ["", "/team", "/guests", "/keys", "/keys/new", "/audit", "/team/invite"]) {
    assert.equal((await stranger.get(`${path}${page}`)).status, 404, page);
    const post = await stranger.post(`${path}${page}`, {}, { from: "/services" });
    assert.equal(post.status, 404, page);
  }
});

Deno.test("/services/{id}: an archived service is read only", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  await hark.manage("PATCH", `/manage${path}`, { active: false });
  assert.match((await client.get(path)).text, /This service is archived/);
  const changed = await client.post(`${path}/guests`, { email_addresses: "a@b.example" });
  assert.equal(changed.status, 403);
});

Deno.test("POST …/keys/new: shows the key once; the form sent again offers to revoke it", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const form = await client.get(`${path}/keys/new`);
  const [, id = ""] = /name="id" value="([^"]+)"/.exec(form.text) ?? [];
  const fields = { id, name: "case system", kind: "test" };
  const made = await client.post(`${path}/keys/new`, fields);
  assert.equal(made.headers.get("cache-control"), "no-store");
  const [, key = ""] = /id="key">([^<]+)</.exec(made.text) ?? [];
  assert.match(key, /^case_system-[0-9a-f-]{36}-[0-9a-f-]{36}$/);
  assert.equal((await hark.as(key, "GET", "/v2/templates")).status, 200);
  const again = await client.post(`${path}/keys/new`, fields);
  assert.match(again.text, /This key was created before/);
  assert.ok(!again.text.includes(key));
  assert.ok(!(await client.get(`${path}/keys`)).text.includes(key.slice(-36)));
  const past = { name: "Old", kind: "test", last_day: "2020-01-01" };
  assert.match((await client.post(`${path}/keys/new`, past)).text, /Enter a day from today on/);
  const late = { name: "Late", kind: "test", last_day: "2099-12-31" };
  assert.match((await client.post(`${path}/keys/new`, late)).text, /Your API key/);
  assert.match((await client.get(`${path}/keys`)).text, /31 Dec 2099/);
  const taken = await client.post(`${path}/keys/new`, { name: "Case System", kind: "test" });
  assert.match(taken.text, /A key in use has this name/);

  assert.match((await client.get(`${path}/keys`)).text, /<bdi>Ann Clerk<\/bdi>/);

  const revoked = await client.post(`${path}/keys/${id}/revoke`, {});
  assert.equal(revoked.location, `${path}/keys`);
  assert.equal((await hark.as(key, "GET", "/v2/templates")).status, 403);
  assert.match((await client.get(`${path}/keys`)).text, /Revoked/);
  const log = await client.get(`${path}/audit`);
  assert.match(log.text, /Created an API key[^]*|Revoked an API key/);
});

Deno.test("GET …/keys: says who created each key, a person or a program", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const made = await hark.manage("POST", `/manage${path}/keys`, { name: "nightly", kind: "test" });
  assert.equal(made.status, 201);
  await made.body?.cancel();
  const page = await client.get(`${path}/keys`);
  assert.match(page.text, /<bdi>Management API<\/bdi>/);
  assert.doesNotMatch(page.text, /<bdi>Ann Clerk<\/bdi>/);
  await hark.db.write([{ sql: "DELETE FROM audit_log", args: [] }]);
  assert.match((await client.get(`${path}/keys`)).text, /<bdi>Creator not recorded<\/bdi>/);
});

Deno.test("…/keys/new: the sample call for a terminal works", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const made = await client.post(`${path}/keys/new`, { name: "terminal", kind: "test" });
  const [, escaped = ""] = /<code id="curl">([^<]+)</.exec(made.text) ?? [];
  const command = escaped.replaceAll("&quot;", '"').replaceAll("&#39;", "'");
  // Only the token is made here: this application has no socket.
  const script = command.replace(/curl -sS[^]*$/, 'printf %s "$HEAD.$BODY.$SIGN"');
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script] }).output();
  const answer = await hark.request("/v2/templates", {
    headers: { Authorization: `Bearer ${new TextDecoder().decode(stdout)}` },
  });
  assert.equal(answer.status, 200, await answer.text());
});

Deno.test("…/keys/new: needs the password again when it was given over 15 minutes ago", async () => {
  const clock = clockFromNow();
  await using hark = await start({ clock });
  const client = await registerPerson(hark);
  const path = await createService(client);
  assert.equal((await client.get(`${path}/keys/new`)).status, 200);
  clock.advance(RECENT_MS + 60_000);
  const page = await client.get(`${path}/keys/new`);
  assert.match(page.location ?? "", /^\/account\/confirm\?return_to=/);
  const confirm = page.location ?? "";
  const wrong = await client.post("/account/confirm", { password: "no" }, { from: confirm });
  assert.match(wrong.text, /The password is wrong/);
  const right = await client.post(
    "/account/confirm",
    { password: ANN.password, return_to: `${path}/keys/new` },
    { from: confirm },
  );
  assert.equal(right.location, `${path}/keys/new`);
  assert.equal((await client.get(`${path}/keys/new`)).status, 200);
});

Deno.test("the team: an invited colleague may do what the checkboxes say, and no more", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const invited = await client.post(`${path}/team/invite`, {
    email_address: BOB.email,
    roles: ["keys"],
  });
  assert.equal(invited.location, `${path}/team`);
  assert.match((await client.get(`${path}/team`)).text, /bob@dept\.gov\.example/);
  const link = await received(hark, BOB.email, /(\/invitations\/[\w-]+)/);

  const bob = openClient(hark);
  const page = await bob.get(link);
  assert.match(page.text, /Ann Clerk invites you to the team of Vehicle tax/);
  await bob.post(link, { name: BOB.name, password: BOB.password, mobile_number: BOB.mobile });
  const code = await received(hark, endOf(BOB.mobile), CODE);
  const proved = await bob.post("/sign-in/code", { code, return_to: link });
  assert.equal(proved.location, link);
  assert.equal((await bob.get(path)).status, 404);
  assert.equal((await bob.post(link, {})).location, path);
  assert.match((await bob.get("/services")).text, /Vehicle tax/);
  for (const [part, status] of [["", 200], ["/keys", 200], ["/guests", 403], ["/audit", 403]]) {
    assert.equal((await bob.get(`${path}${part}`)).status, status, String(part));
  }
  assert.equal((await openClient(hark).get(link)).status, 410);

  const [, member = ""] = new RegExp(`${path}/team/([0-9a-f-]{36})" aria-label="[^"]*Bob`).exec(
    (await client.get(`${path}/team`)).text,
  ) ?? [];
  await client.post(`${path}/team/${member}`, { action: "save", roles: ["manage"] });
  assert.equal((await bob.get(`${path}/guests`)).status, 200);
  assert.equal((await bob.get(`${path}/keys`)).status, 403);
  await client.post(`${path}/team/${member}`, { action: "remove" });
  assert.equal((await bob.get(path)).status, 404);
});

Deno.test("the team: the last person who may manage keeps that role, and stays", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const [, self = ""] = new RegExp(`${path}/team/([0-9a-f-]{36})"`).exec(
    (await client.get(`${path}/team`)).text,
  ) ?? [];
  for (const fields of [{ action: "save", roles: ["send"] }, { action: "remove" }]) {
    const page = await client.post(`${path}/team/${self}`, fields);
    assert.equal(page.status, 422);
    assert.match(page.text, /needs a person who may manage it/);
  }
});

Deno.test("the guest list: shows which line is not valid, and keeps the others", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = `${await createService(client)}/guests`;
  const wrong = await client.post(path, {
    email_addresses: "ann@dept.gov.example\r\nnot an address",
    phone_numbers: "07900 900123",
  });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /Line 2 is not a valid email address/);
  assert.match(wrong.text, /ann@dept\.gov\.example\nnot an address/);
  const many = Array.from({ length: 6 }, (_, n) => `a${n}@dept.gov.example`).join("\n");
  assert.match((await client.post(path, { email_addresses: many })).text, /at most 5/);
  const saved = await client.post(path, {
    email_addresses: "ann@dept.gov.example",
    phone_numbers: "",
  });
  assert.equal(saved.location, `${path}?saved=1`);
});

Deno.test("the audit log: is filtered by person, action and day, and downloads as CSV", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  await client.post(`${path}/guests`, { email_addresses: "a@dept.gov.example" });
  const table = async (query: string) => {
    const { text } = await client.get(`${path}/audit?${query}`);
    return [...text.matchAll(/<td data-label="What">([^<]+)</g)].map(([, what]) => what);
  };
  assert.deepEqual(await table(""), ["Changed the guest list", "Created the service"]);
  assert.deepEqual(await table("action=guests-changed"), ["Changed the guest list"]);
  assert.deepEqual(await table("day=2020-01-01"), []);
  assert.deepEqual(
    await table(`day=${new Date().toISOString().slice(0, 10)}`).then((a) => a.length),
    2,
  );
  assert.deepEqual(await table("older_than=2"), ["Created the service"]);
  assert.deepEqual(await table("newer_than=1"), ["Changed the guest list"]);
  assert.deepEqual(await table("older_than=nothing"), await table(""));
  const csv = await client.get(`${path}/audit.csv`);
  assert.match(csv.headers.get("content-disposition") ?? "", /audit\.csv/);
  assert.match(csv.text, /^number,time,actor,action,subject,facts\r\n2,/);
  assert.equal((await table(""))[0], "Downloaded the audit log");
});

Deno.test("pages: a form that is sent after the session ended is there again after signing in, and was not sent", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const form = await client.get("/services/new");
  const csrf_token = /name="csrf_token" value="([^"]+)"/.exec(form.text)?.[1] ?? "";
  client.cookies.delete("hark");
  const sent = await hark.request("/services/new", {
    method: "POST",
    redirect: "manual",
    headers: { origin: "http://hark.test" },
    body: new URLSearchParams({
      ...{ name: "Податок & «авто»", channels: "email", password: "secret" },
      csrf_token,
    }),
  });
  assert.equal(sent.headers.get("location"), "/sign-in?return_to=%2Fservices%2Fnew");
  const [cookie = ""] = sent.headers.getSetCookie();
  assert.match(
    cookie,
    /^hark_form=[\w-]+; Max-Age=900; Path=\/services\/new; HttpOnly; SameSite=Lax/,
  );
  client.cookies.set("hark_form", /=([\w-]+)/.exec(cookie)?.[1] ?? "");
  await client.post("/sign-in", { email_address: ANN.email, password: ANN.password });
  const code = await received(hark, endOf(ANN.mobile), CODE);
  await client.post("/sign-in/code", { code });
  const page = await client.get("/services/new");
  assert.match(page.text, /name="name"[^>]*value="Податок &amp; «авто»"/);
  assert.match(page.text, /value="email" checked/);
  assert.doesNotMatch(page.text, /value="sms" checked|secret/);
  assert.match((await client.get("/services")).text, /You have no service yet/);
  assert.doesNotMatch((await client.get("/services/new")).text, /Податок/);
});

Deno.test("…/team/invite: a form that is sent twice invites once", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const fields = { email_address: BOB.email, roles: ["send", "keys"] };
  for (let time = 0; time < 2; time++) {
    const invited = await client.post(`${path}/team/invite`, fields);
    assert.equal(invited.location, `${path}/team`);
  }
  const other = await client.post(`${path}/team/invite`, { ...fields, roles: ["view"] });
  assert.match(other.text, /This person is invited already/);
});

Deno.test("POST /services/new: says that another service has the id, and the form sent again creates the service", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const bob = await registerPerson(hark, BOB);
  const taken = (await createService(bob, "Library")).split("/").at(-1) ?? "";
  const fields = { name: "Vehicle tax", purpose: "Reminders", channels: ["sms"] };
  for (const id of [taken, OWN_SERVICE_ID, "00000000-0000-0000-0000-000000000000"]) {
    const refused = await client.post("/services/new", { ...fields, id });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /another service has the id that this form carried/);
    assert.doesNotMatch(refused.text, /as many services|Library/);
    const [, next = ""] = /name="id" value="([^"]+)"/.exec(refused.text) ?? [];
    assert.notEqual(next, id);
    const again = await client.post("/services/new", { ...fields, id: next });
    assert.equal(again.location, `/services/${next}`);
  }
});
