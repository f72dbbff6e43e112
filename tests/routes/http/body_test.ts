/** Every API authenticates before it reads a body, and reads no more of it than its limit. */
import assert from "node:assert/strict";
import { MAX_BODY_BYTES } from "../../../routes/http/body.ts";
import { JSON_ROWS_MAX_BYTES } from "../../../routes/http/upload_body.ts";
import { MAX_RECEIPT_BYTES } from "../../../routes/receipts/app.ts";
import { MAX_MESSAGE_BYTES } from "../../../routes/registry/messages.ts";
import { MAX_SETTINGS_BODY_BYTES } from "../../../routes/registry/settings/body.ts";
import { MAX_BATCH_BYTES } from "../../../routes/notify/v2/batch_items.ts";
import {
  ADMIN_TOKEN,
  issueRequestToken,
  registryKeys,
  startTestApplication,
} from "../../support/application.ts";
import { issueToken } from "../../support/tokens.ts";
import { EMAIL, EMAIL_2016, newServiceWithTemplates, NO_ID, SMS, SMS_2016 } from "../support.ts";
import { test } from "../../support/runner.ts";

const PIECE = 64 * 1024;

/** A body without an end, which counts how much of it was read. */
function endless(): { readonly body: ReadableStream<Uint8Array>; read(): number } {
  let read = 0;
  const piece = new Uint8Array(PIECE).fill(32);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      read += PIECE;
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
  return { body, read: () => read };
}

type Headers = Readonly<Record<string, string>>;

/** The callers of an API: those that are refused, with the status, and one that is authenticated. */
interface Callers {
  readonly strangers: readonly (readonly [number, Headers])[];
  readonly known: Headers;
}

test.inside("every API: authenticates before it reads the body, and reads no more than its limit", async () => {
  await using hark = await startTestApplication({
    registry: true,
    environment: {
      POSTMARK_SERVER_TOKEN: "token",
      POSTMARK_WEBHOOK_USER: "hook",
      POSTMARK_WEBHOOK_PASSWORD: "word",
      TWILIO_ACCOUNT_SID: "AC00000000000000000000000000000000",
      TWILIO_AUTH_TOKEN: "token",
      TWILIO_FROM: "+447700900999",
      PUBLIC_URL: "https://hark.test",
    },
  });
  const service = await newServiceWithTemplates(hark);
  const bearer = async (key: string) => ({
    authorization: `Bearer ${await issueRequestToken(key)}`,
  });
  const basic = (words: string) => ({ authorization: `Basic ${btoa(words)}` });
  const token = async (roles: readonly string[]) => ({
    "x-access-token": await issueToken(await registryKeys(), { sub: "ann", roles }, {
      now: Date.now(),
    }),
  });
  const forged = { "x-access-token": "e30.e30.e30" };

  const keys: Callers = {
    strangers: [
      [401, {}],
      [403, { authorization: "Bearer e30.e30.e30" }],
      [403, await bearer(`x-${service.id}-${NO_ID}`)],
      [403, await bearer(`x-${NO_ID}-${NO_ID}`)],
    ],
    known: await bearer(service.keys.live),
  };
  const operator: Callers = {
    strangers: [[401, {}], [401, { authorization: `Bearer ${ADMIN_TOKEN}x` }]],
    known: { authorization: `Bearer ${ADMIN_TOKEN}` },
  };
  const publisher: Callers = {
    strangers: [[401, {}], [401, forged], [403, await token(["citizen"])]],
    known: await token(["template-admin"]),
  };
  const citizen: Callers = {
    strangers: [[401, {}], [401, forged], [403, await token([])]],
    known: await token(["citizen"]),
  };
  const postmark: Callers = {
    strangers: [[401, {}], [401, basic("hook:other")]],
    known: basic("hook:word"),
  };
  // A signature covers the body, so the body is read for any caller that sends one.
  const twilio: Callers = { strangers: [[401, {}]], known: { "x-twilio-signature": "x" } };

  const services = "/manage/services";
  const rows: readonly (readonly [string, string, Callers, number])[] = [
    ["POST", SMS, keys, MAX_BODY_BYTES],
    ["POST", EMAIL, keys, MAX_BODY_BYTES],
    ["POST", "/v2/notifications/letter", keys, MAX_BODY_BYTES],
    ["POST", `/v2/template/${service.sms}/preview`, keys, MAX_BODY_BYTES],
    ["POST", "/v2/notifications/batch", keys, MAX_BATCH_BYTES],
    ["POST", "/v2/notifications/bulk", keys, JSON_ROWS_MAX_BYTES],
    ["POST", SMS_2016, keys, MAX_BODY_BYTES],
    ["POST", EMAIL_2016, keys, MAX_BODY_BYTES],
    ["POST", services, operator, MAX_BODY_BYTES],
    ["PATCH", `${services}/${service.id}`, operator, MAX_BODY_BYTES],
    ["POST", `${services}/${service.id}/keys`, operator, MAX_BODY_BYTES],
    ["POST", `${services}/${service.id}/templates`, operator, MAX_BODY_BYTES],
    ["POST", "/api/notifications", publisher, MAX_MESSAGE_BYTES],
    ["PUT", "/api/notifications/templates/inbox:hello", publisher, MAX_BODY_BYTES],
    ["POST", "/api/settings/me/channels/email/validate", citizen, MAX_SETTINGS_BODY_BYTES],
    ["POST", "/receipts/postmark", postmark, MAX_RECEIPT_BYTES],
    ["POST", "/receipts/twilio", twilio, MAX_RECEIPT_BYTES],
  ];
  for (const [method, path, { strangers, known }, limit] of rows) {
    const call = async (headers: Headers) => {
      const { body, read } = endless();
      const answer = await hark.request(path, { method, headers, body });
      await answer.body?.cancel();
      return { status: answer.status, read: read() };
    };
    for (const [status, headers] of strangers) {
      assert.deepEqual(await call(headers), { status, read: 0 }, path);
    }
    const large = await call(known);
    assert.equal(large.status, 413, path);
    assert.ok(large.read > limit && large.read <= limit + PIECE, `${path} read ${large.read}`);
    const announced = await call({ ...known, "content-length": String(limit + 1) });
    assert.deepEqual(announced, { status: 413, read: 0 }, `${path} announced`);
  }
});
