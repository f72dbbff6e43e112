import assert from "node:assert/strict";
import { createClock } from "../../../../adapters/clock.ts";
import { startTestApplication } from "../../../support/application.ts";
import {
  bodyOf,
  countOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  SMS,
  textTo,
  UUID,
} from "../../support.ts";
import { test } from "../../../support/runner.ts";

/** The headers of every answer of GOV.UK Notify. */
const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "Content-Type,Authorization",
  "access-control-allow-methods": "GET,PUT,POST,DELETE",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
  "x-permitted-cross-domain-policies": "none",
  "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
  "cache-control": "no-store, no-cache, private, must-revalidate",
};

Deno.test("POST /v2/notifications/sms: answers 201 with GOV.UK Notify's body, and sends", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { name: "Land Registry" });
  const response = await hark.as(
    service.keys.live,
    "POST",
    SMS,
    textTo(service, { reference: "case 7", phone_number: " 07700 900123 " }),
  );
  assert.equal(response.headers.get("content-type"), "application/json");
  const body = await bodyOf(response, 201);
  assert.match(body.id, UUID);
  assert.deepEqual(body, {
    id: body.id,
    reference: "case 7",
    content: { from_number: "HARK", body: "Hi Ann" },
    uri: `http://hark.test/v2/notifications/${body.id}`,
    template: {
      id: service.sms,
      version: 1,
      uri: `http://hark.test/services/${service.id}/templates/${service.sms}`,
    },
    scheduled_for: null,
  });
  await hark.settle();
  const [sent] = await hark.sent();
  assert.equal(sent?.to, "447700900123");
  assert.equal(sent?.text, "Land Registry: Hi Ann");
  assert.equal(sent?.notification_id, body.id);
});

Deno.test("POST /v2/notifications/email: answers 201 with GOV.UK Notify's body, and sends", async () => {
  await using hark = await startTestApplication({
    environment: { PUBLIC_URL: "https://hark.example/" },
  });
  const service = await newServiceWithTemplates(hark, { name: "Land Registry" });
  const url = "https://example.com/stop?a=1";
  const response = await hark.as(
    service.keys.live,
    "POST",
    EMAIL,
    emailTo(service, { one_click_unsubscribe_url: url, sanitise_content_for: null }),
  );
  const body = await bodyOf(response, 201);
  assert.deepEqual(body, {
    id: body.id,
    reference: null,
    content: {
      from_email: "land.registry@hark.example",
      body: "Dear Ann,\r\n\r\nYour card is ready.",
      subject: "Hello Ann",
      one_click_unsubscribe_url: url,
    },
    uri: `https://hark.example/v2/notifications/${body.id}`,
    template: {
      id: service.email,
      version: 1,
      uri: `https://hark.example/services/${service.id}/templates/${service.email}`,
    },
    scheduled_for: null,
    sanitised_content: {},
  });
  await hark.settle();
  const [sent] = await hark.sent();
  assert.equal(sent?.to, "ann@example.com");
  assert.equal(sent?.from, '"Land Registry" <land.registry@hark.example>');
  assert.equal(sent?.subject, "Hello Ann");
  assert.equal(sent?.headers["List-Unsubscribe"], `<${url}>`);
  assert.equal(sent?.headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
});

Deno.test("POST /v2/notifications/sms: uses the service's own sender, prefix and country", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, {
    sms_sender: "Dvir",
    sms_prefix: false,
    country: "UA",
  });
  const body = await bodyOf(
    await hark.as(
      service.keys.live,
      "POST",
      SMS,
      textTo(service, { phone_number: "067 123 45 67", personalisation: { name: "Олена" } }),
    ),
    201,
  );
  assert.deepEqual(body.content, { from_number: "Dvir", body: "Hi Олена" });
  await hark.settle();
  assert.equal((await hark.sent())[0]?.to, "380671234567");
  assert.equal((await hark.sent())[0]?.text, "Hi Олена");
});

Deno.test("POST /v2/notifications/email: reports which values it sanitised", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const body = await bodyOf(
    await hark.as(
      service.keys.live,
      "POST",
      EMAIL,
      emailTo(service, {
        personalisation: { name: "*Ann*", item: "# card", Other: "_x_" },
        sanitise_content_for: ["NA ME", "other", "absent", 7, null],
      }),
    ),
    201,
  );
  assert.deepEqual(body.sanitised_content, {
    name: { unsanitised: "*Ann*", sanitised: "\\*Ann\\*" },
    Other: { unsanitised: "_x_", sanitised: "\\_x\\_" },
  });
  assert.equal(body.content.body, "Dear \\*Ann\\*,\r\n\r\nYour # card is ready.");
});

const VALUES: readonly (readonly [string, string])[] = [
  ['"text"', "text"],
  ["7", "7"],
  ["1.5", "1.5"],
  ["0", "0"],
  ["true", "True"],
  ["false", "False"],
  ['""', ""],
  ['{"a": "b"}', "{'a': 'b'}"],
  ['["a", "b", "c"]', "a, b and c"],
  // More digits than a double can hold: case numbers must be kept unchanged.
  ["12345678901234567890", "12345678901234567890"],
  ["-9007199254740993", "-9007199254740993"],
  ["[9007199254740993]", "9007199254740993"],
  ["9007199254740991", "9007199254740991"],
];

for (const [value, text] of VALUES) {
  Deno.test(`POST /v2/notifications/sms: renders the value ${value} as GOV.UK Notify does`, async () => {
    await using hark = await startTestApplication();
    const service = await newServiceWithTemplates(hark);
    const template = await hark.newTemplate(service.id, {
      channel: "sms",
      name: "Value",
      body: "Value:((name)).",
    });
    const json = `{"phone_number": "07700900123", "template_id": "${template}",
      "personalisation": {"name": ${value}, "unused": [[1]]}}`;
    const body = await bodyOf(await hark.as(service.keys.live, "POST", SMS, json), 201);
    assert.equal(body.content.body, `Value:${text}.`);
  });
}

Deno.test("POST /v2/notifications/sms: accepts a UUID in each form that GOV.UK Notify accepts", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const id = service.sms;
  const ways = [id.toUpperCase(), id.replaceAll("-", ""), `{${id}}`, `urn:uuid:${id}`];
  for (const template_id of ways) {
    const sent = await hark.as(service.keys.live, "POST", SMS, textTo(service, { template_id }));
    assert.equal((await bodyOf(sent, 201, template_id)).template.id, id);
  }
});

Deno.test("POST /v2/notifications/sms: sends at once when scheduled_for is null", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const request = textTo(service, { scheduled_for: null, valid_until: null, urgent: null });
  const body = await bodyOf(await hark.as(service.keys.live, "POST", SMS, request), 201);
  assert.equal(body.scheduled_for, null);
  await hark.settle();
  assert.equal((await hark.sent()).length, 1);
});

Deno.test("POST /v2/notifications/sms: keeps a reference of a thousand characters of any script", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const references = ["", "x", "😀".repeat(1000), "ї'\"\\/\n\t\u2028", "  outer blanks  ", "0"];
  for (const reference of references) {
    const sent = await bodyOf(
      await hark.as(service.keys.live, "POST", SMS, textTo(service, { reference })),
      201,
    );
    assert.equal(sent.reference, reference);
    const read = await hark.as(service.keys.live, "GET", `/v2/notifications/${sent.id}`);
    assert.equal((await bodyOf(read, 200)).reference, reference);
  }
});

const ODD = [
  ["a\u0000b", "ab"],
  ["a\ud800b", "a\ud800b"],
  ["\udc00", "\udc00"],
  ["\u0001\u007f\uffff", "\uffff"],
] as const;

for (const [odd, shown] of ODD) {
  Deno.test(`POST /v2/notifications: returns the reference ${JSON.stringify(odd)} unchanged, and the value without control characters`, async () => {
    await using hark = await startTestApplication();
    const service = await newServiceWithTemplates(hark);
    const fields = { reference: odd, personalisation: { name: odd, item: odd } };
    for (
      const [path, request] of [
        [SMS, textTo(service, fields)],
        [EMAIL, emailTo(service, fields)],
      ] as const
    ) {
      const sent = await bodyOf(await hark.as(service.keys.live, "POST", path, request), 201);
      // A text message is shown as it is sent, and a lone surrogate cannot be sent.
      assert.ok(sent.content.body.includes(path === SMS ? shown.toWellFormed() : shown), path);
      assert.equal(sent.reference, odd);
      const read = await hark.as(service.keys.live, "GET", `/v2/notifications/${sent.id}`);
      const { body, reference } = await bodyOf(read, 200);
      assert.deepEqual([body, reference], [sent.content.body, odd]);
    }
    await hark.settle();
  });
}

Deno.test("POST /v2/notifications/sms: stores, sends and counts nothing for a smoke-test recipient", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark);
  const cases = [
    ...["07700900000", "+44 7700 900111", "07700-900-222"].map((phone_number) =>
      [SMS, textTo(service, { phone_number })] as const
    ),
    ...["", "-2", "-3"].map((suffix) =>
      [
        EMAIL,
        emailTo(service, {
          email_address: `Simulate-Delivered${suffix}@notifications.service.gov.uk`,
        }),
      ] as const
    ),
  ];
  for (const key of Object.values(service.keys)) {
    for (const [path, request] of cases) {
      const { id } = await bodyOf(await hark.as(key, "POST", path, request), 201);
      await bodyOf(await hark.as(key, "GET", `/v2/notifications/${id}`), 404);
    }
  }
  await hark.settle();
  assert.equal((await hark.sent()).length, 0);
  for (const table of ["notifications", "outbox", "events", "counters"]) {
    assert.equal(await countOf(hark, table), 0, table);
  }
});

/** Asserts that an answer has the status and the headers of GOV.UK Notify. @returns its text */
async function assertHeaders(response: Response, status: number): Promise<string> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  for (const [name, value] of Object.entries(HEADERS)) {
    assert.equal(response.headers.get(name), value, `${status} ${name}`);
  }
  assert.match(response.headers.get("x-request-id") ?? "", UUID);
  return text;
}

Deno.test("/v2: every answer has GOV.UK Notify's headers", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const answers: readonly (readonly [number, () => Promise<Response>])[] = [
    [201, () => hark.as(service.keys.live, "POST", SMS, textTo(service))],
    [200, () => hark.as(service.keys.live, "GET", "/v2/notifications")],
    [200, () => hark.as(service.keys.live, "GET", "/v2/templates")],
    [400, () => hark.as(service.keys.live, "POST", SMS, "{")],
    [401, () => hark.request("/v2/notifications")],
    [403, () => hark.request("/v2/notifications", { headers: { authorization: "Bearer x.y.z" } })],
    [404, () => hark.request("/v2/nothing")],
    [405, () => hark.as(service.keys.live, "DELETE", "/v2/notifications")],
  ];
  for (const [status, ask] of answers) await assertHeaders(await ask(), status);
});

// A server ends the connection of a body that is too large, and the client may not see the answer.
test.inside("/v2: answers to a large body and to an internal error have GOV.UK Notify's headers", async () => {
  const clock = createClock();
  let broken = false;
  await using hark = await startTestApplication({
    clock: {
      ...clock,
      newNotificationId() {
        if (broken) throw new Error("an internal error that quotes 07700900123");
        return clock.newNotificationId();
      },
    },
  });
  const service = await newServiceWithTemplates(hark);
  const large = " ".repeat(5 * 1024 * 1024 + 1);
  await assertHeaders(await hark.as(service.keys.live, "POST", SMS, large), 413);
  broken = true;
  const failed = await hark.as(service.keys.live, "POST", SMS, textTo(service));
  assert.deepEqual(JSON.parse(await assertHeaders(failed, 500)), {
    status_code: 500,
    errors: [{ error: "InternalServerError", message: "Internal server error" }],
  });
});
