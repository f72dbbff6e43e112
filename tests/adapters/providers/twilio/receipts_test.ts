import assert from "node:assert/strict";
import { createTwilio } from "../../../../adapters/providers/twilio/twilio.ts";
import { MAX_RECEIPT_FIELDS } from "../../../../adapters/providers/twilio/receipts.ts";
import { isSignedByTwilio } from "../../../../adapters/providers/twilio/signature.ts";
import type { Receipt, ReceiptKind } from "../../../../domain/delivery/receipt.ts";
import { reportFirst } from "../../../support/stand_ins/scripted_server.ts";
import { sign, startTwilio } from "../../../support/stand_ins/twilio.ts";
import { assertImpersonal, CALM, receiptRequest, REF, serveReceipts, sms } from "../messages.ts";

const AUTH_TOKEN = "auth-token";
const SID = "SM00112233445566778899aabbccddeeff";
const PATH = "/receipts/twilio" +
  `?service_id=${REF.serviceId}&notification_id=${REF.notificationId}`;
const FIELDS = {
  AccountSid: "AC00112233445566778899aabbccddeeff",
  ApiVersion: "2010-04-01",
  From: "Hark",
  MessageSid: SID,
  MessageStatus: "delivered",
  RawDlrDoneDate: "2611220730",
  SmsSid: SID,
  SmsStatus: "delivered",
  To: "+447700900123",
};

function twilioAt(publicUrl: string) {
  return createTwilio({
    accountSid: FIELDS.AccountSid,
    authToken: AUTH_TOKEN,
    from: "Hark",
    baseUrl: "https://api.twilio.com",
    publicUrl,
  }, { fetch });
}
const twilio = twilioAt("https://hark.test");

function call(fields: Readonly<Record<string, string>>, path = PATH) {
  const signature = sign(AUTH_TOKEN, `https://hark.test${path}`, fields);
  const body = new URLSearchParams(fields).toString();
  return receiptRequest(path, { "X-Twilio-Signature": signature }, body);
}

async function readOne(
  fields: Readonly<Record<string, string>>,
  path = PATH,
): Promise<Receipt | undefined> {
  const result = await twilio.readReceipts(call(fields, path));
  assert(result.ok, JSON.stringify(result));
  assert(result.value.length <= 1);
  assertImpersonal(result.value);
  return result.value[0];
}

Deno.test("isSignedByTwilio: accepts Twilio's published example", async () => {
  const post = {
    authToken: "12345",
    signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    fields: new URLSearchParams({
      CallSid: "CA1234567890ABCDE",
      Caller: "+14158675309",
      Digits: "1234",
      From: "+14158675309",
      To: "+18005551212",
    }),
  };
  assert.equal(await isSignedByTwilio(post), true);
  assert.equal(await isSignedByTwilio({ ...post, authToken: "12346" }), false);
  assert.equal(await isSignedByTwilio({ ...post, url: `${post.url}3` }), false);
});

Deno.test("isSignedByTwilio: covers a repeated field's distinct values, sorted", async () => {
  const url = "https://hark.test/x";
  const signature = sign(AUTH_TOKEN, url, { A: "1A2", B: "é" });
  const fields = new URLSearchParams("B=%C3%A9&A=2&A=1&A=2");
  assert.equal(await isSignedByTwilio({ authToken: AUTH_TOKEN, signature, url, fields }), true);
});

Deno.test("isSignedByTwilio: accepts the address with and without the default port, and no other path", async () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["https://hark.test:443/x?y=1", "https://hark.test/x?y=1", true],
    ["https://hark.test/x?y=1", "https://hark.test:443/x?y=1", true],
    ["http://hark.test:80/x", "http://hark.test/x", true],
    ["https://hark.test/x", "https://hark.test:8443/x", true],
    ["https://hark.test:8443/x", "https://hark.test/x", false],
    ["https://hark.test:80/x", "https://hark.test/x", false],
    ["http://hark.test/x", "https://hark.test/x", false],
    ["https://hark.test/y", "https://hark.test/x", false],
    ["https://hark.test.evil.test/x", "https://hark.test/x", false],
  ];
  for (const [signed, url, expected] of cases) {
    const signature = sign(AUTH_TOKEN, signed, { A: "1" });
    const fields = new URLSearchParams({ A: "1" });
    const post = { authToken: AUTH_TOKEN, signature, url, fields };
    assert.equal(await isSignedByTwilio(post), expected, `${signed} at ${url}`);
  }
});

Deno.test("createTwilio.readReceipts: reads a delivered text", async () => {
  assert.deepEqual(await readOne(FIELDS), {
    provider: "twilio",
    providerMessageId: SID,
    ref: REF,
    kind: "delivered",
    code: undefined,
    at: undefined,
    dedupeKey: `${SID}:delivered`,
  });
});

Deno.test("createTwilio.readReceipts: reads every status and error code", async () => {
  const cases: readonly (readonly [string, string | undefined, ReceiptKind | undefined])[] = [
    ["accepted", undefined, "sending"],
    ["scheduled", undefined, "sending"],
    ["queued", undefined, "sending"],
    ["sending", undefined, "sending"],
    ["sent", undefined, "sending"],
    ["delivered", undefined, "delivered"],
    ["read", undefined, "delivered"],
    ["canceled", undefined, "technical-failure"],
    ["undelivered", undefined, "temporary-failure"],
    ["undelivered", "30001", "temporary-failure"],
    ["undelivered", "30002", "technical-failure"],
    ["undelivered", "30003", "temporary-failure"],
    ["undelivered", "30004", "permanent-failure"],
    ["undelivered", "30005", "permanent-failure"],
    ["undelivered", "30006", "permanent-failure"],
    ["undelivered", "30007", "technical-failure"],
    ["undelivered", "30008", "temporary-failure"],
    ["failed", "30034", "technical-failure"],
    ["failed", "21610", "permanent-failure"],
    ["failed", "21211", "permanent-failure"],
    ["failed", "21614", "permanent-failure"],
    ["undelivered", "30009", "temporary-failure"],
    ["undelivered", "30010", "technical-failure"],
    ["undelivered", "30024", "technical-failure"],
    ["undelivered", "30032", "technical-failure"],
    ["undelivered", "30442", "permanent-failure"],
    ["undelivered", "30500", "temporary-failure"],
    ["undelivered", "30884", "technical-failure"],
    ["undelivered", "32017", "permanent-failure"],
    ["undelivered", "32203", "permanent-failure"],
    ["undelivered", "60005", "temporary-failure"],
    ["undelivered", "63026", "permanent-failure"],
    ["failed", "20003", "technical-failure"],
    ["failed", "20500", "temporary-failure"],
    ["failed", "20503", "temporary-failure"],
    ["failed", "21212", "technical-failure"],
    ["failed", "21263", "permanent-failure"],
    ["failed", "21264", "permanent-failure"],
    ["failed", "21265", "permanent-failure"],
    ["failed", "21266", "permanent-failure"],
    ["failed", "21267", "permanent-failure"],
    ["failed", "21268", "permanent-failure"],
    ["failed", "21408", "permanent-failure"],
    ["failed", "21606", "technical-failure"],
    ["failed", "21609", "technical-failure"],
    ["failed", "21611", "temporary-failure"],
    ["failed", "21612", "permanent-failure"],
    ["failed", "21617", "technical-failure"],
    ["failed", "21635", "permanent-failure"],
    ["failed", "21659", "technical-failure"],
    ["failed", "21660", "technical-failure"],
    ["failed", "21661", "technical-failure"],
    ["failed", "21730", "temporary-failure"],
    ["failed", "99999", "temporary-failure"],
    ["partially_delivered", undefined, undefined],
    ["received", undefined, undefined],
    ["constructor", undefined, undefined],
  ];
  for (const [MessageStatus, ErrorCode, kind] of cases) {
    const fields = { ...FIELDS, MessageStatus, ...(ErrorCode === undefined ? {} : { ErrorCode }) };
    const receipt = await readOne(fields);
    assert.equal(receipt?.kind, kind, `${MessageStatus} ${ErrorCode}`);
    assert.equal(receipt?.code, ErrorCode);
    assert.equal(receipt?.isUnlistedCode, ErrorCode === "99999" ? true : undefined);
  }
});

Deno.test("createTwilio.readReceipts: ignores a code that is not a number", async () => {
  for (const ErrorCode of ["", "0", "ann@example.test", "constructor"]) {
    const receipt = await readOne({ ...FIELDS, MessageStatus: "failed", ErrorCode });
    assert.equal(receipt?.code, undefined);
    assert.equal(receipt?.kind, "temporary-failure");
  }
});

Deno.test("createTwilio.readReceipts: returns a reference only when both ids are valid", async () => {
  const service = `service_id=${REF.serviceId}`;
  const queries = [
    "",
    `?${service}`,
    `?${service}&notification_id=ann`,
    PATH.slice(PATH.indexOf("?"), -3),
  ];
  for (const query of queries) {
    const receipt = await readOne(FIELDS, `/receipts/twilio${query}`);
    assert.equal(receipt?.kind, "delivered");
    assert.equal(receipt?.ref, undefined);
  }
});

Deno.test("createTwilio.readReceipts: refuses a call that Twilio did not sign", async () => {
  const genuine = call(FIELDS);
  const signature = genuine.headers.get("X-Twilio-Signature") ?? "";
  const body = new URLSearchParams(FIELDS).toString();
  const forgeries = [
    receiptRequest(PATH, {}, body),
    receiptRequest(PATH, { "X-Twilio-Signature": "" }, body),
    receiptRequest(PATH, { "X-Twilio-Signature": "not base64 !" }, body),
    receiptRequest(PATH, { "X-Twilio-Signature": btoa("short") }, body),
    receiptRequest(PATH, { "X-Twilio-Signature": signature }, body.replace("delivered", "failed")),
    receiptRequest(PATH, { "X-Twilio-Signature": signature }, `${body}&More=1`),
    receiptRequest(PATH, { "X-Twilio-Signature": signature }, ""),
    receiptRequest(PATH.replace("0b5f", "0b5e"), { "X-Twilio-Signature": signature }, body),
    receiptRequest(`${PATH}&x=1`, { "X-Twilio-Signature": signature }, body),
    receiptRequest(PATH, {
      "X-Twilio-Signature": sign("guessed", `https://hark.test${PATH}`, FIELDS),
      "Host": "hark.test",
    }, body),
  ];
  assert.equal((await twilio.readReceipts(genuine)).ok, true);
  for (const forgery of forgeries) {
    assert.deepEqual(await twilio.readReceipts(forgery), {
      ok: false,
      refusal: { kind: "unauthorised" },
    });
  }
  const elsewhere = twilioAt("https://other.test");
  assert.equal((await elsewhere.readReceipts(genuine)).ok, false);
});

Deno.test("createTwilio.readReceipts: refuses a signed call that is not a status callback", async () => {
  const { MessageSid: _1, SmsSid: _2, ...noSid } = FIELDS;
  const { MessageStatus: _3, SmsStatus: _4, ...noStatus } = FIELDS;
  for (const fields of [{}, noSid, noStatus, { ...FIELDS, MessageSid: "" }]) {
    const result = await twilio.readReceipts(call(fields));
    assert(!result.ok);
    assert.equal(result.refusal.kind, "malformed");
    assertImpersonal(result);
  }
});

Deno.test("createTwilio.readReceipts: refuses a call with more than MAX_RECEIPT_FIELDS fields", async () => {
  const more = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`Field${at}`, ""]));
  const known = Object.keys(FIELDS).length;
  const most = await twilio.readReceipts(
    call({ ...FIELDS, ...more(MAX_RECEIPT_FIELDS - known) }),
  );
  assert.ok(most.ok);
  const over = await twilio.readReceipts(
    call({ ...FIELDS, ...more(MAX_RECEIPT_FIELDS - known + 1) }),
  );
  assert.ok(!over.ok);
  assert.equal(over.refusal.kind, "too-large");
});

Deno.test("createTwilio.readReceipts: each status of a text has its own dedupe key", async () => {
  const keys = new Set<string | undefined>();
  for (const MessageStatus of ["sent", "delivered", "delivered", "read"]) {
    keys.add((await readOne({ ...FIELDS, MessageStatus }))?.dedupeKey);
  }
  assert.equal(keys.size, 3);
});

Deno.test("createTwilio.readReceipts: reads the stand-in's reports, also those that come before its answer", async () => {
  const standIn = await startTwilio({ accountSid: FIELDS.AccountSid, authToken: AUTH_TOKEN });
  const ours = createTwilio({
    accountSid: FIELDS.AccountSid,
    authToken: AUTH_TOKEN,
    from: "Hark",
    baseUrl: standIn.url,
    publicUrl: "https://hark.test",
  }, { fetch });
  const hook = serveReceipts(ours);
  const { receipts } = hook;
  try {
    standIn.reportTo(hook.origin);
    standIn.next(reportFirst());
    const outcome = await ours.send(sms(), CALM);
    assert(outcome.kind === "accepted");
    assert.equal(receipts.length, 1);
    const id = outcome.providerMessageId;
    assert.deepEqual(await standIn.report(id, "sent", { times: 2 }), [200, 200]);
    assert.deepEqual(await standIn.report(id, "undelivered", { errorCode: 30005 }), [200]);
    assert.deepEqual(await standIn.report(id, "delivered", { forged: true }), [401]);
    const kinds = ["delivered", "sending", "sending", "permanent-failure"];
    assert.deepEqual(receipts.map(({ kind }) => kind), kinds);
    assert(receipts.every(({ ref }) => ref?.notificationId === REF.notificationId));
    assertImpersonal(receipts);
  } finally {
    await hook.close();
    await standIn.close();
  }
});

Deno.test("isSignedByTwilio: takes linear time in the number of fields, as it runs before authentication", async () => {
  // Quadratic time would be minutes.
  const fields = new URLSearchParams(Array.from({ length: 100_000 }, (_, n) => [`f${n}`, "1"]));
  const post = {
    authToken: AUTH_TOKEN,
    signature: btoa("0".repeat(20)),
    url: "https://hark.test/",
    fields,
  };
  assert.equal(await isSignedByTwilio(post), false);
});

Deno.test("createTwilio.readReceipts: returns the attempt of the callback's address, and none for anything but a number", async () => {
  for (const [value, attempt] of [["2", 2], ["999999", 999_999]] as const) {
    assert.equal((await readOne(FIELDS, `${PATH}&attempt=${value}`))?.attempt, attempt);
  }
  for (const value of ["", "0", "-1", "1.5", "1e3", "1000000", "2x", "٢"]) {
    const receipt = await readOne(FIELDS, `${PATH}&attempt=${encodeURIComponent(value)}`);
    assert.equal(receipt?.kind, "delivered");
    assert.equal(receipt?.attempt, undefined, value);
  }
});
