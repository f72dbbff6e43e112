import assert from "node:assert/strict";
import { MAX_JSON_DEPTH } from "../../../../domain/json/json_shape.ts";
import { issueRequestToken, startTestApplication } from "../../../support/application.ts";
import {
  assertError,
  assertNothingSent,
  bodyOf,
  EMAIL,
  newServiceWithTemplates,
  SMS,
  textTo,
} from "../../support.ts";
import { test } from "../../../support/runner.ts";

const MAX = 5 * 1024 * 1024;
const ADDRESSES = [SMS, EMAIL, "/v2/notifications/letter"];

const NOT_JSON: readonly (readonly [string, BodyInit | undefined])[] = [
  ["no body", undefined],
  ["an empty body", ""],
  ["blanks", " \n"],
  ["half an object", '{"phone_number": "07700900123"'],
  ["a form", "phone_number=07700900123"],
  ["single quotes", "{'a': 1}"],
  ["two values", "{}{}"],
  ["NaN", "NaN"],
  ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
  ["UTF-16", new Uint8Array([0x7b, 0x00, 0x7d, 0x00])],
  ["nesting 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000)],
  ["objects 100,000 deep", '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000)],
  ["nesting that never ends", '{"a":['.repeat(100_000)],
];

Deno.test("POST /v2/notifications/{type}: 400 for a body that is not valid JSON", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const headers = { authorization: `Bearer ${await issueRequestToken(service.keys.live)}` };
  for (const [title, body] of NOT_JSON) {
    for (const path of ADDRESSES) {
      await assertError(
        await hark.request(path, {
          method: "POST",
          headers,
          ...(body === undefined ? {} : { body }),
        }),
        400,
        "BadRequestError",
        "Invalid JSON supplied in POST data",
        `${path} ${title}`,
      );
    }
  }
  await assertNothingSent(hark);
});

Deno.test("POST /v2/notifications/sms: ignores the content type", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const types = ["application/json", "text/plain", "application/x-www-form-urlencoded", "x", ""];
  for (const type of types) {
    const headers = { "content-type": type };
    const sent = await hark.as(service.keys.live, "POST", SMS, textTo(service), headers);
    await bodyOf(sent, 201, type);
  }
  const marked = `\ufeff${JSON.stringify(textTo(service))}`;
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, marked), 201, "byte order mark");
});

// A server ends the connection of a body that is too large, and the client may not see the answer.
test.inside("POST /v2/notifications/sms: validates a body of 5 MB and refuses one byte more", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const request = JSON.stringify(textTo(service));
  const full = request + " ".repeat(MAX - request.length);
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, full), 201);
  for (const path of [...ADDRESSES, `/v2/template/${service.sms}/preview`]) {
    for (const length of [undefined, String(MAX + 1)]) {
      const headers = length === undefined ? {} : { "content-length": length };
      await assertError(
        await hark.as(service.keys.live, "POST", path, `${full} `, headers),
        413,
        "RequestEntityTooLarge",
        "The request is larger than 5 MB",
      );
    }
  }
});

Deno.test("POST /v2/notifications/sms: accepts nesting up to its limit, and brackets in texts", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  // The body and its personalisation are two levels.
  const nested = (levels: number) => "[".repeat(levels - 2) + '"\\\\\\"["' + "]".repeat(levels - 2);
  const call = async (levels: number) => {
    const body = `{"phone_number": "07700900123", "template_id": "${service.sms}",
      "personalisation": {"name": "${"[{".repeat(2_000)}", "other": ${nested(levels)}}}`;
    return await hark.as(service.keys.live, "POST", SMS, body);
  };
  await assertError(
    await call(MAX_JSON_DEPTH),
    400,
    "BadRequestError",
    "Your message is too long. Text messages cannot be longer than 918 characters. " +
      "Your message is 4003 characters long.",
  );
  await assertError(
    await call(MAX_JSON_DEPTH + 1),
    400,
    "BadRequestError",
    "The JSON is nested deeper than 10 levels",
  );
});

Deno.test("POST /v2/notifications/sms: treats keys that are special in JavaScript as any other", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const template = await hark.newTemplate(service.id, {
    channel: "sms",
    name: "Odd",
    body: "((constructor)) ((toString)) ((hasOwnProperty))",
  });
  const missing = await hark.as(
    service.keys.live,
    "POST",
    SMS,
    textTo(service, { template_id: template, personalisation: {} }),
  );
  await assertError(
    missing,
    400,
    "BadRequestError",
    "Missing personalisation: constructor, toString, hasOwnProperty",
  );
  const json = `{"phone_number": "07700900123", "template_id": "${template}", "personalisation":
    {"constructor": "a", "toString": "b", "hasOwnProperty": "c", "__proto__": {"name": "d"}}}`;
  const { content } = await bodyOf(await hark.as(service.keys.live, "POST", SMS, json), 201);
  assert.equal(content.body, "a b c");
  const answer = await hark.as(
    service.keys.live,
    "POST",
    SMS,
    '{"__proto__": {"phone_number": 1}}',
  );
  const { errors } = await bodyOf(answer, 400);
  assert.deepEqual(
    errors.map(({ message }: { message: string }) => message),
    [
      "phone_number is a required property",
      "template_id is a required property",
      "Additional properties are not allowed (__proto__ was unexpected)",
    ],
  );
});

Deno.test("POST /v2/notifications/{type}: refuses a far too long message before rendering it", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const often = { channel: "sms", name: "Often", body: "((n))".repeat(1000) };
  const template_id = await hark.newTemplate(service.id, often);
  const personalisation = { n: "y".repeat(4_000_000) };
  const request = { phone_number: "07900900123", template_id, personalisation };
  const text = await bodyOf(await hark.as(service.keys.live, "POST", SMS, request), 400);
  assert.match(
    text.errors[0].message,
    /^Your message is too long\. .* is 4000000000 characters long\.$/,
  );
  const path = `/v2/template/${template_id}/preview`;
  const preview = await bodyOf(
    await hark.as(service.keys.live, "POST", path, { personalisation }),
    400,
  );
  assert.equal(preview.errors[0].message, text.errors[0].message);
});

test.inside("POST /v2 and /notifications: do not read the body of a caller without a token", async () => {
  await using hark = await startTestApplication();
  for (const path of [...ADDRESSES, "/notifications/sms"]) {
    let pulls = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulls++;
        controller.enqueue(new TextEncoder().encode(" "));
      },
    }, { highWaterMark: 0 });
    const headers = { "content-length": String(MAX) };
    const answer = await hark.request(path, { method: "POST", headers, body });
    assert.equal(answer.status, 401, path);
    await answer.body?.cancel();
    assert.equal(pulls, 0, path);
  }
});
