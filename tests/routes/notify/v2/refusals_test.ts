import { startTestApplication, type TestApplication } from "../../../support/application.ts";
import {
  assertError,
  assertNothingSent,
  bodyOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../../support.ts";
import assert from "node:assert/strict";

type Fields = Readonly<Record<string, unknown>>;

/** Prepares the service for a case; returns the fields of the request. */
type Prepare = (hark: TestApplication, service: ServiceWithTemplates) => Promise<Fields> | Fields;

interface Refused {
  readonly title: string;
  readonly error?: string;
  readonly message: string | ((service: ServiceWithTemplates) => string);
  readonly prepare: Prepare;
  readonly settings?: Fields;
  readonly key?: "team";
}

const BODY = (body: string) => async (hark: TestApplication, service: ServiceWithTemplates) => ({
  template_id: await hark.newTemplate(service.id, { channel: "sms", name: "T", body }),
});
const MAIL = (subject: string, body: string) =>
async (
  hark: TestApplication,
  service: ServiceWithTemplates,
) => ({
  template_id: await hark.newTemplate(service.id, { channel: "email", name: "T", subject, body }),
});

/** The refusals of a text message in GOV.UK Notify's order: each request has the later faults too, where possible. */
const SMS_REFUSALS: readonly Refused[] = [
  {
    title: "a channel that the service may not use",
    message: "Service is not allowed to send text messages",
    settings: { channels: ["email"] },
    prepare: () => ({ template_id: NO_ID }),
  },
  {
    title: "an unknown template",
    message: "Template not found",
    prepare: () => ({ template_id: NO_ID }),
  },
  {
    title: "another service's template",
    message: "Template not found",
    prepare: async (hark) => ({ template_id: (await newServiceWithTemplates(hark)).sms }),
  },
  {
    title: "a template of another channel, though it is deleted",
    message: "email template is not suitable for sms notification",
    prepare: async (hark, service) => {
      await hark.manage("DELETE", `/manage/services/${service.id}/templates/${service.email}`);
      return { template_id: service.email };
    },
  },
  {
    title: "a deleted template",
    message: "Template has been deleted",
    prepare: async (hark, service) => {
      await hark.manage("DELETE", `/manage/services/${service.id}/templates/${service.sms}`);
      return { personalisation: {} };
    },
  },
  {
    title: "missing personalisation, in the template's order and spelling",
    message: "Missing personalisation: First name, b",
    prepare: async (hark, service) => ({
      ...await BODY("((First name)) ((a)) ((b)) ((FIRSTNAME))")(hark, service),
      personalisation: { A: "x", c: { file: "x" } },
    }),
  },
  {
    title: "values that are null",
    message: "Missing personalisation: name",
    prepare: () => ({ personalisation: { name: null } }),
  },
  {
    title: "no personalisation at all",
    message: "Missing personalisation: name",
    prepare: () => ({ personalisation: undefined }),
  },
  {
    title: "an empty message",
    message: "Your message is empty.",
    prepare: BODY("((name??))"),
  },
  {
    title: "a file in a text",
    message: "Can only send a file by email",
    prepare: () => ({
      personalisation: { name: "x", doc: { file: "" } },
      sms_sender_id: NO_ID,
    }),
  },
  {
    title: "an unknown sender",
    message: (service) =>
      `sms_sender_id ${NO_ID} does not exist in database for service id ${service.id}`,
    key: "team",
    prepare: () => ({ sms_sender_id: NO_ID }),
  },
  {
    title: "a recipient that a team key may not send to",
    message: "Can’t send to this recipient using a team-only API key",
    key: "team",
    settings: { international_sms: false },
    prepare: () => ({ phone_number: "+33612345678" }),
  },
  {
    title: "a recipient that a trial service may not send to",
    message: "Can’t send to this recipient when service is in trial mode – see " +
      "https://www.notifications.service.gov.uk/trial-mode",
    settings: { mode: "trial", international_sms: false },
    prepare: () => ({ phone_number: "+33612345678" }),
  },
  {
    title: "a number abroad without the permission",
    message: "Cannot send to international mobile numbers",
    settings: { international_sms: false },
    prepare: () => ({ phone_number: "+33612345678", personalisation: { name: "x".repeat(919) } }),
  },
  {
    title: "a landline without the permission",
    error: "InvalidPhoneError",
    message: "Not a UK mobile number",
    prepare: () => ({ phone_number: "020 7946 0958", personalisation: { name: "x".repeat(919) } }),
  },
  {
    title: "a text that is too long",
    message: "Your message is too long. Text messages cannot be longer than 918 characters. " +
      "Your message is 919 characters long.",
    prepare: () => ({ personalisation: { name: "x".repeat(916) } }),
  },
];

/** The refusals of an email that a text message does not have, or has with another message. */
const EMAIL_REFUSALS: readonly Refused[] = [
  {
    title: "a channel that the service may not use",
    message: "Service is not allowed to send emails",
    settings: { channels: ["sms"] },
    prepare: () => ({}),
  },
  {
    title: "an unknown template",
    message: "Template not found",
    prepare: () => ({ template_id: NO_ID }),
  },
  {
    title: "a template of another channel",
    message: "sms template is not suitable for email notification",
    prepare: (_hark, service) => ({ template_id: service.sms }),
  },
  {
    title: "missing personalisation, the subject's first",
    message: "Missing personalisation: s, b",
    prepare: MAIL("((s))", "((b)) ((s))"),
  },
  {
    title: "an empty message",
    message: "Your message is empty.",
    prepare: MAIL("Subject", "((name??))"),
  },
  {
    title: "a file when files are not set up",
    message: (service) =>
      "Send files by email has not been set up - add contact details for your service at " +
      `http://hark.test/services/${service.id}/service-settings/send-files-by-email`,
    prepare: () => ({ personalisation: { name: "Ann", item: { file: "aGk=" } } }),
  },
  {
    title: "an unknown reply-to address",
    message: (service) =>
      `email_reply_to_id ${NO_ID} does not exist in database for service id ${service.id}`,
    prepare: () => ({ email_reply_to_id: NO_ID }),
  },
  {
    title: "a recipient that a team key may not send to",
    message: "Can’t send to this recipient using a team-only API key",
    key: "team",
    prepare: () => ({}),
  },
  {
    title: "an e-mail that is too long, in bytes",
    message: "Your message is too long. Emails cannot be longer than 2000000 bytes. " +
      "Your message is 2000002 bytes.",
    prepare: async (hark, service) => ({
      ...await MAIL("S", "((name))")(hark, service),
      personalisation: { name: "ї".repeat(1_000_001) },
    }),
  },
];

const TABLES = [[SMS, textTo, SMS_REFUSALS], [EMAIL, emailTo, EMAIL_REFUSALS]] as const;
for (const [path, requestTo, refusals] of TABLES) {
  for (const refused of refusals) {
    Deno.test(`POST ${path}: refuses ${refused.title}`, async () => {
      await using hark = await startTestApplication();
      const service = await newServiceWithTemplates(hark, refused.settings);
      const request = requestTo(service, await refused.prepare(hark, service));
      const { error = "BadRequestError", message } = refused;
      await assertError(
        await hark.as(service.keys[refused.key ?? "live"], "POST", path, request),
        400,
        error,
        typeof message === "string" ? message : message(service),
      );
      await assertNothingSent(hark);
    });
  }
}

Deno.test("POST /v2/notifications/sms: accepts a text of 918 characters with any prefix", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { name: "A service with a long name" });
  const request = textTo(service, { personalisation: { name: "x".repeat(915) } });
  const { content } = await bodyOf(await hark.as(service.keys.live, "POST", SMS, request), 201);
  assert.equal(content.body.length, 918);
});

/** Bodies that the schema refuses, with every problem in GOV.UK Notify's order. */
const INVALID: readonly (readonly [string, unknown, readonly string[]])[] = [
  [SMS, null, ["phone_number is a required property", "template_id is a required property"]],
  [SMS, "", ["phone_number is a required property", "template_id is a required property"]],
  [SMS, 0, ["phone_number is a required property", "template_id is a required property"]],
  [SMS, [], ["phone_number is a required property", "template_id is a required property"]],
  [SMS, false, ["phone_number is a required property", "template_id is a required property"]],
  [EMAIL, {}, ["email_address is a required property", "template_id is a required property"]],
  [SMS, [1], ["[1] is not of type object"]],
  [SMS, "x", ["x is not of type object"]],
  [SMS, true, ["True is not of type object"]],
  [SMS, {
    phone_number: 7,
    template_id: null,
    personalisation: ["it's"],
    reference: "x".repeat(1001),
    sms_sender_id: "x",
    scheduled_for: 1.5,
    zebra: 1,
    apple: 2,
  }, [
    `reference ${"x".repeat(1001)} is too long`,
    "phone_number 7 is not of type string",
    "template_id is not a valid UUID",
    'personalisation ["its"] is not of type object',
    "scheduled_for 1.5 is not of type string, null",
    "sms_sender_id is not a valid UUID",
    "Additional properties are not allowed (apple, zebra were unexpected)",
  ]],
  [SMS, { phone_number: "07700900123", template_id: NO_ID, reference: null, email_address: "x" }, [
    "reference None is not of type string",
    "Additional properties are not allowed (email_address was unexpected)",
  ]],
  [SMS, { phone_number: "", template_id: NO_ID }, ["phone_number Not enough digits"]],
  [SMS, { phone_number: "07700900123x", template_id: NO_ID }, [
    "phone_number Must not contain letters or symbols",
  ]],
  [SMS, {
    phone_number: "07700900123",
    template_id: NO_ID,
    scheduled_for: "2001-01-01T00:00:00",
  }, ["scheduled_for datetime can not be in the past"]],
  [SMS, {
    phone_number: "07700900123",
    template_id: NO_ID,
    scheduled_for: "2101-01-01T00:00:00",
  }, ["scheduled_for datetime can only be 30 days in the future"]],
  [EMAIL, {
    email_address: "nobody",
    template_id: NO_ID,
    one_click_unsubscribe_url: "http://example.com",
    sanitise_content_for: "name",
    email_reply_to_id: 7,
  }, [
    "email_address Not a valid email address",
    "email_reply_to_id is not a valid UUID",
    "one_click_unsubscribe_url is not a valid https url",
    "sanitise_content_for name is not of type array, null",
  ]],
  [EMAIL, { email_address: "a@example.com", template_id: NO_ID, one_click_unsubscribe_url: null }, [
    "one_click_unsubscribe_url is not a valid https url",
  ]],
  [EMAIL, {
    email_address: "a@example.com",
    template_id: NO_ID,
    personalisation: {
      a: { file: 7, filename: "x", retention_period: "79 weeks", is_csv: "yes", odd: 1 },
      b: { file: "", filename: "a.csv", is_csv: true, confirm_email_before_download: "no" },
    },
  }, [
    "Additional properties are not allowed (odd was unexpected)",
    "file 7 is not of type string",
    "is_csv Unsupported value for is_csv: yes. Use a boolean true or false value.",
    "retention_period Unsupported value for retention_period: 79 weeks. " +
    "Supported periods are from 1 to 78 weeks.",
    "filename `filename` must end with a file extension. For example, filename.csv",
    "Do not set a value for `is_csv` if `filename` is set.",
    "confirm_email_before_download Unsupported value for confirm_email_before_download: no. " +
    "Use a boolean true or false value.",
    "Do not set a value for `is_csv` if `filename` is set.",
  ]],
  ["/v2/notifications/letter", {}, [
    "template_id is a required property",
    "personalisation is a required property",
  ]],
  ["/v2/notifications/letter", { content: 7, postage: "third" }, [
    "content 7 is not of type string",
    "postage invalid. It must be either first, second or economy.",
    "reference is a required property",
  ]],
];

Deno.test("POST /v2/notifications/{type}: lists every problem of a body in GOV.UK Notify's order", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const [path, request, messages] of INVALID) {
    const label = JSON.stringify(request).slice(0, 200);
    const json = JSON.stringify(request);
    const body = await bodyOf(await hark.as(service.keys.live, "POST", path, json), 400, label);
    assert.deepEqual(body, {
      status_code: 400,
      errors: messages.map((message) => ({ error: "ValidationError", message })),
    }, label);
  }
  await assertNothingSent(hark);
});

Deno.test("POST /v2/notifications/letter: refuses a valid letter, as for a service without letters", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const letters = [
    { template_id: NO_ID, personalisation: {} },
    { reference: "r", content: "JVBERi0=", postage: "first" },
  ];
  for (const key of Object.values(service.keys)) {
    for (const letter of letters) {
      await assertError(
        await hark.as(key, "POST", "/v2/notifications/letter", letter),
        400,
        "BadRequestError",
        "Service is not allowed to send letters",
      );
    }
  }
  await assertError(
    await hark.as(service.keys.live, "POST", "/v2/notifications/letter", "nonsense"),
    400,
    "BadRequestError",
    "Invalid JSON supplied in POST data",
  );
});

const NOT_FOUND = {
  result: "error",
  message: "The requested URL was not found on the server. If you entered the URL manually " +
    "please check your spelling and try again.",
};
const NOT_ALLOWED = {
  result: "error",
  message: "The method is not allowed for the requested URL.",
};

Deno.test("POST /v2/notifications/{type}: 404 for an unknown type, after authentication", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await assertError(
    await hark.request("/v2/notifications/fax", { method: "POST" }),
    401,
    "AuthError",
    "Unauthorized: authentication token must be provided",
  );
  const answer = await hark.as(service.keys.live, "POST", "/v2/notifications/fax", "{}");
  assert.deepEqual(await bodyOf(answer, 404), NOT_FOUND);
});

Deno.test("/v2: answers unknown addresses and methods in the legacy shape, without authentication", async () => {
  await using hark = await startTestApplication();
  const unknown = [
    ["GET", "/v2"],
    ["GET", "/v2/"],
    ["GET", "/v2/nothing"],
    ["GET", "/v2/notifications/"],
    ["GET", `/v2/notifications/${NO_ID}/`],
    ["POST", "/v2/notifications/sms/"],
    ["GET", `/v2/template/${NO_ID}/version/one`],
    ["GET", `/v2/template/${NO_ID}/version/-1`],
    ["GET", "/v2/template"],
    ["GET", "/V2/notifications"],
    ["GET", "/nothing"],
  ] as const;
  for (const [method, path] of unknown) {
    const answer = await hark.request(path, { method });
    assert.deepEqual(await bodyOf(answer, 404, path), NOT_FOUND, `${method} ${path}`);
  }
  const wrong = [
    ["POST", "/v2/notifications"],
    ["PUT", "/v2/notifications/sms"],
    ["DELETE", `/v2/notifications/${NO_ID}`],
    ["POST", `/v2/notifications/${NO_ID}/pdf`],
    ["POST", "/v2/templates"],
    ["POST", `/v2/template/${NO_ID}`],
    ["POST", `/v2/template/${NO_ID}/version/1`],
    ["GET", `/v2/template/${NO_ID}/preview`],
  ] as const;
  for (const [method, path] of wrong) {
    const answer = await hark.request(path, { method });
    assert.deepEqual(await bodyOf(answer, 405, path), NOT_ALLOWED, `${method} ${path}`);
  }
});
