import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { V2_SCHEMAS, type V2Endpoint } from "../../../domain/notify_v2/schemas.ts";
import { isFileValue, letterEndpoint, validateV2 } from "../../../domain/notify_v2/validate_v2.ts";

const NOW = Date.UTC(2017, 4, 12, 13);
const ID = "2ebe4da8-17be-49fe-b02f-dff2760261a0";
const SMS = { phone_number: "07515111111", template_id: ID };
const EMAIL = { email_address: "a@example.com", template_id: ID };
const ENDPOINTS = Object.keys(V2_SCHEMAS).filter(isEndpoint);

function isEndpoint(name: string): name is V2Endpoint {
  return Object.hasOwn(V2_SCHEMAS, name);
}

function messages(endpoint: V2Endpoint, body: unknown): readonly string[] {
  const result = validateV2(endpoint, body, NOW);
  return result.ok ? [] : result.refusal.map(({ message }) => message);
}

const LETTER = "POST /v2/notifications/letter";
const PRECOMPILED = "POST /v2/notifications/letter (precompiled)";
const VERSION = "GET /v2/template/{id}/version/{version}";
const FILE = "file in personalisation";

const CASES: readonly (readonly [V2Endpoint, unknown, readonly string[]])[] = [
  ["POST /v2/notifications/sms", SMS, []],
  ["POST /v2/notifications/sms", { ...SMS, reference: "😀".repeat(1000) }, []],
  [
    "POST /v2/notifications/sms",
    { ...SMS, reference: "😀".repeat(1001) },
    [`reference ${"😀".repeat(1001)} is too long`],
  ],
  ["POST /v2/notifications/sms", { ...SMS, personalisation: [1, "a", null] }, [
    "personalisation [1, a, None] is not of type object",
  ]],
  ["POST /v2/notifications/sms", [[]], ["[[]] is not of type object"]],
  ["POST /v2/notifications/sms", { ...SMS, "\u{1F600}": 1, "\uFF5E": 2, "it's": 3, "a\n": 4 }, [
    'Additional properties are not allowed (a\\n, "its", \uFF5E, \u{1F600} were unexpected)',
  ]],
  ["POST /v2/notifications/sms", { ...SMS, constructor: 1 }, [
    "Additional properties are not allowed (constructor was unexpected)",
  ]],
  ["POST /v2/notifications/sms", { ...SMS, scheduled_for: "2017-05-12T13:00:00+05:00" }, []],
  ["POST /v2/notifications/sms", { ...SMS, scheduled_for: "2017-W19-6 13:00" }, []],
  ["POST /v2/notifications/sms", { ...SMS, scheduled_for: "2017-05-12T12:59:59.999999" }, [
    "scheduled_for datetime can not be in the past",
  ]],
  ["POST /v2/notifications/sms", { ...SMS, scheduled_for: "2017-05-13T13:00:00.000001" }, [
    "scheduled_for datetime can only be 24 hours in the future",
  ]],
  ["POST /v2/notifications/email", { ...EMAIL, one_click_unsubscribe_url: "https:" }, []],
  ["POST /v2/notifications/email", { ...EMAIL, one_click_unsubscribe_url: "https" }, [
    "one_click_unsubscribe_url is not a valid https url",
  ]],
  ["POST /v2/notifications/email", { ...EMAIL, one_click_unsubscribe_url: "https://é.com" }, [
    "one_click_unsubscribe_url is not a valid https url",
  ]],
  [LETTER, {}, ["template_id is a required property", "personalisation is a required property"]],
  [LETTER, { template_id: ID, personalisation: {}, postage: "first" }, [
    "Additional properties are not allowed (postage was unexpected)",
  ]],
  [PRECOMPILED, { reference: "r".repeat(2000), content: "YQ==", postage: "economy" }, []],
  [PRECOMPILED, { content: 1, postage: "europe" }, [
    "content 1 is not of type string",
    "postage invalid. It must be either first, second or economy.",
    "reference is a required property",
  ]],
  [PRECOMPILED, { reference: "r", content: "", postage: null }, [
    "postage None is not of type string",
  ]],
  ["GET /v2/notifications", { status: ["x", "x"] }, [
    "status x is not one of [cancelled, created, sending, sent, delivered, pending, failed, " +
    "technical-failure, temporary-failure, permanent-failure, pending-virus-check, " +
    "validation-failed, virus-scan-failed, returned-letter, accepted, received]",
  ]],
  [VERSION, { id: ID, version: null }, []],
  [VERSION, { id: ID, version: 0 }, ["version 0 is less than the minimum of 1"]],
  [VERSION, { id: ID, version: -1.5 }, [
    "version -1.5 is not of type integer, null",
    "version -1.5 is less than the minimum of 1",
  ]],
  [FILE, { file: 1, is_csv: "x", filename: "f", other: 1 }, [
    "Additional properties are not allowed (other was unexpected)",
    "file 1 is not of type string",
    "is_csv Unsupported value for is_csv: x. Use a boolean true or false value.",
    "filename `filename` must end with a file extension. For example, filename.csv",
    "Do not set a value for `is_csv` if `filename` is set.",
  ]],
  [FILE, { file: "", retention_period: ["1", 2] }, [
    "retention_period Unsupported value for retention_period: [1, 2]. " +
    "Supported periods are from 1 to 78 weeks.",
  ]],
];

for (const [endpoint, body, expected] of CASES) {
  const shown = JSON.stringify(body).slice(0, 100);
  Deno.test(`validateV2: ${endpoint} ${shown} has ${expected.length} problems`, () => {
    assert.deepEqual(messages(endpoint, body), expected);
  });
}

Deno.test("validateV2: treats every falsy body as an empty object", () => {
  for (const body of [null, undefined, "", 0, false, [], {}]) {
    assert.deepEqual(messages("GET /v2/templates", body), []);
    assert.equal(messages("POST /v2/notifications/sms", body).length, 2);
  }
});

Deno.test("validateV2: returns canonical identifiers, recipients as typed and undefined for missing fields", () => {
  const body = { phone_number: " 07515 111111", template_id: `{${ID.toUpperCase()}}` };
  assert.deepEqual(validateV2("POST /v2/notifications/sms", body, NOW), {
    ok: true,
    value: {
      reference: undefined,
      phone_number: " 07515 111111",
      template_id: ID,
      personalisation: undefined,
      scheduled_for: undefined,
      sms_sender_id: undefined,
      valid_until: undefined,
      urgent: undefined,
    },
  });
});

Deno.test("validateV2: parses a retention period to weeks", () => {
  const result = validateV2(FILE, { file: "YQ==", retention_period: " 4 WEEKS " }, NOW);
  assert.ok(result.ok);
  assert.equal(result.value.retention_period, 4);
});

Deno.test("validateV2: parses telephone numbers in the given country", () => {
  const body = { ...SMS, phone_number: "050 123 4567" };
  assert.equal(validateV2("POST /v2/notifications/sms", body, NOW).ok, false);
  assert.equal(validateV2("POST /v2/notifications/sms", body, NOW, { country: "UA" }).ok, true);
});

Deno.test("letterEndpoint and isFileValue: look at the key only", () => {
  assert.equal(letterEndpoint({ content: null }), PRECOMPILED);
  assert.equal(letterEndpoint({}), LETTER);
  assert.equal(letterEndpoint(null), LETTER);
  assert.equal(isFileValue({ file: false }), true);
  assert.equal(isFileValue(["file"]), false);
});

Deno.test("validateV2: never throws for any JSON, and its texts have no apostrophe", () => {
  const names = ENDPOINTS.flatMap((endpoint) => Object.keys(V2_SCHEMAS[endpoint].fields));
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), fc.jsonValue()));
  fc.assert(
    fc.property(fc.constantFrom(...ENDPOINTS), body, fc.integer(), (endpoint, value, now) => {
      const result = validateV2(endpoint, value, now);
      if (result.ok) return;
      assert.ok(result.refusal.length > 0);
      assert.ok(result.refusal.every(({ message }) => !message.includes("'")));
    }),
  );
});

Deno.test("validateV2: handles a body that is nested ten thousand deep", () => {
  const deep: unknown = JSON.parse("[".repeat(10_000) + "]".repeat(10_000));
  assert.equal(messages("POST /v2/notifications/sms", deep).length, 1);
  assert.equal(messages("POST /v2/notifications/sms", { ...SMS, personalisation: deep }).length, 1);
});
