import assert from "node:assert/strict";
import { startBoth } from "./diia_support.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, movableClock, NO_ID, UUID } from "../support.ts";
import { SEND, startRegistry, TEMPLATES } from "./support.ts";
import { ATTRIBUTES, listManaged } from "./templates_support.ts";

Deno.test("GET /api/notifications/templates/: lists id, name and channel, with and without the slash", async () => {
  await using hark = await startRegistry();
  assert.deepEqual(await bodyOf(await hark.admin("GET", TEMPLATES), 200), []);
  for (const target of ["sms:b", "inbox:b", "email:a"]) await hark.publish(target, "Hello");
  for (const path of [TEMPLATES, "/api/notifications/templates"]) {
    const listed = await bodyOf(await hark.admin("GET", path), 200);
    assert.deepEqual(
      listed.map((template: Readonly<Record<string, unknown>>) =>
        Object.entries(template).slice(1)
      ),
      [["email", "a"], ["inbox", "b"], ["sms", "b"]].map(([channel, name]) => [
        ["name", name],
        ["channel", channel],
      ]),
    );
    for (const { id } of listed) assert.match(id, UUID);
  }
});

Deno.test("DELETE /api/notifications/templates/{id}: archives a registry's template, and frees its name", async () => {
  await using hark = await startRegistry();
  await hark.publish("inbox:hello", "Hello", { attributes: ATTRIBUTES });
  const [{ id }] = await bodyOf(await hark.admin("GET", TEMPLATES), 200);
  const response = await hark.admin("DELETE", `${TEMPLATES}${id}`);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
  assert.deepEqual(await bodyOf(await hark.admin("GET", TEMPLATES), 200), []);
  const managed = await bodyOf(
    await hark.manage("GET", `/manage/services/${hark.registryServiceId}/templates/${id}`),
    200,
  );
  assert.equal(managed.archived, true);
  await bodyOf(await hark.admin("DELETE", `${TEMPLATES}${id}`), 404);
  await hark.publish("inbox:hello", "Hello again");
  const [again] = await bodyOf(await hark.admin("GET", TEMPLATES), 200);
  assert.notEqual(again.id, id);
});

Deno.test("DELETE /api/notifications/templates/{id}: 404 for templates that no registry published", async () => {
  await using hark = await startRegistry();
  const service = await hark.newService();
  const ids = [
    NO_ID,
    await hark.newTemplate(service.id),
    await hark.newTemplate(hark.registryServiceId),
  ];
  for (const id of ids) await bodyOf(await hark.admin("DELETE", `${TEMPLATES}${id}`), 404, id);
  for (const id of ["x", "inbox:hello", "%00"]) {
    await bodyOf(await hark.admin("DELETE", `${TEMPLATES}${id}`), 400, id);
  }
  const [template] = await listManaged(hark);
  assert.equal(template.archived, false);
});

Deno.test("PUT …/templates/{channel}:{name}: publishes a template again that was archived through /manage", async () => {
  await using hark = await startRegistry();
  await hark.publish("inbox:hello", "Hello");
  const [{ id }] = await listManaged(hark);
  const path = `/manage/services/${hark.registryServiceId}/templates/${id}`;
  assert.equal((await hark.manage("DELETE", path)).status, 204);
  assert.deepEqual(await bodyOf(await hark.admin("GET", TEMPLATES), 200), []);
  await bodyOf(await hark.admin("DELETE", `${TEMPLATES}${id}`), 404);
  await hark.publish("inbox:hello", "Hello");
  const [{ id: again }] = await listManaged(hark);
  assert.notEqual(again, id);
});

Deno.test("PUT /manage/…/templates/{id}: edits a published template in its syntax, and the next PUT replaces it", async () => {
  await using hark = await startRegistry();
  await hark.publish("inbox:hello", "Hello ${name}");
  const [{ id }] = await listManaged(hark);
  const path = `/manage/services/${hark.registryServiceId}/templates/${id}`;
  const edited = await bodyOf(
    await hark.manage("PUT", path, { body: "Hi ${name}", subject: "Hi" }),
    200,
  );
  assert.deepEqual(
    [edited.version, edited.syntax, edited.placeholders],
    [2, "freemarker", ["name"]],
  );
  for (
    const [change, field] of [
      [{ body: "[#if a]" }, "body"],
      [{ subject: null }, "subject"],
      [{ unsubscribe_link: true }, "unsubscribe_link"],
      [{ syntax: "html" }, "syntax"],
    ] as const
  ) {
    const refused = await bodyOf(await hark.manage("PUT", path, change), 400);
    assert.equal(refused.errors[0].field, field);
  }
  const back = await bodyOf(
    await hark.put("inbox:hello", { title: "Title", content: "Hello ${name}" }),
    200,
  );
  assert.equal(back.content, "Hello ${name}");
  const [{ version }] = await listManaged(hark);
  assert.equal(version, 3);
  const named = await bodyOf(await hark.manage("PUT", path, { syntax: "notify" }), 200);
  assert.deepEqual([named.version, named.syntax, named.placeholders], [4, "notify", []]);
  await bodyOf(await hark.put("inbox:hello", { title: "Title", content: "Hello ${name}" }), 200);
  const [last] = await listManaged(hark);
  assert.deepEqual([last.version, last.syntax, last.placeholders], [5, "freemarker", ["name"]]);
});

Deno.test("PUT /manage/…/templates/{id}: refuses Diia templates", async () => {
  await using both = await startBoth();
  const { hark } = both;
  await hark.publish("diia:hello", "Hello {name}", { attributes: ATTRIBUTES });
  const [{ id, syntax }] = await listManaged(hark);
  assert.equal(syntax, null);
  const path = `/manage/services/${hark.registryServiceId}/templates/${id}`;
  for (const change of [{ body: "Bye" }, { syntax: "freemarker" }]) {
    const refused = await bodyOf(await hark.manage("PUT", path, change), 400);
    assert.equal(refused.errors[0].field, "channel");
  }
});

Deno.test("GET /v2/templates and POST /v2/template/{id}/preview: include published templates", async () => {
  await using both = await startBoth({ clock: movableClock(Date.now()) });
  const { hark } = both;
  await hark.publish("inbox:a", "<p>Hello ${name}</p><script>x</script>");
  await hark.publish("email:a", "[#if vip]<b>Dear</b> [/#if]${name}");
  await hark.publish("sms:a", "Code ((code))");
  await hark.publish("diia:a", "Hello <{name}>", { attributes: ATTRIBUTES });
  const key = await hark.newKey();
  const { templates } = await bodyOf(await hark.as(key, "GET", "/v2/templates"), 200);
  assert.deepEqual(
    templates.map((template: { type: string; name: string }) => [template.name, template.type]),
    [["a", "diia"], ["a", "email"], ["a", "inbox"], ["a", "sms"]],
  );
  const personalisation = { name: "<i>Ann</i>", vip: true, code: 7 };
  const previews = await Promise.all(
    templates.map(async ({ id }: { id: string }) => {
      const path = `/v2/template/${id}/preview`;
      return await bodyOf(await hark.as(key, "POST", path, { personalisation }), 200);
    }),
  );
  const [diia, email, inbox, sms] = previews;
  assert.deepEqual([diia.body, diia.html, diia.subject], ["Hello <<i>Ann</i>>", null, "Title"]);
  assert.match(email.html, /<b>Dear<\/b> &lt;i&gt;Ann/);
  assert.equal(inbox.body, "<p>Hello &lt;i&gt;Ann&lt;/i&gt;</p>");
  assert.match(sms.body, /Code 7$/);
});

Deno.test("POST /manage/…/templates/preview: renders drafts of every channel and syntax", async () => {
  await using hark = await startRegistry();
  const path = `/manage/services/${hark.registryServiceId}/templates/preview`;
  const draft = { channel: "inbox", subject: "S", syntax: "freemarker", body: "<p>${a}</p>" };
  const shown = await bodyOf(
    await hark.manage("POST", path, { ...draft, personalisation: { a: "<b>" } }),
    200,
  );
  assert.deepEqual([shown.html, shown.placeholders], ["<p>&lt;b&gt;</p>", ["a"]]);
  const diia = { channel: "diia", subject: "S", body: "Hi {a}", personalisation: { a: "<b>" } };
  assert.equal((await bodyOf(await hark.manage("POST", path, diia), 200)).body, "Hi <b>");
  const html = {
    subject: "S",
    syntax: "html",
    body: "<p>((a))</p>",
    personalisation: { a: "<b>" },
  };
  const email = await bodyOf(await hark.manage("POST", path, { channel: "email", ...html }), 200);
  assert.equal(email.body, "<p>&lt;b&gt;</p>");
  assert.deepEqual(email.advice, []);
  const text = { channel: "inbox", ...html };
  const wrong = await bodyOf(await hark.manage("POST", path, text), 400);
  assert.equal(wrong.errors[0].field, "syntax");
  const refused = await bodyOf(await hark.manage("POST", path, { ...draft, body: "[#if a]" }), 400);
  assert.match(refused.errors[0].message, /^line 1, column 1: /);
});

Deno.test("/api/notifications/templates: 404, 405 and 413 in its own format, and answers are not cached", async () => {
  await using hark = await startRegistry();
  for (
    const [method, path, status] of [
      ["POST", TEMPLATES, 405],
      ["PATCH", `${TEMPLATES}inbox:a`, 405],
      ["GET", `${TEMPLATES}inbox:a`, 405],
      ["PUT", `${TEMPLATES}inbox:a/b`, 404],
      ["GET", "/api/notifications/nothing/here", 404],
    ] as const
  ) {
    const answer = await bodyOf(await hark.admin(method, path), status, `${method} ${path}`);
    assert.deepEqual(Object.keys(answer), ["traceId", "code", "message", "details"]);
  }
  for (
    const [method, path, allow] of [
      ["GET", SEND, "POST"],
      ["POST", TEMPLATES, "GET, HEAD"],
      ["PATCH", `${TEMPLATES}inbox:a`, "PUT, DELETE"],
    ] as const
  ) {
    const response = await hark.admin(method, path);
    assert.equal(response.headers.get("allow"), allow);
    await response.body?.cancel();
  }
  const listed = await hark.admin("GET", TEMPLATES);
  assert.equal(listed.headers.get("cache-control"), "no-store");
  assert.match(listed.headers.get("content-type") ?? "", /^application\/json/);
  await listed.body?.cancel();
});

Deno.test("/api/notifications: 404 when no keys for access tokens are configured", async () => {
  await using hark = await startTestApplication();
  for (const path of [TEMPLATES, "/api/notifications"]) {
    await bodyOf(await hark.request(path, { method: "POST", body: "{}" }), 404);
  }
});
