import assert from "node:assert/strict";
import {
  issueRequestToken,
  startTestApplication,
  type TestApplication,
} from "../../../support/application.ts";
import {
  assertError,
  bodyOf,
  newServiceWithTemplates,
  NO_ID,
  type ServiceWithTemplates,
  TIMESTAMP,
} from "../../support.ts";

const read = (hark: TestApplication, service: ServiceWithTemplates, path: string) =>
  hark.as(service.keys.live, "GET", path);
const change = (hark: TestApplication, service: ServiceWithTemplates, id: string, body: unknown) =>
  hark.manage("PUT", `/manage/services/${service.id}/templates/${id}`, body);

Deno.test("GET /v2/template/{id}: returns every key of a template, and of each version", async () => {
  await using hark = await startTestApplication({
    environment: { EMAIL_DOMAIN: "hark.example" },
  });
  const service = await newServiceWithTemplates(hark);
  const first = await bodyOf(await read(hark, service, `/v2/template/${service.email}`), 200);
  assert.match(first.created_at, TIMESTAMP);
  assert.deepEqual(first, {
    id: service.email,
    type: "email",
    created_at: first.created_at,
    updated_at: null,
    created_by: "operator@hark.example",
    version: 1,
    body: "Dear ((name)),\r\n\r\nYour ((item)) is ready.",
    subject: "Hello ((name))",
    name: "Letter",
    personalisation: { name: { required: true }, item: { required: true } },
    postage: null,
    letter_contact_block: null,
  });

  await bodyOf(
    await change(hark, service, service.email, { body: "((b??x)) ((A))", subject: "((s)) ((a))" }),
    200,
  );
  const newest = await bodyOf(await read(hark, service, `/v2/template/${service.email}`), 200);
  assert.match(newest.updated_at, TIMESTAMP);
  assert.equal(newest.version, 2);
  assert.equal(newest.created_at, first.created_at);
  assert.deepEqual(Object.keys(newest.personalisation), ["s", "a", "b"]);
  const cases = [["0", newest], ["1", first], ["2", newest], ["001", first]] as const;
  for (const [version, template] of cases) {
    const path = `/v2/template/${service.email}/version/${version}`;
    assert.deepEqual(await bodyOf(await read(hark, service, path), 200), template, version);
  }
  const text = await bodyOf(await read(hark, service, `/v2/template/${service.sms}`), 200);
  assert.equal(text.subject, null);
  assert.equal(text.type, "sms");
});

Deno.test("GET /v2/template/{id}: 404 for unknown templates and for those of another service", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const missing = [
    `/v2/template/${NO_ID}`,
    `/v2/template/${other.sms}`,
    `/v2/template/${other.sms}/version/1`,
    `/v2/template/${service.sms}/version/2`,
    `/v2/template/${service.sms}/version/99999999999999999999`,
    `/v2/template/${service.sms}/version/${"9".repeat(400)}`,
  ];
  for (const path of missing) {
    await assertError(
      await read(hark, service, path),
      404,
      "NoResultFound",
      "No result found",
      path,
    );
  }
  for (const path of ["/v2/template/x", "/v2/template/x/version/1", "/v2/template/%00"]) {
    await assertError(
      await read(hark, service, path),
      400,
      "ValidationError",
      "id is not a valid UUID",
      path,
    );
  }
});

Deno.test("GET /v2/templates: lists by name, without deleted templates, which stay readable", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const again = await hark.newTemplate(service.id, { channel: "sms", name: "Apple", body: "b" });
  const list = async (query = "") => {
    const { templates } = await bodyOf(await read(hark, service, `/v2/templates${query}`), 200);
    return templates.map(({ id }: { id: string }) => id);
  };
  assert.deepEqual(await list(), [again, service.email, service.sms]);
  assert.deepEqual(await list("?type=sms"), [again, service.sms]);
  assert.deepEqual(await list("?type=email"), [service.email]);
  assert.deepEqual(await list("?type=letter"), []);
  assert.deepEqual(await list("?type=sms&type=email"), [again, service.sms]);

  await hark.manage("DELETE", `/manage/services/${service.id}/templates/${again}`);
  assert.deepEqual(await list(), [service.email, service.sms]);
  await bodyOf(await read(hark, service, `/v2/template/${again}`), 200);
  const preview = await hark.as(service.keys.live, "POST", `/v2/template/${again}/preview`);
  assert.equal((await bodyOf(preview, 200)).body, "b");

  await assertError(
    await read(hark, service, "/v2/templates?type=coconut"),
    400,
    "ValidationError",
    "type coconut is not one of [sms, email, letter]",
  );
  await assertError(
    await read(hark, service, "/v2/templates?page=1"),
    400,
    "ValidationError",
    "Additional properties are not allowed (page was unexpected)",
  );
});

Deno.test("POST /v2/template/{id}/preview: renders without sending", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const preview = (id: string, body?: unknown) =>
    hark.as(service.keys.live, "POST", `/v2/template/${id}/preview`, body);
  const personalisation = { name: "<Ann>", item: "card" };

  assert.deepEqual(
    await bodyOf(await preview(service.sms, { personalisation, id: "x", other: 1 }), 200),
    {
      id: service.sms,
      type: "sms",
      version: 1,
      body: "Hi <Ann>",
      html: null,
      subject: null,
      postage: null,
    },
  );
  const email = await bodyOf(await preview(service.email, { personalisation }), 200);
  assert.match(email.html, /Dear &lt;Ann&gt;,/);
  assert.deepEqual(email, {
    id: service.email,
    type: "email",
    version: 1,
    body: "Dear <Ann>,\r\n\r\nYour card is ready.",
    html: email.html,
    subject: "Hello <Ann>",
    postage: null,
  });
  await hark.settle();
  assert.equal((await hark.sent()).length, 0);
});

Deno.test("POST /v2/template/{id}/preview: accepts an empty body as no personalisation", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `/v2/template/${service.sms}/preview`;
  for (const body of [undefined, "", "{}", "null", "[]", '""', '{"personalisation": {}}']) {
    await assertError(
      await hark.as(service.keys.live, "POST", path, body),
      400,
      "BadRequestError",
      "Missing personalisation: name",
      String(body),
    );
  }
  const empty = new ReadableStream({ start: (controller) => controller.close() });
  const authorization = `Bearer ${await issueRequestToken(service.keys.live)}`;
  await assertError(
    await hark.request(path, { method: "POST", headers: { authorization }, body: empty }),
    400,
    "BadRequestError",
    "Missing personalisation: name",
  );
});

Deno.test("POST /v2/…: 400 when the values of an e-mail have too much markup, in a preview and in a send", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const personalisation = { name: "&".repeat(1_900_000), item: "x" };
  const preview = `/v2/template/${service.email}/preview`;
  const send = { template_id: service.email, email_address: "ann@example.com", personalisation };
  for (
    const [path, body] of [
      [preview, { personalisation }],
      ["/v2/notifications/email", send],
    ] as const
  ) {
    await assertError(
      await hark.as(service.keys.live, "POST", path, body),
      400,
      "BadRequestError",
      "Your message has too much formatting. Emails cannot have more than 200000 line breaks, " +
        "punctuation and formatting marks.",
      path,
    );
  }
  const allowed = { personalisation: { name: "&".repeat(90_000), item: "x" } };
  await bodyOf(await hark.as(service.keys.live, "POST", preview, allowed), 200);
});

Deno.test("POST /v2/template/{id}/preview: refuses invalid bodies", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const cases = [
    [service.sms, "{", 400, "BadRequestError", "Invalid JSON supplied in POST data"],
    [
      service.sms,
      '{"personalisation": null}',
      400,
      "ValidationError",
      "personalisation None is not of type object",
    ],
    ["x", "{}", 400, "ValidationError", "id is not a valid UUID"],
    [NO_ID, "{}", 404, "NoResultFound", "No result found"],
    [other.sms, "{}", 404, "NoResultFound", "No result found"],
    [
      service.email,
      '{"personalisation": {"ITEM": 1}}',
      400,
      "BadRequestError",
      "Missing personalisation: name",
    ],
  ] as const;
  for (const [id, body, status, error, message] of cases) {
    await assertError(
      await hark.as(service.keys.live, "POST", `/v2/template/${id}/preview`, body),
      status,
      error,
      message,
      `${id} ${body}`,
    );
  }
});
