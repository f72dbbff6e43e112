import assert from "node:assert/strict";
import {
  MAX_AUTHORIZATION_LENGTH,
  MAX_SIGNATURE_AGE_S,
} from "../../../../adapters/providers/vonage/signed_json.ts";
import { toClientRef } from "../../../../adapters/providers/vonage/request.ts";
import type { Receipt, ReceiptKind } from "../../../../domain/delivery/receipt.ts";
import { refuse } from "../../../../domain/result.ts";
import { reportFirst } from "../../../support/stand_ins/scripted_server.ts";
import { signVonageCall, toProblem } from "../../../support/stand_ins/vonage.ts";
import { assertImpersonal, CALM, receiptRequest, REF, serveReceipts, sms } from "../messages.ts";
import { APPLICATION_ID, SECRET, startStandIn, vonageAt } from "./bench.ts";

const ID = "11111111-2222-4333-8444-555555555555";
const PATH = "/receipts/vonage";
const REPORT = {
  message_uuid: ID,
  to: "447700900123",
  from: "Hark",
  timestamp: "2026-11-29T12:00:00.500Z",
  status: "delivered",
  channel: "sms",
  client_ref: toClientRef(REF),
  usage: { currency: "EUR", price: "0.0333" },
  sms: { count_total: "2" },
};
const vonage = vonageAt("https://api.nexmo.com");

type Claims = Readonly<Record<string, unknown>>;

function signed(body: string, claims: Claims = {}, header: Claims = {}, secret = SECRET) {
  const authorization = signVonageCall(secret, body, claims, header);
  return receiptRequest(PATH, { "Authorization": authorization }, body);
}

async function readOne(fields: Readonly<Record<string, unknown>>): Promise<Receipt | undefined> {
  const result = await vonage.readReceipts(signed(JSON.stringify(fields)));
  assert(result.ok, JSON.stringify(result));
  assert(result.value.length <= 1);
  assertImpersonal(result.value);
  return result.value[0];
}

Deno.test("createVonage.readReceipts: reads a delivered text, with its attempt", async () => {
  const receipt = {
    provider: "vonage",
    providerMessageId: ID,
    ref: REF,
    kind: "delivered",
    code: undefined,
    at: Date.UTC(2026, 10, 29, 12, 0, 0, 500),
    dedupeKey: `${ID}:delivered`,
  };
  assert.deepEqual(await readOne(REPORT), receipt);
  const second = { ...REPORT, client_ref: toClientRef(REF, 2), timestamp: "yesterday" };
  assert.deepEqual(await readOne(second), { ...receipt, attempt: 2, at: undefined });
  const { client_ref: _, timestamp: _at, ...bare } = REPORT;
  assert.deepEqual(await readOne(bare), { ...receipt, ref: undefined, at: undefined });
});

Deno.test("createVonage.readReceipts: reads every status and error code", async () => {
  const kinds: Readonly<Record<string, readonly number[]>> = {
    "temporary-failure": [
      ...[1000, 1030, 1100, 1180, 1220, 1230, 1241, 1260, 1290, 1330, 1331, 1360, 1461, 1472],
    ],
    "permanent-failure": [
      ...[1040, 1050, 1170, 1190, 1200, 1240, 1250, 1270, 1280, 1300, 1310, 1430],
    ],
    "technical-failure": [
      ...[1010, 1020, 1021, 1022, 1060, 1070, 1080, 1090, 1110, 1120, 1130, 1140, 1150, 1160],
      ...[1210, 1251, 1282, 1320, 1340, 1350, 1370, 1380, 1381, 1382, 1400, 1410, 1420, 1440],
      ...[1450, 1451, 1460, 1470, 1473, 1480, 1481, 1482, 1483, 1484],
    ],
  };
  const byCode = Object.entries(kinds).flatMap(([kind, codes]) =>
    codes.flatMap((code) => [["rejected", code, kind], ["undeliverable", code, kind]] as const)
  );
  const cases: readonly (readonly [string, number | undefined, string | undefined])[] = [
    ["submitted", undefined, "sending"],
    ["submitted", 1220, "sending"],
    ["delivered", undefined, "delivered"],
    ["read", undefined, "delivered"],
    ["rejected", undefined, "temporary-failure"],
    ["undeliverable", undefined, "temporary-failure"],
    ["rejected", 9999, "temporary-failure"],
    ["accepted", undefined, undefined],
    ["constructor", undefined, undefined],
    ...byCode,
  ];
  for (const [status, code, kind] of cases) {
    const error = code === undefined ? {} : { error: toProblem(code, "ann@example.test") };
    const receipt = await readOne({ ...REPORT, status, ...error });
    assert.equal(receipt?.kind, kind as ReceiptKind | undefined, `${status} ${code}`);
    if (receipt === undefined) continue;
    assert.equal(receipt.code, code === undefined ? undefined : String(code));
    assert.equal(receipt.isUnlistedCode, code === 9999 ? true : undefined, `${code}`);
  }
});

Deno.test("createVonage.readReceipts: reads each form of an error, and no free text as its code", async () => {
  const cases: readonly (readonly [unknown, string | undefined])[] = [
    [{ error: toProblem(1240) }, "1240"],
    [{ type: "https://developer.vonage.com/api-errors/messages#1240", title: 1240 }, "1240"],
    [{ type: "https://developer.vonage.com/api-errors/messages#1240", title: "Opted out" }, "1240"],
    [{ title: " 1240 " }, "1240"],
    [{ title: "ann@example.test", type: "x#ann@example.test" }, undefined],
    [{ title: {}, type: [] }, undefined],
    [{ title: { toString: 1, valueOf: 1 } }, undefined],
    [{ title: ["1240"] }, undefined],
    [{}, undefined],
    ["1240", undefined],
    [null, undefined],
  ];
  for (const [error, code] of cases) {
    const receipt = await readOne({ ...REPORT, status: "rejected", error });
    assert.equal(receipt?.code, code, JSON.stringify(error));
  }
});

Deno.test("createVonage.readReceipts: refuses forged, changed, stale and foreign calls", async () => {
  const body = JSON.stringify(REPORT);
  const now = Math.floor(Date.now() / 1000);
  const unsigned = { "Authorization": "" };
  const forged = [
    receiptRequest(PATH, {}, body),
    receiptRequest(PATH, unsigned, body),
    receiptRequest(PATH, { "Authorization": `Basic ${btoa(`x:${SECRET}`)}` }, body),
    receiptRequest(PATH, { "Authorization": "Bearer a.b.c" }, body),
    receiptRequest(PATH, { "Authorization": "Bearer a.b" }, body),
    signed(body, {}, {}, "guessed"),
    signed(body, {}, {}, ""),
    signed(body, {}, { alg: "none" }),
    signed(body, {}, { alg: "HS512" }),
    signed(body, {}, { alg: "RS256" }),
    signed(body, {}, { crit: ["x"], x: 1 }),
    signed(body, { iat: undefined }),
    signed(body, { iat: "now" }),
    signed(body, { iat: now - MAX_SIGNATURE_AGE_S - 301 }),
    signed(body, { iat: now + 400 }),
    signed(body, { exp: now - 400 }),
    signed(body, { payload_hash: undefined }),
    signed(body, { payload_hash: "" }),
    signed(body, { payload_hash: 5 }),
    signed(body, { application_id: "aaaaaaaa-bbbb-4ccc-8ddd-000000000000" }),
    receiptRequest(PATH, {
      "Authorization": `Bearer ${"a".repeat(MAX_AUTHORIZATION_LENGTH)}.b.c`,
    }, body),
    // Signed for another body; also for one that has the same meaning.
    receiptRequest(PATH, { "Authorization": signVonageCall(SECRET, "{}") }, body),
    receiptRequest(PATH, { "Authorization": signVonageCall(SECRET, body) }, `${body} `),
  ];
  for (const [index, request] of forged.entries()) {
    const result = await vonage.readReceipts(request);
    assert.deepEqual(result, refuse({ kind: "unauthorised" }), String(index));
  }
  for (const claims of [{}, { application_id: APPLICATION_ID }, { iat: now - 23 * 60 * 60 }]) {
    assert((await vonage.readReceipts(signed(body, claims))).ok, JSON.stringify(claims));
  }
});

Deno.test("createVonage.readReceipts: does not read the body of a call without a right signature", async () => {
  const { url, headers } = signed("{}", {}, {}, "guessed");
  const readBody = () => assert.fail("the body was read");
  const result = await vonage.readReceipts({ url, headers, readBody });
  assert.deepEqual(result, refuse({ kind: "unauthorised" }));
});

Deno.test("createVonage.readReceipts: passes on why the body cannot be read", async () => {
  const { url, headers } = signed("{}");
  for (const kind of ["too-large", "broken-off", "bodies-too-large"] as const) {
    const readBody = () => Promise.resolve(refuse({ kind }));
    assert.deepEqual(await vonage.readReceipts({ url, headers, readBody }), refuse({ kind }));
  }
});

Deno.test("createVonage.readReceipts: accepts both secrets during a rotation, and without one nothing", async () => {
  const body = JSON.stringify(REPORT);
  const rotating = vonageAt("", { signatureSecrets: ["a new secret", SECRET] });
  for (const secret of [SECRET, "a new secret"]) {
    assert((await rotating.readReceipts(signed(body, {}, {}, secret))).ok);
  }
  const without = vonageAt("", { signatureSecrets: [] });
  for (const secret of [SECRET, "", "undefined"]) {
    assert(!(await without.readReceipts(signed(body, {}, {}, secret))).ok);
  }
});

Deno.test("createVonage.readReceipts: refuses a signed body that is no report", async () => {
  const { message_uuid: _, ...noId } = REPORT;
  const { status: _status, ...noStatus } = REPORT;
  const bodies = [
    ...[
      "",
      "{",
      "null",
      "[]",
      '"x"',
      "[".repeat(100_000),
      `{"message_uuid":${"1".repeat(50_000)}}`,
    ],
    ...[noId, noStatus, { ...REPORT, message_uuid: "" }, { ...REPORT, status: 5 }].map((fields) =>
      JSON.stringify(fields)
    ),
    JSON.stringify({ ...REPORT, message_uuid: "x".repeat(201) }),
  ];
  for (const body of bodies) {
    const result = await vonage.readReceipts(signed(body));
    assert(!result.ok, body.slice(0, 60));
    assert.equal(result.refusal.kind, "malformed");
    assertImpersonal(result);
  }
});

Deno.test("createVonage.readReceipts: reads the stand-in's reports, also those that come before its answer", async () => {
  const stand = await startStandIn();
  const ours = vonageAt(stand.url);
  const hook = serveReceipts(ours);
  const { receipts } = hook;
  try {
    stand.reportTo(hook.origin);
    stand.next(reportFirst());
    const outcome = await ours.send(sms(), CALM);
    assert(outcome.kind === "accepted");
    assert.equal(receipts.length, 1);
    const id = outcome.providerMessageId;
    assert.deepEqual(await stand.report(id, "submitted", { times: 2 }), [200, 200]);
    assert.deepEqual(await stand.report(id, "rejected", { code: 1240 }), [200]);
    assert.deepEqual(await stand.report(id, "delivered", { forged: true }), [401]);
    const kinds = ["delivered", "sending", "sending", "permanent-failure"];
    assert.deepEqual(receipts.map(({ kind }) => kind), kinds);
    assert(receipts.every(({ ref }) => ref?.notificationId === REF.notificationId));
    assert.equal(new Set(receipts.map(({ dedupeKey }) => dedupeKey)).size, 3);
  } finally {
    await hook.close();
    await stand.close();
  }
});
