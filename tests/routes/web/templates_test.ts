import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  createService,
  type Fields,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";
import {
  MAX_EDITED_BODY,
  MAX_TEMPLATE_FORM_BYTES,
} from "../../../routes/web/templates/typed_template.ts";
import { MAX_TRIED_VALUES } from "../../../routes/web/templates/draft.ts";
import { MAX_CHOSEN_TEMPLATES } from "../../../domain/template/template_folders.ts";

const BOB = {
  name: "Bob",
  email: "bob@dept.gov.example",
  password: "seven quiet green lamps",
  mobile: "07900 900124",
} as const;

const SMS = { name: "Reminder", body: "Dear ((name)), come on ((date)).", do: "save" };
const MAIL = { name: "Letter", subject: "About ((item))", body: "# Hi ((name))", do: "save" };

function start() {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
}

/** Ann with a service. */
async function open(hark: TestApplication) {
  const client = await registerPerson(hark);
  const service = await createService(client);
  return { client, service, list: `${service}/templates` };
}

/** Creates a template through the editor, and returns the address of its page. */
async function create(
  client: WebClient,
  list: string,
  fields: Readonly<Record<string, string>> = SMS,
): Promise<string> {
  const channel = "subject" in fields ? "email" : "sms";
  const from = `${list}/new?channel=${channel}`;
  const made = await client.post(`${list}/new`, fields, { from });
  assert.equal(made.status, 303, made.text);
  return made.location?.split("?")[0] ?? "";
}

/** The visible text of a piece of HTML. */
function textOf(html: string): string {
  return html.replaceAll(/<[^>]+>/g, "").replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}

Deno.test("GET …/templates: offers three examples to a service without templates", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const page = await client.get(list);
  const examples = [...page.text.matchAll(/href="([^"]+\?example=\w+)"/g)].map(([, href = ""]) =>
    href
  );
  assert.equal(examples.length, 3);
  for (const example of examples) {
    const editor = await client.get(example);
    const fields = Object.fromEntries(
      [...editor.text.matchAll(/<input[^>]* name="(name|subject)"[^>]* value="([^"]*)"/g)].map(
        ([, name = "", value = ""]) => [name, value],
      ),
    );
    const [, body = ""] = /<textarea[^>]*>([^<]*)<\/textarea>/.exec(editor.text) ?? [];
    const saved = await client.post(`${list}/new`, { ...fields, body, do: "save" }, {
      from: example,
    });
    assert.equal(saved.status, 303, example);
  }
  const listed = await client.get(list);
  assert.equal([...listed.text.matchAll(/name="chosen"/g)].length, 3);
  assert.doesNotMatch(listed.text, /example=/);
});

Deno.test("POST …/templates/new: creates one template when the form is sent twice", async () => {
  await using hark = await start();
  const { client, service, list } = await open(hark);
  const form = await client.get(`${list}/new`);
  const [, id = ""] = /name="id" value="([^"]+)"/.exec(form.text) ?? [];
  for (let twice = 0; twice < 2; twice++) {
    const made = await client.post(`${list}/new`, { ...SMS, id });
    assert.match(made.location ?? "", new RegExp(`/templates/${id}`));
  }
  const { templates } = await (await hark.manage("GET", `/manage${service}/templates`)).json();
  assert.deepEqual(
    templates.map((
      one: { id: string; name: string; body: string },
    ) => [one.id, one.name, one.body]),
    [[id, SMS.name, SMS.body]],
  );
  const page = await client.get(`${list}/${id}`);
  assert.match(page.text, /data-copies="template-id"/);
  assert.ok(textOf(page.text).includes(`sendSms(`));
});

Deno.test("POST …/templates/new: says what is wrong at its field, and keeps what was typed", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const typed = { name: "", subject: " ", body: "a & <b>", do: "save" };
  const page = await client.post(`${list}/new`, typed, { from: `${list}/new?channel=email` });
  assert.equal(page.status, 422);
  assert.match(page.text, /id="name-fault"[^]*Enter a name/);
  assert.match(page.text, /id="subject-fault"[^]*Enter a subject/);
  assert.match(page.text, /<textarea[^>]*>a &amp; &lt;b&gt;<\/textarea>/);
  const long = { ...SMS, body: "x".repeat(MAX_EDITED_BODY + 1) };
  const tooLong = await client.post(`${list}/new`, long);
  assert.match(tooLong.text, /100,000 characters or fewer/);
  const most = await client.post(`${list}/new`, { ...SMS, body: "x".repeat(MAX_EDITED_BODY) });
  assert.equal(most.status, 303);
  const cyrillic = await client.post(`${list}/new`, { ...SMS, body: "ї".repeat(MAX_EDITED_BODY) });
  assert.equal(cyrillic.status, 303);
  const form = { ...SMS, body: "x".repeat(MAX_TEMPLATE_FORM_BYTES) };
  assert.equal((await client.post(`${list}/new`, form)).status, 413);
});

Deno.test("POST …/edit: says line and column of a fault, and marks the place", async () => {
  await using hark = await start();
  const { client, service, list } = await open(hark);
  const template = { channel: "sms", syntax: "freemarker", name: "F", body: "Hi ${name}" };
  const made = await (await hark.manage("POST", `/manage${service}/templates`, template)).json();
  const edit = `${list}/${made.id}/edit`;
  const body = "Dear ${name},\nplease [#iff late]hurry[/#if]";
  const page = await client.post(edit, { name: "F", body, do: "save" });
  assert.equal(page.status, 422);
  assert.match(page.text, /href="#body">Line 2, column 8: /);
  assert.match(page.text, /<mark class="bad">\[#iff<\/mark>/);
  assert.ok(textOf(page.text).includes(body));
  const preview = await client.post(`${list}/preview`, { body, csrf_token: "" }, {
    from: edit,
    without: ["csrf_token"],
  });
  assert.equal(preview.status, 403);
});

Deno.test("POST …/edit: shows both changes when somebody else has saved a newer version", async () => {
  await using hark = await start();
  const { client, service, list } = await open(hark);
  const template = await create(client, list);
  const id = template.split("/").at(-1);
  const edit = `${template}/edit`;
  const mine = { name: "Reminder", body: "Dear ((name)), please come on ((date)).", do: "save" };
  const body = "Hello ((name)), come on ((date)).";
  await hark.manage("PUT", `/manage${service}/templates/${id}`, { body });
  const stale = { ...mine, version: "1" };
  const conflict = await client.post(edit, stale);
  assert.equal(conflict.status, 409);
  assert.match(conflict.text, /Somebody else has saved a newer version/);
  const del = /<del><span class="unseen">[^<]*<\/span>Dear<\/del>/;
  assert.match(conflict.text, del);
  assert.match(conflict.text, /<ins><span class="unseen">[^<]*<\/span>please <\/ins>/);
  assert.ok(textOf(conflict.text).includes(mine.body));
  assert.match(conflict.text, /name="version" value="2"/);
  const versionsOf = async () =>
    (await (await hark.manage("GET", `/manage${service}/templates/${id}/versions`)).json()).versions
      .length;
  assert.equal(await versionsOf(), 2);
  assert.equal((await client.post(edit, { ...mine, version: "2" })).status, 303);
  assert.equal(await versionsOf(), 3);
  // Sent twice, it saves one version.
  assert.equal((await client.post(edit, { ...mine, version: "2" })).status, 303);
  assert.equal(await versionsOf(), 3);
  for (const version of ["9", "0", "x", ""]) {
    const other = { ...mine, body: "other", version };
    assert.equal((await client.post(edit, other)).status, 403, version);
  }
});

Deno.test("POST …/edit: keeps what was typed when the template was archived meanwhile", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const template = await create(client, list);
  await client.post(`${template}/state`, { do: "archive" }, { from: template });
  const late = { name: "N", body: "typed for long", version: "1", do: "save" };
  const token = await client.get(list);
  const [, csrf_token = ""] = /name="csrf_token" value="([^"]+)"/.exec(token.text) ?? [];
  const page = await client.post(`${template}/edit`, { ...late, csrf_token }, { from: list });
  assert.equal(page.status, 422);
  assert.match(page.text, /archived meanwhile/);
  assert.ok(textOf(page.text).includes("typed for long"));
  assert.equal((await client.get(`${template}/edit`)).location, template);
  await client.post(`${template}/state`, { do: "restore" }, { from: template });
  assert.equal((await client.get(`${template}/edit`)).status, 200);
});

Deno.test("POST …/templates/new: previews with values and conditions, without saving", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const body = "Dear ((name)).((late?? Hurry!))";
  const from = `${list}/new`;
  const previewOf = async (values: Readonly<Record<string, string>>) => {
    const page = await client.post(from, { name: "", body, do: "preview", ...values });
    assert.equal(page.status, 200);
    const [bubble = ""] = /<p class="bubble"[^]*?<\/p>/.exec(page.text) ?? [];
    return { page, text: textOf(bubble) };
  };
  const plain = await previewOf({});
  assert.equal(plain.text, "Vehicle tax: Dear name.late?? Hurry!");
  assert.match(plain.page.text, /<select[^>]* name="value:late"/);
  assert.match(plain.page.text, /<input[^>]* name="value:name"/);
  const shown = await previewOf({ "value:name": "<Ann>", "value:late": "yes" });
  assert.equal(
    shown.text,
    "Vehicle tax: Dear &lt;Ann&gt;. Hurry!".replaceAll("&lt;", "<").replaceAll("&gt;", "&gt;"),
  );
  const hidden = await previewOf({ "value:name": "Ann", "value:late": "no" });
  assert.equal(hidden.text, "Vehicle tax: Dear Ann.");
  assert.match(hidden.page.text, /22 characters[^]*charged as 1 text message/);
  const advice = await client.post(from, { body: "a\n((open", do: "preview" });
  assert.match(advice.text, /Line 2: Two brackets/);
  const many = Array.from({ length: MAX_TRIED_VALUES + 2 }, (_, i) => `((v${i}))`).join(" ");
  const bounded = await client.post(from, { body: many, do: "preview" });
  assert.equal([...bounded.text.matchAll(/ name="value:/g)].length, MAX_TRIED_VALUES);
  assert.match(bounded.text, /and 2 more/);
  assert.match((await client.get(list)).text, /example=/);
});

Deno.test("POST …/templates/preview: answers the part of the page beside the form", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const from = `${list}/new?channel=email`;
  const fields = { channel: "email", syntax: "notify", subject: "S ((x))", body: "# Hi ((x))" };
  const editor = await client.get(from);
  const [, csrf_token = ""] = /name="csrf_token" value="([^"]+)"/.exec(editor.text) ?? [];
  const part = await client.post(`${list}/preview`, { ...fields, csrf_token, "value:x": "<i>" });
  assert.equal(part.status, 200);
  assert.match(part.text, /^<div id="preview"/);
  assert.match(part.text, /<fieldset id="values"[^>]*data-names="x"/);
  assert.doesNotMatch(part.text, /<html|<i>/);
  const mail = await client.post(`${list}/preview/mail`, {
    ...fields,
    csrf_token,
    "value:x": "<script>alert(1)</script>",
  });
  assert.match(mail.headers.get("content-security-policy") ?? "", /sandbox; default-src 'none'/);
  assert.equal(mail.headers.get("cross-origin-opener-policy"), null);
  assert.match(mail.text, /<h2[^>]*>\s*Hi &lt;script&gt;/);
  for (const path of ["preview", "preview/mail"]) {
    const refused = await client.post(`${list}/${path}`, { ...fields, csrf_token: "x" });
    assert.equal(refused.status, 403);
    assert.equal((await client.post(`${list}/${path}`, { csrf_token, channel: "x" })).status, 403);
  }
});

Deno.test("GET …/templates/{id}/mail: an email in a frame runs nothing and asks no other server", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const mail = await create(client, list, MAIL);
  assert.match((await client.get(mail)).text, new RegExp(`<iframe[^>]*src="${mail}/mail"`));
  const frame = await client.get(`${mail}/mail`);
  assert.match(frame.text, /<html/);
  const policy = frame.headers.get("content-security-policy") ?? "";
  assert.match(policy, /sandbox/);
  assert.match(policy, /frame-ancestors 'self'/);
  assert.doesNotMatch(policy, /script-src|https:/);
  assert.equal((await client.get(`${await create(client, list)}/mail`)).status, 404);
});

Deno.test("POST …/templates/chosen: moves into a folder and archives several at once", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const ids = [];
  for (const name of ["A", "B", "C"]) {
    ids.push((await create(client, list, { ...SMS, name })).split("/").at(-1) ?? "");
  }
  const folder = await client.post(`${list}/folders/new`, { name: "Reminders" });
  const address = folder.location ?? "";
  const folder_id = new URL(address, "http://x").searchParams.get("folder") ?? "";
  const chosen = ids.slice(0, 2);
  const moved = await client.post(`${list}/chosen`, { chosen, folder_id, do: "move", folder: "" }, {
    from: list,
  });
  assert.match((await client.get(moved.location ?? "")).text, /2 templates are there now/);
  const rows = async (path: string) =>
    [...(await client.get(path)).text.matchAll(/name="chosen" value="([^"]+)"/g)].map(([, id]) =>
      id
    );
  assert.deepEqual(await rows(address), chosen);
  assert.deepEqual(await rows(list), ids.slice(2));
  assert.deepEqual(await rows(`${list}?q=remind`), []);
  assert.deepEqual((await rows(`${list}?q=COME ON`)).length, 3);
  assert.deepEqual(await rows(`${list}?q=COME&channel=email`), []);
  const archived = await client.post(`${list}/chosen`, { chosen: ids, do: "archive" }, {
    from: list,
  });
  assert.match((await client.get(archived.location ?? "")).text, /3 templates are archived/);
  assert.match((await client.get(`${list}?state=archived`)).text, />A<[^]*>B<[^]*>C</);
  const none = await client.post(`${list}/chosen`, { do: "archive" }, { from: list });
  assert.match(none.text, /Choose the templates first/);
  const tooMany = Array.from({ length: MAX_CHOSEN_TEMPLATES + 1 }, () => crypto.randomUUID());
  const refused = await client.post(`${list}/chosen`, { chosen: tooMany, do: "archive" }, {
    from: list,
  });
  assert.match(refused.text, /Choose 100 templates or fewer/);
  const gone = { chosen: ids, do: "move", folder_id: crypto.randomUUID() };
  const lost = await client.post(`${list}/chosen`, gone, { from: list });
  assert.match(lost.text, /does not exist any more/);
});

Deno.test("…/templates/folders: names a folder once, renames it and deletes it", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const make = (name: string) => client.post(`${list}/folders/new`, { name });
  const made = await make("Letters");
  const id = new URL(made.location ?? "", "http://x").searchParams.get("folder");
  assert.match((await make("letters")).text, /Another folder has this name/);
  assert.match((await make(" ")).text, /Enter a name/);
  assert.match((await make("x".repeat(256))).text, /255 characters or fewer/);
  const folder = `${list}/folders/${id}`;
  assert.equal((await client.post(folder, { name: "Mail" })).status, 303);
  assert.match((await client.get(folder)).text, /Folder “Mail”/);
  assert.equal((await client.post(folder, { do: "delete" })).location, list);
  assert.equal((await client.get(folder)).status, 404);
  const log = await client.get(list.replace("/templates", "/audit"));
  assert.match(log.text, /Created a folder[^]*|Renamed a folder[^]*|Deleted a folder/);
});

Deno.test("…/history: shows who wrote each version and its differences, and restores one", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const template = await create(client, list);
  await client.post(`${template}/edit`, {
    ...SMS,
    body: "Dear ((name)), stay away.",
    version: "1",
  });
  const history = await client.get(`${template}/history`);
  assert.match(history.text, /Version 2[^]*Newest[^]*Ann Clerk[^]*Version 1/);
  const version = await client.get(`${template}/history/2`);
  assert.match(version.text, /<del>[^]*come on[^]*<\/del>|<del>/);
  assert.doesNotMatch(version.text, /Restore this version/);
  const first = await client.get(`${template}/history/1`);
  assert.match(first.text, /Restore this version/);
  const restored = await client.post(`${template}/history/1/restore`, {}, {
    from: `${template}/history/1`,
  });
  assert.equal(restored.location, `${template}?saved=1`);
  assert.match((await client.get(`${template}/history`)).text, /Version 3/);
  for (const path of ["9", "0", "x"]) {
    assert.equal((await client.get(`${template}/history/${path}`)).status, 404, path);
  }
});

Deno.test("…/history/{version}/restore: makes one version of a double click, and none over a newer one", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const template = await create(client, list);
  const edit = (body: string) => client.post(`${template}/edit`, { ...SMS, body });
  assert.equal((await edit("Dear ((name)), stay away.")).status, 303);
  const page = await client.get(`${template}/history/1`);
  const [, token = ""] = /name="csrf_token" value="([^"]+)"/.exec(page.text) ?? [];
  const restore = (fields: Fields = {}) =>
    client.post(`${template}/history/1/restore`, { newest: "2", csrf_token: token, ...fields }, {
      from: "/services",
    });
  const clicks = await Promise.all([restore(), restore(), restore()]);
  assert.deepEqual(clicks.map(({ location }) => location), Array(3).fill(`${template}?saved=1`));
  const history = (await client.get(`${template}/history`)).text;
  assert.match(history, /Version 3/);
  assert.doesNotMatch(history, /Version 4/);
  assert.equal((await edit("Dear ((name)), come at noon.")).status, 303);
  const late = await restore({ newest: "3" });
  assert.equal(late.status, 422);
  assert.match(late.text, /Somebody else has saved a newer version/);
  assert.match(late.text, /name="newest" value="4"/);
  assert.equal((await restore({ newest: "" })).status, 403);
});

Deno.test("…/test: sends to the person's own number once, with the values that were typed", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const template = await create(client, list);
  const page = await client.get(`${template}/test`);
  assert.match(page.text, /\+447900900123/);
  const missing = await client.post(`${template}/test`, { "value:name": "Ann" });
  assert.match(missing.text, /href="#value-1">Enter a value for date/);
  const [, token = ""] = /name="token" value="([^"]+)"/.exec(page.text) ?? [];
  const values = { "value:name": "Ann", "value:date": "Monday", token };
  for (let twice = 0; twice < 2; twice++) {
    const sent = await client.post(`${template}/test`, values);
    assert.equal(sent.location, `${template}?tested=1`, sent.text);
  }
  await hark.settle();
  const texts = (await hark.sent()).filter(({ text }) => text.includes("come on Monday"));
  assert.deepEqual(texts.map(({ to }) => String(to)), ["447900900123"]);
  assert.match((await client.get(template)).text, /<td class="n">1<\/td>/);
  const mail = await create(client, list, { ...MAIL, subject: "S", body: "Body" });
  await client.post(`${mail}/test`, {});
  await hark.settle();
  assert.ok((await hark.sent()).some(({ to }) => String(to) === "ann.clerk@dept.gov.example"));
});

Deno.test("…/templates: a template of another service, or of none, is answered 404", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  const id = (await create(client, list)).split("/").at(-1);
  const other = await createService(client, "Other");
  const paths = ["", "/edit", "/history", "/history/1", "/test", "/mail"];
  for (const unknown of [id, crypto.randomUUID(), "x"]) {
    for (const path of paths) {
      const page = await client.get(`${other}/templates/${unknown}${path}`);
      assert.equal(page.status, 404, `${unknown}${path}`);
    }
    for (const path of ["/state", "/test", "/edit", "/history/1/restore"]) {
      const target = `${other}/templates/${unknown}${path}`;
      const fields = { version: "1", token: crypto.randomUUID(), do: "save" };
      assert.equal((await client.post(target, fields, { from: `${other}/templates` })).status, 404);
    }
  }
  assert.equal((await client.get(`${list}/new?copy_of=${crypto.randomUUID()}`)).status, 404);
  assert.match((await client.get(`${list}/new?copy_of=${id}`)).text, /value="Reminder"/);
});

Deno.test("…/templates: a member without a role sees templates and no way to change them", async () => {
  await using hark = await start();
  const { client, service, list } = await open(hark);
  const template = await create(client, list);
  const bob = await registerPerson(hark, BOB);
  await hark.manage("POST", `/manage${service}/invitations`, {
    email_address: BOB.email,
    roles: [],
  });
  await hark.settle();
  const [invitation] = (await hark.sent()).flatMap(({ text }) =>
    /(\/invitations\/[\w-]+)/.exec(text)?.[1] ?? []
  );
  await bob.post(invitation ?? "", {});
  for (const path of [list, template, `${template}/history`, `${template}/history/1`]) {
    const page = await bob.get(path);
    assert.equal(page.status, 200, path);
    const main = /<main[^]*<\/main>/.exec(page.text)?.[0] ?? "";
    assert.doesNotMatch(main, /type="checkbox"|\/edit"|\/new\?|method="post"/, path);
  }
  for (const path of [`${list}/new`, `${template}/edit`, `${template}/test`]) {
    assert.equal((await bob.get(path)).status, 403, path);
  }
});

Deno.test("…/templates: names and texts of every kind are shown as they were typed", async () => {
  await using hark = await start();
  const { client, list } = await open(hark);
  for (const name of ["<script>alert(1)</script>", "x".repeat(255), "🚗 Tax", "ضريبة", 'a & "b"']) {
    const template = await create(client, list, { ...SMS, name, body: `${name} ((${name}))` });
    for (const path of [list, template, `${template}/edit`, `${template}/history/1`]) {
      const page = await client.get(path);
      assert.equal(page.status, 200);
      assert.doesNotMatch(page.text, /<script>alert/);
    }
  }
});
