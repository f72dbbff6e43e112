import assert from "node:assert/strict";
import { test } from "../../support/runner.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { bodyOf, NO_ID, UUID } from "../support.ts";

const SERVICES = "/manage/services";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const DEFAULTS = {
  pause_at_failures: 20,
  mode: "trial",
  active: true,
  channels: ["sms", "email", "inbox", "diia"],
  country: "GB",
  sms_sender: null,
  sms_prefix: true,
  sms_encoding: "unicode",
  sms_transliterate: false,
  international_sms: true,
  uk_landlines: false,
  email_from_name: null,
  email_from_local: null,
  language: "en",
  logo_url: null,
  brand_colour: null,
  rate_limit_per_minute: 3000,
  daily_limits: { sms: null, email: null, inbox: null, diia: null, international_sms: null },
  retention_days: { sms: 7, email: 7, inbox: 365, diia: 7 },
  time_zone: "UTC",
  quiet_hours: null,
};

const ALL = {
  pause_at_failures: 5,
  name: "Land Registry",
  mode: "live",
  active: true,
  channels: ["email"],
  country: "UA",
  sms_sender: "Dvir & Co",
  sms_prefix: false,
  sms_encoding: "downgrade",
  sms_transliterate: true,
  international_sms: false,
  uk_landlines: true,
  email_from_name: "The Registry",
  email_from_local: "the.registry",
  language: "uk-UA",
  logo_url: "https://example.com/logo.png",
  brand_colour: "#0057b7",
  rate_limit_per_minute: 60,
  daily_limits: { sms: 1, email: 2, inbox: 3, diia: 4, international_sms: 0 },
  retention_days: { sms: 3, email: 90, inbox: 3650, diia: 3 },
  time_zone: "Europe/Kyiv",
  quiet_hours: { start: "21:30", end: "08:00" },
  twilio_messaging_service_sid: "MG00112233445566778899aabbccddeeff",
  postmark_message_stream: "land-registry",
};

const create = async (hark: TestApplication, body: unknown) =>
  await bodyOf(await hark.manage("POST", SERVICES, body), 201);

/** Asserts a 400 that lists fields, and returns the fields in order. */
async function fieldsOf(answer: Response, label = ""): Promise<readonly string[]> {
  assert.equal(answer.headers.get("content-type"), "application/problem+json", label);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const { errors, ...problem } = await bodyOf(answer, 400, label);
  assert.deepEqual(problem, {
    type: "about:blank",
    title: "Bad request",
    status: 400,
    detail: "Invalid request: see errors",
  }, label);
  for (const { message } of errors) assert.equal(typeof message, "string");
  return errors.map(({ field }: { field: string }) => field);
}

Deno.test("POST /manage/services: creates a service with defaults, or with every field of the body", async () => {
  await using hark = await startTestApplication();
  const plain = await create(hark, { name: "  A service  " });
  const { id, name, created_at, updated_at, ...settings } = plain;
  assert.match(id, UUID);
  assert.equal(name, "A service");
  assert.match(created_at, TIME);
  assert.equal(updated_at, created_at);
  assert.deepEqual(settings, DEFAULTS);

  const full = await create(hark, ALL);
  const { id: fullId, created_at: _created, updated_at: _updated, ...fields } = full;
  assert.deepEqual(fields, ALL);
  for (const service of [plain, full]) {
    const read = await bodyOf(await hark.manage("GET", `${SERVICES}/${service.id}`), 200);
    assert.deepEqual(read, service);
  }
  assert.notEqual(fullId, id);
});

/** Valid values of each field. */
const VALID: readonly (readonly [string, unknown])[] = [
  ["name", "x"],
  ["name", "x".repeat(255)],
  ["name", "Їжак 😀 & “Co”"],
  ["channels", []],
  ["channels", ["sms"]],
  ["country", "KG"],
  ["sms_sender", null],
  ["sms_sender", "abc"],
  ["sms_sender", "My Sender 1"],
  ["sms_sender", "+447700900123"],
  ["sms_sender", "447700900123"],
  ["email_from_local", "a"],
  ["email_from_local", "a.b-c_d1"],
  ["email_from_local", "a".repeat(64)],
  ["email_from_name", "x".repeat(255)],
  ["language", "cy"],
  ["language", "sr-Latn-RS"],
  ["language", "ar"],
  ["logo_url", null],
  ["logo_url", `https://example.com/${"x".repeat(2_000 - 20)}`],
  ["brand_colour", null],
  ["brand_colour", "#FFdd00"],
  ["sms_transliterate", true],
  ["rate_limit_per_minute", 0],
  ["rate_limit_per_minute", 100_000_000],
  ["daily_limits", {}],
  ["daily_limits", { sms: 0 }],
  ["daily_limits", { email: null }],
  ["retention_days", { sms: 3 }],
  ["retention_days", { email: 90 }],
  ["quiet_hours", { start: "00:00", end: "23:59" }],
  ["quiet_hours", null],
  ["twilio_messaging_service_sid", "MG00112233445566778899AABBCCDDEEFF"],
  ["postmark_message_stream", "a"],
  ["purpose", "a"],
  ["purpose", "Reminders\n\tof tax"],
  ["purpose", "a".repeat(500)],
  ["postmark_message_stream", "a".repeat(30)],
  ["time_zone", "Europe/London"],
  ["time_zone", "America/Argentina/Buenos_Aires"],
];

/** Invalid values of each field, with the field that the problem names. */
const INVALID: readonly (readonly [string, unknown, string?])[] = [
  ["name", ""],
  ["name", "   "],
  ["name", "x".repeat(256)],
  ["name", null],
  ["name", 7],
  ["name", "a\nb"],
  ["name", "a\u0000b"],
  ["name", "a\u2028b"],
  ["name", "a\ud800b"],
  ["mode", "Live"],
  ["mode", null],
  ["active", "true"],
  ["active", 1],
  ["channels", "sms"],
  ["channels", ["letter"], "channels.0"],
  ["channels", ["sms", "fax", 7], "channels.1"],
  ["country", "XX"],
  ["country", "gb"],
  ["country", "GBR"],
  ["country", ""],
  ["country", null],
  ["sms_sender", ""],
  ["sms_sender", "ab"],
  ["sms_sender", "abcdefghijkl"],
  ["sms_sender", "...."],
  ["sms_sender", "Двір"],
  ["sms_sender", "a\nbc"],
  ["sms_sender", "+1234567890123456"],
  ["sms_prefix", "no"],
  ["sms_encoding", "gsm7"],
  ["international_sms", null],
  ["uk_landlines", 0],
  ["email_from_name", ""],
  ["email_from_name", "a\r\nBcc: b@example.com"],
  ["email_from_local", ""],
  ["email_from_local", "A"],
  ["email_from_local", ".a"],
  ["email_from_local", "a..b"],
  ["email_from_local", "a@b"],
  ["email_from_local", "a".repeat(65)],
  ["language", ""],
  ["language", "english language"],
  ["language", "e"],
  ["language", "en_GB"],
  ["language", `en-${"a".repeat(33)}`],
  ["language", "en-US\r\nBcc: b@example.com"],
  ["language", null],
  ["logo_url", ""],
  ["logo_url", "http://example.com/logo.png"],
  ["logo_url", "//example.com/logo.png"],
  ["logo_url", "data:image/png;base64,AA"],
  ["logo_url", "javascript:alert(1)"],
  ["logo_url", "https://a:b@example.com/logo.png"],
  ["logo_url", `https://example.com/${"x".repeat(2_001 - 20)}`],
  ["brand_colour", ""],
  ["brand_colour", "red"],
  ["brand_colour", "#fff"],
  ["brand_colour", "0057b7"],
  ["brand_colour", "#0057b7;"],
  ["sms_transliterate", "yes"],
  ["sms_transliterate", null],
  ["rate_limit_per_minute", -1],
  ["rate_limit_per_minute", 1.5],
  ["rate_limit_per_minute", "60"],
  ["rate_limit_per_minute", 100_000_001],
  ["rate_limit_per_minute", null],
  ["daily_limits", null],
  ["daily_limits", 5],
  ["daily_limits", { sms: -1 }, "daily_limits.sms"],
  ["daily_limits", { letter: 1 }, "daily_limits.letter"],
  ["retention_days", { sms: 2 }, "retention_days.sms"],
  ["retention_days", { inbox: 3651 }, "retention_days.inbox"],
  ["retention_days", { email: null }, "retention_days.email"],
  ["retention_days", { email: 3.5 }, "retention_days.email"],
  ["quiet_hours", { start: "21:00" }, "quiet_hours.end"],
  ["twilio_messaging_service_sid", "MG00112233445566778899aabbccddeef"],
  ["twilio_messaging_service_sid", "AC00112233445566778899aabbccddeeff"],
  ["twilio_messaging_service_sid", ""],
  ["twilio_messaging_service_sid", 1],
  ["postmark_message_stream", ""],
  ["purpose", ""],
  ["purpose", " \n"],
  ["purpose", "a".repeat(501)],
  ["purpose", "a\u0000b"],
  ["purpose", "a\ud800"],
  ["postmark_message_stream", "a".repeat(31)],
  ["postmark_message_stream", "1a"],
  ["postmark_message_stream", "Outbound"],
  ["postmark_message_stream", "a b"],
  ["quiet_hours", { start: "24:00", end: "08:00" }, "quiet_hours.start"],
  ["quiet_hours", { start: "08:00", end: "08:00" }, "quiet_hours"],
  ["time_zone", ""],
  ["time_zone", "Kyiv"],
  ["time_zone", "+02:00"],
  ["time_zone", null],
  ["id", "x"],
  ["revision", 1],
  ["created_at", "2031-01-01T00:00:00.000Z"],
  ["__proto__x", 1],
];

Deno.test("POST and PATCH /manage/services: accept every valid value of a field", async () => {
  await using hark = await startTestApplication();
  const { id } = await create(hark, { name: "Service" });
  for (const [field, value] of VALID) {
    const label = `${field} ${JSON.stringify(value)}`;
    const created = await create(hark, { name: "Other", [field]: value });
    const changed = await bodyOf(
      await hark.manage("PATCH", `${SERVICES}/${id}`, { [field]: value }),
      200,
      label,
    );
    for (const service of [created, changed]) {
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        for (const [key, part] of Object.entries(value)) {
          assert.deepEqual(service[field][key], part, label);
        }
      } else assert.deepEqual(service[field], value, label);
    }
  }
});

Deno.test("POST and PATCH /manage/services: 400 with the field's name for every invalid value", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await create(hark, ALL);
  for (const [field, value, named = field] of INVALID) {
    const label = `${field} ${JSON.stringify(value)}`;
    const body = { name: "Service", [field]: value };
    const posted = await fieldsOf(await hark.manage("POST", SERVICES, body), label);
    assert.ok(posted.includes(named), `${label} ${posted}`);
    const patched = await fieldsOf(
      await hark.manage("PATCH", `${SERVICES}/${service.id}`, { [field]: value }),
      label,
    );
    assert.ok(patched.includes(named), `${label} ${patched}`);
  }
  const read = await bodyOf(await hark.manage("GET", `${SERVICES}/${service.id}`), 200);
  assert.deepEqual(read, service);
  const { services } = await bodyOf(await hark.manage("GET", SERVICES), 200);
  assert.equal(services.length, 1);
});

Deno.test("POST /manage/services: reports all problems in one answer", async () => {
  await using hark = await startTestApplication();
  const body = { mode: "x", daily_limits: { sms: "x", fax: 1 }, time_zone: 7, odd: 1, even: 2 };
  const fields = await fieldsOf(await hark.manage("POST", SERVICES, body));
  assert.deepEqual([...fields].sort(), [
    "daily_limits.fax",
    "daily_limits.sms",
    "even",
    "mode",
    "name",
    "odd",
    "time_zone",
  ]);
});

Deno.test("/manage: 400 for invalid JSON and for JSON that is not an object", async () => {
  await using hark = await startTestApplication();
  for (const body of ["null", "[]", "7", '"x"']) {
    assert.deepEqual(await fieldsOf(await hark.manage("POST", SERVICES, body), body), [""]);
  }
  const { errors: [fault] } = await bodyOf(
    await hark.manage("POST", SERVICES, { name: "x", rate_limit_per_minute: -1 }),
    400,
  );
  assert.deepEqual(fault, {
    field: "rate_limit_per_minute",
    message: "Too small: expected number to be >=0",
  });
  for (const body of ["", "{", "name=x", "[".repeat(100_000)]) {
    const answer = await hark.manage("POST", SERVICES, body);
    assert.equal((await bodyOf(answer, 400, body.slice(0, 9))).detail, "The body is not JSON");
  }
});

// workerd ends the connection before the answer to so large a body was read.
test.inside("/manage: 413 for a body of more than 5 MB", async () => {
  await using hark = await startTestApplication();
  const large = await hark.manage("POST", SERVICES, " ".repeat(5 * 1024 * 1024 + 1));
  assert.equal(large.headers.get("content-type"), "application/problem+json");
  assert.equal((await bodyOf(large, 413)).title, "Content too large");
});

Deno.test("PATCH /manage/services/{id}: changes the fields of the body and keeps the others", async () => {
  await using hark = await startTestApplication();
  const before = await create(hark, ALL);
  const path = `${SERVICES}/${before.id}`;
  const patch = async (body: unknown) => await bodyOf(await hark.manage("PATCH", path, body), 200);
  const changes = [
    [{}, {}],
    [{ name: "New" }, { name: "New" }],
    [{ daily_limits: { sms: 5 } }, {
      daily_limits: { sms: 5, email: 2, inbox: 3, diia: 4, international_sms: 0 },
    }],
    [{ daily_limits: { email: null } }, {
      daily_limits: { sms: 5, email: null, inbox: 3, diia: 4, international_sms: 0 },
    }],
    [{ retention_days: { inbox: 3 } }, {
      retention_days: { sms: 3, email: 90, inbox: 3, diia: 3 },
    }],
    [{ sms_sender: null, email_from_name: null }, { sms_sender: null, email_from_name: null }],
    [{ mode: "trial", channels: ["sms", "sms"] }, { mode: "trial", channels: ["sms"] }],
    [{ active: false }, { active: false }],
    [{ active: true }, { active: true }],
  ] as const;
  let expected = before;
  for (const [change, difference] of changes) {
    const changed = await patch(change);
    expected = { ...expected, ...difference, updated_at: changed.updated_at };
    assert.deepEqual(changed, expected, JSON.stringify(change));
    assert.deepEqual(await bodyOf(await hark.manage("GET", path), 200), expected);
  }
});

Deno.test("GET /manage/services: 250 services a page", async () => {
  await using hark = await startTestApplication({ alone: true });
  const ids: string[] = [];
  for (let at = 0; at < 251; at++) ids.push((await create(hark, { name: "Service" })).id);
  ids.sort();
  const page = async (path: string) => {
    const { services, links } = await bodyOf(await hark.manage("GET", path), 200);
    return { ids: services.map(({ id }: { id: string }) => id), links };
  };
  const first = await page(SERVICES);
  assert.deepEqual(first.ids, ids.slice(0, 250));
  const second = await page(first.links.next);
  assert.deepEqual(second, { ids: ids.slice(250), links: {} });
  const answer = await hark.manage("GET", `${SERVICES}?after=x`);
  assert.equal((await bodyOf(answer, 400)).detail, "after must be a service's id");
});

Deno.test("/manage: 404 at every address of a service that does not exist", async () => {
  await using hark = await startTestApplication();
  for (const id of [NO_ID, "x", "1"]) {
    const path = `${SERVICES}/${id}`;
    const calls = [
      ["GET", path],
      ["PATCH", path, {}],
      ["POST", `${path}/keys`, { name: "k", kind: "live" }],
      ["GET", `${path}/keys`],
      ["DELETE", `${path}/keys/${NO_ID}`],
      ["GET", `${path}/guests`],
      ["PUT", `${path}/guests`, { email_addresses: [], phone_numbers: [] }],
      ["GET", `${path}/email_reply_to`],
      ["POST", `${path}/email_reply_to`, { email_address: "a@example.org" }],
      ["PATCH", `${path}/email_reply_to/${NO_ID}`, {}],
      ["DELETE", `${path}/email_reply_to/${NO_ID}`],
      ["GET", `${path}/sms_senders`],
      ["POST", `${path}/sms_senders`, { sms_sender: "LIBRARY" }],
      ["PATCH", `${path}/sms_senders/${NO_ID}`, {}],
      ["DELETE", `${path}/sms_senders/${NO_ID}`],
      ["POST", `${path}/templates`, { channel: "sms", name: "n", body: "b" }],
      ["GET", `${path}/templates`],
      ["GET", `${path}/templates/${NO_ID}`],
      ["PUT", `${path}/templates/${NO_ID}`, {}],
      ["DELETE", `${path}/templates/${NO_ID}`],
      ["GET", `${path}/notifications`],
      ["GET", `${path}/unsubscribe_requests`],
      ["POST", `${path}/templates/preview`, { channel: "sms", body: "b" }],
      ["GET", `${path}/notifications/${NO_ID}/timeline`],
    ] as const;
    for (const [method, path, body] of calls) {
      const answer = await hark.manage(method, path, body);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.deepEqual(await bodyOf(answer, 404, `${method} ${path}`), {
        type: "about:blank",
        title: "Not found",
        status: 404,
        detail: "There is no such service",
      });
    }
  }
  const nothing = await bodyOf(await hark.manage("GET", "/manage/nothing"), 404);
  assert.equal(nothing.detail, "There is nothing at this address");
});

Deno.test("PATCH /manage/services/{id}: keeps all of many concurrent changes", async () => {
  await using hark = await startTestApplication();
  const service = await hark.newService();
  const path = `/manage/services/${service.id}`;
  const changes = [
    { sms_sender: "MUSEUM" },
    { sms_prefix: false },
    { daily_limits: { sms: 7 } },
    { daily_limits: { email: 8 } },
    { retention_days: { sms: 30 } },
    { name: "Museum" },
  ];
  await Promise.all(changes.map((change) => hark.manage("PATCH", path, change)));
  const { name, sms_sender, sms_prefix, daily_limits, retention_days } =
    await (await hark.manage("GET", path)).json();
  assert.deepEqual({ name, sms_sender, sms_prefix, daily_limits, retention_days }, {
    name: "Museum",
    sms_sender: "MUSEUM",
    sms_prefix: false,
    daily_limits: { sms: 7, email: 8, inbox: null, diia: null, international_sms: null },
    retention_days: { sms: 30, email: 7, inbox: 365, diia: 7 },
  });
  const cleared = await hark.manage("PATCH", path, {
    sms_sender: null,
    daily_limits: { sms: null },
  });
  assert.equal((await cleared.json()).sms_sender, null);
});

Deno.test("PATCH /manage/services: removes the settings of single providers by null", async () => {
  await using hark = await startTestApplication();
  const set = {
    twilio_messaging_service_sid: "MG00112233445566778899aabbccddeeff",
    postmark_message_stream: "land-registry",
  };
  const { id, ...created } = await create(hark, { name: "Service", ...set });
  const patch = async (body: unknown) =>
    await bodyOf(await hark.manage("PATCH", `${SERVICES}/${id}`, body), 200);
  assert.equal(created.postmark_message_stream, set.postmark_message_stream);
  const without = await patch({ twilio_messaging_service_sid: null });
  assert.equal("twilio_messaging_service_sid" in without, false);
  assert.equal(without.postmark_message_stream, set.postmark_message_stream);
  assert.equal("postmark_message_stream" in await patch({ postmark_message_stream: null }), false);
});
