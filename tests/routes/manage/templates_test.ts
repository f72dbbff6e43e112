import assert from "node:assert/strict";
import { MAX_PLACEHOLDERS } from "../../../domain/template/placeholders.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, newServiceWithTemplates, NO_ID, SMS, textTo, UUID } from "../support.ts";

const SERVICES = "/manage/services";
const TEXT = { channel: "sms", name: "Text", body: "Hi ((name))" };
const MAIL = { channel: "email", name: "Mail", subject: "For ((who))", body: "Hi ((name))" };

Deno.test("POST …/templates: numbers the service's templates 1, 2, 3", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [await hark.newService(), await hark.newService()];
  for (const { id } of [service, other]) {
    for (const [at, template] of [TEXT, MAIL, { ...TEXT, subject: null }].entries()) {
      const path = `${SERVICES}/${id}/templates`;
      const created = await bodyOf(await hark.manage("POST", path, template), 201);
      assert.match(created.id, UUID);
      assert.deepEqual(created, {
        id: created.id,
        number: at + 1,
        version: 1,
        channel: template.channel,
        name: template.name,
        subject: "subject" in template ? template.subject : null,
        body: template.body,
        unsubscribe_link: false,
        syntax: "notify",
        sender_id: null,
        folder_id: null,
        placeholders: template.channel === "email" ? ["who", "name"] : ["name"],
        archived: false,
        created_at: created.created_at,
        updated_at: null,
      });
      assert.deepEqual(
        await bodyOf(await hark.manage("GET", `${path}/${created.id}`), 200),
        created,
      );
    }
  }
});

Deno.test("POST …/templates: gives concurrent templates different numbers", async () => {
  await using hark = await startTestApplication();
  const { id } = await hark.newService();
  const created = await Promise.all(
    Array.from(
      { length: 10 },
      async () =>
        (await bodyOf(await hark.manage("POST", `${SERVICES}/${id}/templates`, TEXT), 201)).number,
    ),
  );
  assert.deepEqual(created.toSorted((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

Deno.test("POST …/templates: accepts any text; 400 with the names of invalid fields", async () => {
  await using hark = await startTestApplication();
  const { id } = await hark.newService();
  const path = `${SERVICES}/${id}/templates`;
  const bodies = ["x", " ", "a\u0000b", "a\ud800b", "((unfinished", "😀".repeat(2000), "\r\n"];
  for (const body of bodies) {
    const created = await bodyOf(await hark.manage("POST", path, { ...TEXT, body }), 201, body);
    assert.equal(created.body, body);
    assert.equal((await bodyOf(await hark.manage("GET", `${path}/${created.id}`), 200)).body, body);
  }
  const most = { ...TEXT, name: "x".repeat(255), body: "x".repeat(2_000_000) };
  await bodyOf(await hark.manage("POST", path, most), 201);
  const full = { ...TEXT, name: "full", body: "((a))".repeat(MAX_PLACEHOLDERS) };
  await bodyOf(await hark.manage("POST", path, full), 201);
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ["channel"]],
    [{ ...TEXT, channel: "letter" }, ["channel"]],
    [{ channel: "sms" }, ["name", "body"]],
    [{ channel: "email" }, ["name", "subject", "body"]],
    [{ ...TEXT, subject: "x" }, ["subject"]],
    [{ ...MAIL, subject: null }, ["subject"]],
    [{ ...MAIL, subject: " " }, ["subject"]],
    [{ ...MAIL, subject: "x".repeat(2_001) }, ["subject"]],
    [{ ...TEXT, name: "", body: "", odd: 1 }, ["name", "body", "odd"]],
    [{ ...TEXT, name: "x".repeat(256) }, ["name"]],
    [{ ...TEXT, body: "x".repeat(2_000_001) }, ["body"]],
    [{ ...TEXT, body: 7 }, ["body"]],
    [{ ...TEXT, body: "((a))".repeat(MAX_PLACEHOLDERS + 1) }, ["body"]],
    [{ ...TEXT, number: 9 }, ["number"]],
    [{ ...TEXT, syntax: "html" }, ["syntax"]],
    [{ ...MAIL, syntax: "markdown" }, ["syntax"]],
    [{ ...MAIL, syntax: null }, ["syntax"]],
    [{ ...MAIL, syntax: "freemarker", body: "[#if a]" }, ["body"]],
  ];
  for (const [body, fields] of cases) {
    const label = JSON.stringify(body).slice(0, 100);
    const { errors } = await bodyOf(await hark.manage("POST", path, body), 400, label);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), fields, label);
  }
});

Deno.test("PUT …/templates/{id}: saves a version, which the next text uses", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}/templates/${service.sms}`;
  const send = async () =>
    await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
  assert.equal((await send()).content.body, "Hi Ann");
  const before = await bodyOf(await hark.manage("GET", path), 200);
  const second = await bodyOf(await hark.manage("PUT", path, { body: "Bye ((name))" }), 200);
  assert.deepEqual(second, {
    ...before,
    version: 2,
    body: "Bye ((name))",
    updated_at: second.updated_at,
  });
  const sent = await send();
  assert.equal(sent.content.body, "Bye Ann");
  assert.equal(sent.template.version, 2);
  const third = await bodyOf(
    await hark.manage("PUT", path, { channel: "sms", name: "New", subject: null }),
    200,
  );
  assert.deepEqual([third.version, third.name, third.body], [3, "New", "Bye ((name))"]);
  assert.deepEqual(await bodyOf(await hark.manage("GET", path), 200), third);
});

Deno.test("PUT …/templates/{id}: 400 for another channel, or for fields that the channel does not allow", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = (id: string) => `${SERVICES}/${service.id}/templates/${id}`;
  const cases = [
    [service.sms, { channel: "email" }, "channel", "is sms"],
    [service.sms, { subject: "x" }, "subject", "a text has no subject"],
    [service.email, { subject: null }, "subject", "an e-mail needs a subject"],
    [service.email, { channel: "letter" }, "channel", undefined],
    [service.sms, { body: "" }, "body", "must not be empty"],
    [service.sms, { version: 7 }, "version", "unknown field"],
    [service.sms, { syntax: "html" }, "syntax", "must be one of notify, freemarker"],
    [service.sms, { syntax: "markdown" }, "syntax", undefined],
    [service.email, { syntax: null }, "syntax", undefined],
    [service.email, { syntax: "freemarker", body: "[#if a]" }, "body", undefined],
  ] as const;
  for (const [id, body, field, message] of cases) {
    const { errors } = await bodyOf(await hark.manage("PUT", path(id), body), 400);
    assert.equal(errors[0].field, field);
    if (message !== undefined) assert.equal(errors[0].message, message);
    assert.equal((await bodyOf(await hark.manage("GET", path(id)), 200)).version, 1);
  }
});

Deno.test("POST …/templates: accepts the syntaxes of the channel; every answer shows the syntax", async () => {
  await using hark = await startTestApplication();
  const { id } = await hark.newService();
  const path = `${SERVICES}/${id}/templates`;
  const cases = [
    [{ ...TEXT, name: "1" }, "notify", ["name"]],
    [{ ...TEXT, name: "2", syntax: "notify" }, "notify", ["name"]],
    [{ ...TEXT, name: "3", syntax: "freemarker", body: "((a)) ${b}" }, "freemarker", ["b"]],
    [{ ...MAIL, name: "4", syntax: "html" }, "html", ["who", "name"]],
    [{ ...MAIL, name: "5", syntax: "freemarker", body: "${b}" }, "freemarker", ["b"]],
  ] as const;
  for (const [template, syntax, placeholders] of cases) {
    const created = await bodyOf(await hark.manage("POST", path, template), 201);
    assert.deepEqual([created.syntax, created.placeholders], [syntax, placeholders]);
    assert.deepEqual(await bodyOf(await hark.manage("GET", `${path}/${created.id}`), 200), created);
  }
  const { templates } = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(
    templates.map(({ syntax }: { syntax: string }) => syntax),
    cases.map(([, syntax]) => syntax),
  );
});

Deno.test("PUT …/templates/{id}: parses the body in the named syntax, and keeps that syntax", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}/templates/${service.email}`;
  const put = async (change: unknown) => {
    const { version, syntax, body, placeholders } = await bodyOf(
      await hark.manage("PUT", path, change),
      200,
    );
    return [version, syntax, body, placeholders];
  };
  const subject = "S";
  assert.deepEqual(
    await put({ subject, syntax: "html", body: "# ((a))" }),
    [2, "html", "# ((a))", ["a"]],
  );
  assert.deepEqual(await put({ body: "((b)) [#if x]" }), [3, "html", "((b)) [#if x]", ["b"]]);
  const { errors } = await bodyOf(
    await hark.manage("PUT", path, { syntax: "freemarker" }),
    400,
  );
  assert.deepEqual(errors.map(({ field }: { field: string }) => field), ["body"]);
  assert.deepEqual(
    await put({ syntax: "freemarker", body: "${c}" }),
    [4, "freemarker", "${c}", ["c"]],
  );
  assert.deepEqual(await put({ name: "New" }), [5, "freemarker", "${c}", ["c"]]);
  assert.deepEqual(await put({ syntax: "notify" }), [6, "notify", "${c}", []]);
});

Deno.test("PUT …/templates/{id}: concurrent changes of body and syntax leave a valid template", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}/templates/${service.sms}`;
  for (let round = 0; round < 5; round++) {
    await bodyOf(await hark.manage("PUT", path, { syntax: "notify", body: "x" }), 200);
    await Promise.all(
      [{ body: "[#if x]" }, { syntax: "freemarker" }, { name: `T${round}` }].map((change) =>
        hark.manage("PUT", path, change)
      ),
    );
    const { syntax, body } = await bodyOf(await hark.manage("GET", path), 200);
    assert.notDeepEqual([syntax, body], ["freemarker", "[#if x]"]);
  }
});

Deno.test("DELETE …/templates/{id}: archives; the template is neither listed nor changed, and its number is not reused", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const all = `${SERVICES}/${service.id}/templates`;
  const path = `${all}/${service.email}`;
  const answer = await hark.manage("DELETE", path);
  assert.equal(await answer.text(), "");
  assert.equal(answer.status, 204);
  assert.equal((await hark.manage("DELETE", path)).status, 204);
  const { templates } = await bodyOf(await hark.manage("GET", all), 200);
  assert.deepEqual(templates.map(({ id }: { id: string }) => id), [service.sms]);
  const archived = await bodyOf(await hark.manage("GET", path), 200);
  assert.equal(archived.archived, true);
  assert.equal(
    (await bodyOf(await hark.manage("PUT", path, { body: "x" }), 409)).detail,
    "The template is archived",
  );
  assert.equal((await bodyOf(await hark.manage("POST", all, TEXT), 201)).number, 3);
  for (const id of [other.sms, NO_ID, "x"]) {
    for (const [method, body] of [["GET"], ["PUT", {}], ["DELETE"]] as const) {
      const answer = await hark.manage(method, `${all}/${id}`, body);
      assert.equal((await bodyOf(answer, 404)).detail, "The service has no such template");
    }
  }
  const theirs = `${SERVICES}/${other.id}/templates/${other.sms}`;
  assert.equal((await bodyOf(await hark.manage("GET", theirs), 200)).archived, false);
});
