import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { fromResponse } from "../../../../adapters/providers/vonage/answers.ts";
import { isPrivateKey } from "../../../../adapters/providers/vonage/private_key.ts";
import {
  parseClientRef,
  toClientRef,
  toRequest,
} from "../../../../adapters/providers/vonage/request.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import { status } from "../../../support/stand_ins/scripted_server.ts";
import { newVonageKeys, toProblem } from "../../../support/stand_ins/vonage.ts";
import { CALM, email, fault, REF, rejected, retry, sms } from "../messages.ts";
import { testProvider } from "../provider_contract.ts";
import { KEYS, startStandIn, vonageAt, vonageConfig, withVonage } from "./bench.ts";

const NOW = Date.UTC(2026, 10, 29, 12);

Deno.test("toRequest: has every field of the Messages API", () => {
  const config = vonageConfig("https://v.test", { publicUrl: "https://h.test/" });
  assert.deepEqual(toRequest(sms(), config, NOW), {
    channel: "sms",
    message_type: "text",
    to: "447700900123",
    from: "Hark",
    text: "Ваш запит готовий. £5 & more",
    client_ref: `${REF.serviceId}.${REF.notificationId}`,
    webhook_url: "https://h.test/receipts/vonage",
    webhook_version: "v1",
  });
});

Deno.test("toRequest: sends the sender without a plus sign, and none of Twilio's services", () => {
  const cases: readonly (readonly [string | undefined, string, string])[] = [
    [undefined, "Hark", "Hark"],
    [undefined, "+447700900999", "447700900999"],
    ["+447700900999", "Hark", "447700900999"],
    ["447700900999", "Hark", "447700900999"],
    ["60777", "Hark", "60777"],
    ["MGov", "Hark", "MGov"],
    ["MG00112233445566778899aabbccddeeff", "Hark", "Hark"],
  ];
  for (const [from, standard, expected] of cases) {
    const request = toRequest(sms({ from }), vonageConfig("", { from: standard }), NOW);
    assert.equal(request["from"], expected);
  }
});

Deno.test("toRequest: valid_until becomes the ttl, within Vonage's bounds", () => {
  const ttlOf = (validUntil: number | undefined) =>
    toRequest(sms(validUntil === undefined ? {} : { validUntil }), vonageConfig(""), NOW)["ttl"];
  assert.equal(ttlOf(undefined), undefined);
  assert.equal(ttlOf(NOW + 60_999), 60);
  assert.equal(ttlOf(NOW + 20_000), 20);
  assert.equal(ttlOf(NOW + 1_000), 20);
  assert.equal(ttlOf(NOW + 604_799_000), 604_799);
  assert.equal(ttlOf(NOW + 604_800_000), undefined);
});

Deno.test("toClientRef: names ids and attempt in at most 100 characters, which parseClientRef reads", () => {
  assert.deepEqual(parseClientRef(toClientRef(REF)), { ref: REF });
  assert.deepEqual(parseClientRef(toClientRef(REF, 1)), { ref: REF });
  assert.deepEqual(parseClientRef(toClientRef(REF, 12)), { ref: REF, attempt: 12 });
  assert(toClientRef(REF, 999_999).length <= 100);
  const refs = [
    "",
    "x",
    "a.b",
    `${REF.serviceId}.x`,
    `x.${REF.notificationId}`,
    5,
    null,
    undefined,
  ];
  for (const value of refs) assert.deepEqual(parseClientRef(value), { ref: undefined });
  for (const attempt of ["0", "-1", "1e3", "x"]) {
    assert.deepEqual(parseClientRef(`${toClientRef(REF)}.${attempt}`), { ref: REF });
  }
});

Deno.test("fromResponse: classifies every answer", () => {
  const accepted = { kind: "accepted", providerMessageId: "u1" } as const;
  const throttled = (code: string): SendOutcome => ({
    kind: "retry",
    outcome: "not-sent",
    code,
    throttled: true,
  });
  const notNow = (code: string): SendOutcome => ({
    kind: "retry",
    outcome: "not-sent",
    code,
    ofRecipient: true,
  });
  const cases: readonly (readonly [number, unknown, SendOutcome])[] = [
    [202, { message_uuid: "u1" }, accepted],
    [200, { message_uuid: "u1", workflow_id: "w" }, accepted],
    [202, { message_uuid: "" }, retry("unknown", "bad-answer")],
    [202, {}, retry("unknown", "bad-answer")],
    [202, undefined, retry("unknown", "bad-answer")],
    [302, undefined, retry("unknown", "http-302")],
    [401, toProblem("unauthorized"), fault("provider", "unauthorized")],
    [401, undefined, fault("provider", "http-401")],
    [402, toProblem("low-balance"), fault("provider", "low-balance")],
    [402, undefined, fault("provider", "http-402")],
    [403, toProblem("a-new-word"), fault("provider", "a-new-word")],
    [404, undefined, retry("not-sent", "http-404")],
    [408, undefined, retry("unknown", "http-408")],
    [422, toProblem(1000), throttled("1000")],
    [422, toProblem(1020), rejected(false, "1020")],
    [422, toProblem(1030), retry("unknown", "1030")],
    [422, toProblem(1040), rejected(true, "1040")],
    [422, toProblem(1050), rejected(true, "1050")],
    [422, toProblem(1060), fault("provider", "1060")],
    [422, toProblem(1070), fault("provider", "1070")],
    [422, toProblem(1080), fault("provider", "1080")],
    [422, toProblem(1100), retry("not-sent", "1100")],
    [422, toProblem(1110), fault("provider", "1110")],
    [422, toProblem(1120), fault("provider", "1120")],
    [422, toProblem(1140), fault("provider", "1140")],
    [422, toProblem(1160), rejected(false, "1160")],
    [422, toProblem(1170), rejected(true, "1170")],
    [422, toProblem(1240), rejected(true, "1240")],
    [422, toProblem(1241), notNow("1241")],
    [422, toProblem(1331), retry("not-sent", "1331")],
    [422, toProblem(1420), fault("provider", "1420")],
    [422, toProblem(1430), rejected(true, "1430")],
    [422, toProblem(1450), rejected(false, "1450")],
    [422, toProblem(1460), fault("provider", "1460")],
    [422, toProblem(1472), throttled("1472")],
    [422, toProblem(1480), rejected(false, "1480")],
    [422, { type: "https://x.test/y#1430", title: "Invalid recipient" }, rejected(true, "1430")],
    [422, { title: 1430 }, rejected(true, "1430")],
    [422, toProblem(9999), rejected(false, "9999")],
    [422, { type: "https://x.test/y#Ann Smith", title: "Ann" }, rejected(false, "http-422")],
    [400, { type: "x#constructor", title: "x" }, rejected(false, "constructor")],
    [400, undefined, rejected(false, "http-400")],
    [429, undefined, retry("not-sent", "http-429")],
    [429, toProblem("throttled"), throttled("throttled")],
    [429, toProblem(1000), throttled("1000")],
    [500, toProblem(1430), retry("unknown", "1430")],
    [500, toProblem(1000), retry("unknown", "1000")],
    [503, undefined, retry("unknown", "http-503")],
  ];
  for (const [status, body, outcome] of cases) {
    const result = fromResponse({ status, body, retryAfter: undefined });
    assert.deepEqual(result, outcome, JSON.stringify([status, body]));
  }
  const own = (code: number) =>
    fromResponse({ status: 422, body: toProblem(code), retryAfter: undefined }, true);
  assert.deepEqual(own(1420), fault("service", "1420"));
  assert.deepEqual(own(1120), fault("service", "1120"));
  assert.deepEqual(own(1070), fault("provider", "1070"));
  assert.deepEqual(fromResponse({ status: 429, body: toProblem(1000), retryAfter: "2" }), {
    ...throttled("1000"),
    afterMs: 2000,
  });
});

testProvider({
  name: "createVonage",
  start: () => startStandIn(),
  connect: vonageAt,
  message: sms(),
  foreign: email(),
  takenBy: ({ accepted }) => accepted.length,
  unreachable: "no-connection",
  answers: [
    [status(401, toProblem("unauthorized")), fault("provider", "unauthorized")],
    [status(422, toProblem(1430)), rejected(true, "1430")],
    [status(402, toProblem("low-balance")), fault("provider", "low-balance")],
  ],
});

Deno.test("createVonage.send: sends texts, each with a token of its own, and returns their ids", async () => {
  await withVonage(async (stand) => {
    const vonage = vonageAt(stand.url);
    for (const attempt of [1, 2]) {
      const outcome = await vonage.send(sms({ attempt }), CALM);
      const accepted = stand.accepted.at(-1);
      assert(accepted !== undefined, JSON.stringify(outcome));
      assert.deepEqual(outcome, { kind: "accepted", providerMessageId: accepted.id });
      assert.equal(accepted.to, "447700900123");
      assert.equal(accepted.text, "Ваш запит готовий. £5 & more");
      assert.equal(accepted.clientRef, toClientRef(REF, attempt));
    }
  });
});

Deno.test("createVonage.send: rejects texts that Vonage refuses", async () => {
  await withVonage(async (stand) => {
    const send = (fields = {}, other = {}) => vonageAt(stand.url, other).send(sms(fields), CALM);
    assert.deepEqual(await send({ to: "07" }), rejected(true, "1430"));
    assert.deepEqual(await send({ text: "x".repeat(1001) }), rejected(false, "1020"));
    assert.deepEqual(await send({ from: "far too long a name" }), fault("service", "1420"));
    assert.deepEqual(await send({}, { from: "far too long a name" }), fault("provider", "1420"));
    const other = crypto.randomUUID();
    assert.deepEqual(await send({}, { applicationId: other }), fault("provider", "unauthorized"));
    assert.equal(stand.accepted.length, 0);
  });
});

Deno.test("createVonage.send: a refused key is replaced by the previous one; an unusable one is a fault", async () => {
  await withVonage(async (stand) => {
    const { privateKey } = newVonageKeys();
    const refused = await vonageAt(stand.url, { privateKey }).send(sms(), CALM);
    assert.deepEqual(refused, fault("provider", "unauthorized"));
    const rotated = vonageAt(stand.url, { privateKey, previousPrivateKey: KEYS.privateKey });
    assert.equal((await rotated.send(sms(), CALM)).kind, "accepted");
    const calls = stand.calls.length;
    const broken = vonageAt(stand.url, { privateKey: "no key" });
    assert.deepEqual(await broken.send(sms(), CALM), fault("provider", "private-key"));
    assert.equal(stand.calls.length, calls);
  });
});

Deno.test("isPrivateKey: accepts RSA keys of 2048 bits and more in PKCS#8, also with escaped line breaks", () => {
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
  const key = KEYS.privateKey;
  assert(isPrivateKey(key));
  assert(isPrivateKey(key.replaceAll("\n", "\\n")));
  assert(isPrivateKey(rsa(3072).export(pkcs8).toString()));
  assert(!isPrivateKey(rsa(1024).export(pkcs8).toString()));
  assert(!isPrivateKey(rsa(2048).export({ type: "pkcs1", format: "pem" }).toString()));
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  assert(!isPrivateKey(elliptic.export(pkcs8).toString()));
  for (const text of ["", "key", key.slice(0, 200), key.replace("PRIVATE", "PUBLIC"), `${key}x`]) {
    assert(!isPrivateKey(text));
  }
});
