import assert from "node:assert/strict";
import { createPostmark } from "../../../../adapters/providers/postmark/postmark.ts";
import type { Receipt, ReceiptKind, ReceiptRefusal } from "../../../../domain/delivery/receipt.ts";
import type { Result } from "../../../../domain/result.ts";
import { startPostmark } from "../../../support/stand_ins/postmark.ts";
import { assertImpersonal, CALM, email, receiptRequest, REF, serveReceipts } from "../messages.ts";

const WEBHOOK = { user: "postmark", password: "пароль:with:colons" };
const postmark = createPostmark(
  { serverToken: "t", baseUrl: "https://api.postmarkapp.com", webhook: WEBHOOK },
  { fetch },
);

function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
const GENUINE = basic(WEBHOOK.user, WEBHOOK.password);

function read(event: unknown): Promise<Result<readonly Receipt[], ReceiptRefusal>> {
  const body = typeof event === "string" ? event : JSON.stringify(event);
  return postmark.readReceipts(
    receiptRequest("/receipts/postmark", { Authorization: GENUINE }, body),
  );
}

async function readOne(event: Record<string, unknown>): Promise<Receipt | undefined> {
  const result = await read(event);
  assert(result.ok, JSON.stringify(result));
  assert(result.value.length <= 1);
  assertImpersonal(result.value);
  return result.value[0];
}

const MESSAGE_ID = "883953f4-6105-42a2-a16a-77a8eac79483";
const COMMON = {
  MessageID: MESSAGE_ID,
  Recipient: "ann@example.test",
  ServerID: 23,
  MessageStream: "outbound",
  Tag: "",
  Metadata: { service_id: REF.serviceId, notification_id: REF.notificationId },
};
const DELIVERY = {
  ...COMMON,
  RecordType: "Delivery",
  DeliveredAt: "2019-11-05T16:33:54.9070259Z",
  Details: "Test 250 OK",
};
const BOUNCE = {
  ...COMMON,
  RecordType: "Bounce",
  ID: 4323372036854775807,
  Type: "HardBounce",
  TypeCode: 1,
  Name: "Hard bounce",
  Description: "no such user",
  Details: "no such user",
  Email: "ann@example.test",
  From: "a@hark.test",
  BouncedAt: "2019-11-05T16:33:54.9070259Z",
  DumpAvailable: true,
  Inactive: false,
  CanActivate: true,
  Subject: "A subject",
};
const CHANGE = {
  ...COMMON,
  RecordType: "SubscriptionChange",
  ChangedAt: "2020-02-01T10:53:34.416071Z",
  Origin: "Recipient",
  SuppressSending: true,
  SuppressionReason: "ManualSuppression",
};

Deno.test("createPostmark.readReceipts: reads a Delivery", async () => {
  assert.deepEqual(await readOne(DELIVERY), {
    provider: "postmark",
    providerMessageId: MESSAGE_ID,
    ref: REF,
    kind: "delivered",
    code: undefined,
    at: Date.UTC(2019, 10, 5, 16, 33, 54, 907),
    dedupeKey: `Delivery:${MESSAGE_ID}:2019-11-05T16:33:54.9070259Z`,
  });
});

Deno.test("createPostmark.readReceipts: reads every type of Bounce", async () => {
  const cases: readonly (readonly [string, boolean, ReceiptKind | undefined])[] = [
    ["HardBounce", true, "permanent-failure"],
    ["HardBounce", false, "permanent-failure"],
    ["BadEmailAddress", false, "permanent-failure"],
    ["Blocked", false, "temporary-failure"],
    ["Blocked", true, "permanent-failure"],
    ["ManuallyDeactivated", true, "permanent-failure"],
    ["Transient", false, "sending"],
    ["Transient", true, "permanent-failure"],
    ["SoftBounce", false, "temporary-failure"],
    ["SoftBounce", true, "permanent-failure"],
    ["DnsError", false, "sending"],
    ["SpamNotification", false, "temporary-failure"],
    ["Unknown", false, "temporary-failure"],
    ["SMTPApiError", false, "technical-failure"],
    ["DMARCPolicy", false, "technical-failure"],
    ["SpamComplaint", true, "complaint"],
    ["Unsubscribe", false, "unsubscribed"],
    ["Subscribe", false, undefined],
    ["AutoResponder", false, undefined],
    ["AddressChange", false, undefined],
    ["ChallengeVerification", false, undefined],
    ["OpenRelayTest", false, undefined],
    ["SomethingNew", false, "temporary-failure"],
    ["SomethingNew", true, "permanent-failure"],
    ["constructor", false, "temporary-failure"],
  ];
  for (const [Type, Inactive, kind] of cases) {
    const receipt = await readOne({ ...BOUNCE, Type, Inactive });
    assert.equal(receipt?.kind, kind, Type);
    assert.equal(receipt?.code, kind && Type, Type);
  }
});

Deno.test("createPostmark.readReceipts: reads a SpamComplaint, with or without Metadata", async () => {
  const event = { ...BOUNCE, RecordType: "SpamComplaint", Type: "SpamComplaint", TypeCode: 512 };
  const receipt = await readOne(event);
  assert.equal(receipt?.kind, "complaint");
  assert.deepEqual(receipt?.ref, REF);
});

Deno.test("createPostmark.readReceipts: reads a SubscriptionChange by its reason and origin", async () => {
  const cases: readonly (readonly [Record<string, unknown>, ReceiptKind | undefined])[] = [
    [{}, "unsubscribed"],
    [{ Origin: "Customer" }, undefined],
    [{ Origin: "Admin" }, undefined],
    [{ SuppressSending: false, SuppressionReason: null }, undefined],
    [{ SuppressSending: false }, undefined],
    [{ SuppressionReason: "HardBounce", Origin: "Customer" }, "permanent-failure"],
    [{ SuppressionReason: "SpamComplaint" }, "complaint"],
    [{ SuppressionReason: "SomethingNew" }, undefined],
    [{ SuppressionReason: null }, undefined],
    [{ MessageID: null }, undefined],
    [{ MessageID: "" }, undefined],
  ];
  for (const [fields, kind] of cases) {
    assert.equal((await readOne({ ...CHANGE, ...fields }))?.kind, kind, JSON.stringify(fields));
  }
});

Deno.test("createPostmark.readReceipts: accepts events that are ignored, so that they are not repeated", async () => {
  for (const RecordType of ["Open", "Click", "Inbound", "SomethingNew", "constructor", ""]) {
    assert.deepEqual(await read({ ...COMMON, RecordType }), { ok: true, value: [] });
  }
});

Deno.test("createPostmark.readReceipts: returns a reference only when both ids are valid", async () => {
  const { service_id, notification_id } = COMMON.Metadata;
  const cases: readonly (readonly [unknown, boolean])[] = [
    [{ service_id, notification_id, more: 1 }, true],
    [{ service_id: service_id.toUpperCase(), notification_id }, true],
    [{ service_id }, false],
    [{ service_id, notification_id: "ann@example.test" }, false],
    [{ service_id: 5, notification_id }, false],
    [{}, false],
    [null, false],
    ["text", false],
    [[service_id], false],
    [undefined, false],
  ];
  for (const [Metadata, known] of cases) {
    const receipt = await readOne({ ...DELIVERY, Metadata });
    assert.equal(receipt?.kind, "delivered");
    assert.deepEqual(receipt?.ref, known ? REF : undefined, JSON.stringify(Metadata));
  }
});

Deno.test("createPostmark.readReceipts: dedupe keys differ between events and are stable for a repeated event", async () => {
  const other = "00000000-6105-42a2-a16a-77a8eac79483";
  const events = [
    DELIVERY,
    { ...DELIVERY, MessageID: other },
    { ...DELIVERY, DeliveredAt: "2019-11-06T00:00:00Z" },
    BOUNCE,
    { ...BOUNCE, ID: 17 },
    // Parsed as numbers these two ids are equal.
    { ...BOUNCE, MessageID: other, ID: 4323372036854775806 },
    { ...BOUNCE, RecordType: "SpamComplaint" },
    CHANGE,
    { ...CHANGE, SuppressionReason: "HardBounce" },
  ];
  const keys = [];
  for (const event of events) keys.push((await readOne(event))?.dedupeKey);
  assert.equal(new Set(keys).size, events.length);
  assert.equal((await readOne(BOUNCE))?.dedupeKey, keys[3]);
});

Deno.test("createPostmark.readReceipts: ignores invalid times, and codes that could be free text", async () => {
  assert.equal((await readOne({ ...DELIVERY, DeliveredAt: "yesterday" }))?.at, undefined);
  assert.equal((await readOne({ ...DELIVERY, DeliveredAt: null }))?.at, undefined);
  const chatty = await readOne({ ...BOUNCE, Type: "ann@example.test is unknown" });
  assert.equal(chatty?.code, undefined);
});

Deno.test("createPostmark.readReceipts: refuses a malformed event without quoting it", async () => {
  const cases: readonly unknown[] = [
    ...["", "{", "null", "5", '"text"', "[]", "{}", "\u0000"],
    { RecordType: 5 },
    { ...DELIVERY, MessageID: undefined },
    { ...DELIVERY, MessageID: 5 },
    { ...DELIVERY, MessageID: "" },
    { ...DELIVERY, DeliveredAt: { ann: "ann@example.test" } },
    { ...BOUNCE, Type: undefined },
    { ...BOUNCE, ID: "ann@example.test" },
    { ...BOUNCE, Inactive: "yes" },
    { ...CHANGE, SuppressSending: "true" },
  ];
  for (const event of cases) {
    const result = await read(event);
    assert(!result.ok, JSON.stringify(event));
    assert.equal(result.refusal.kind, "malformed");
    assertImpersonal(result);
  }
});

Deno.test("createPostmark.readReceipts: refuses a call without the webhook's user and password", async () => {
  const { user, password } = WEBHOOK;
  const cases: readonly (string | undefined)[] = [
    undefined,
    "",
    "Basic",
    "Basic ",
    "Basic !!!",
    basic(user, "guessed"),
    basic("other", password),
    basic(user, ""),
    basic(user, `${password} `),
    basic("", ""),
    GENUINE.replace("Basic", "Bearer"),
    `${GENUINE} x`,
  ];
  for (const header of cases) {
    const headers = header === undefined ? {} : { Authorization: header };
    for (const body of [JSON.stringify(DELIVERY), "{"]) {
      const result = await postmark.readReceipts(
        receiptRequest("/receipts/postmark", headers, body),
      );
      assert.deepEqual(result, { ok: false, refusal: { kind: "unauthorised" } }, header ?? "none");
    }
  }
});

Deno.test("createPostmark.readReceipts: refuses every call when no webhook is configured", async () => {
  for (const webhook of [undefined, { user: "", password: "" }]) {
    const config = { serverToken: "t", baseUrl: "https://api.postmarkapp.com", webhook };
    const request = receiptRequest("/", { Authorization: basic("", "") }, JSON.stringify(DELIVERY));
    const result = await createPostmark(config, { fetch }).readReceipts(request);
    assert.deepEqual(result, { ok: false, refusal: { kind: "unauthorised" } });
  }
});

Deno.test("createPostmark.readReceipts: reads the stand-in's report about a message that it accepted", async () => {
  const standIn = await startPostmark({
    token: "t",
    webhookUser: "hook",
    webhookPassword: "secret-word",
  });
  const webhook = { user: "hook", password: "secret-word" };
  const ours = createPostmark({ serverToken: "t", baseUrl: standIn.url, webhook }, { fetch });
  const hook = serveReceipts(ours);
  const { receipts } = hook;
  try {
    standIn.reportTo(`${hook.origin}/receipts/postmark`);
    const outcome = await ours.send(email(), CALM);
    assert(outcome.kind === "accepted");
    const id = outcome.providerMessageId;
    assert.deepEqual(await standIn.deliver(id, { times: 2 }), [200, 200]);
    assert.deepEqual(await standIn.bounce(id), [200]);
    assert.deepEqual(await standIn.bounce(id, { type: "SoftBounce" }), [200]);
    assert.deepEqual(await standIn.complaint(id), [200]);
    assert.deepEqual(await standIn.unsubscribe(id), [200]);
    assert.deepEqual(await standIn.report(id, { RecordType: "Open" }), [200]);
    assert.deepEqual(await standIn.deliver(id, { forged: true }), [401]);
    const kinds = ["delivered", "delivered", "permanent-failure", "temporary-failure"];
    assert.deepEqual(receipts.map(({ kind }) => kind), [...kinds, "complaint", "unsubscribed"]);
    assert(receipts.every(({ providerMessageId }) => providerMessageId === id));
    assertImpersonal(receipts);
    assert.equal(receipts[0]?.dedupeKey, receipts[1]?.dedupeKey);
  } finally {
    await hook.close();
    await standIn.close();
  }
});

Deno.test("createPostmark.readReceipts: returns the attempt of the metadata, and none for anything but a number", async () => {
  const cases: readonly (readonly [unknown, number | undefined])[] = [
    ["2", 2],
    ["0", undefined],
    ["-1", undefined],
    ["1000000", undefined],
    ["x", undefined],
    [2, undefined],
    [null, undefined],
    [undefined, undefined],
  ];
  for (const [attempt, expected] of cases) {
    const receipt = await readOne({ ...DELIVERY, Metadata: { ...COMMON.Metadata, attempt } });
    assert.equal(receipt?.attempt, expected, String(attempt));
  }
});
