import assert from "node:assert/strict";
import { fromResponse } from "../../../../adapters/providers/twilio/answers.ts";
import { toRequest, type TwilioConfig } from "../../../../adapters/providers/twilio/request.ts";
import { createTwilio } from "../../../../adapters/providers/twilio/twilio.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import { status } from "../../../support/stand_ins/scripted_server.ts";
import { startTwilio, type TwilioStandIn } from "../../../support/stand_ins/twilio.ts";
import { CALM, email, fault, REF, rejected, retry, sms } from "../messages.ts";
import { testProvider } from "../provider_contract.ts";

const ACCOUNT = { accountSid: "AC00112233445566778899aabbccddeeff", authToken: "auth-token" };
const SERVICE_SID = "MG00112233445566778899aabbccddeeff";

function config(baseUrl: string, fields: Partial<TwilioConfig> = {}): TwilioConfig {
  return { ...ACCOUNT, from: "Hark", baseUrl, publicUrl: "https://hark.test", ...fields };
}

function provider(baseUrl: string, fields: Partial<TwilioConfig> = {}) {
  return createTwilio(config(baseUrl, fields), { fetch });
}

async function withTwilio(run: (twilio: TwilioStandIn) => Promise<void>): Promise<void> {
  const twilio = await startTwilio(ACCOUNT);
  try {
    await run(twilio);
  } finally {
    await twilio.close();
  }
}

Deno.test("toRequest: has every field in Twilio's form", () => {
  const request = toRequest(
    sms(),
    config("https://api.twilio.com/", { publicUrl: "https://h.test/" }),
  );
  assert.equal(
    request.url,
    `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`,
  );
  assert.equal(
    request.headers["Authorization"],
    `Basic ${btoa(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`)}`,
  );
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
    To: "+447700900123",
    From: "Hark",
    Body: "Ваш запит готовий. £5 & more",
    StatusCallback: "https://h.test/receipts/twilio" +
      `?service_id=${REF.serviceId}&notification_id=${REF.notificationId}#rc=5&rp=all`,
  });
});

Deno.test("toRequest: sends the sender in the field of its kind", () => {
  const cases: readonly (readonly [string | undefined, string, Record<string, string>])[] = [
    [undefined, "Hark", { From: "Hark" }],
    [undefined, "+15005550006", { From: "+15005550006" }],
    [undefined, SERVICE_SID, { MessagingServiceSid: SERVICE_SID }],
    ["447700900999", SERVICE_SID, { From: "+447700900999" }],
    ["60777", "Hark", { From: "60777" }],
    ["MGov", "Hark", { From: "MGov" }],
    [SERVICE_SID, "Hark", { MessagingServiceSid: SERVICE_SID }],
  ];
  for (const [from, standard, expected] of cases) {
    const { body } = toRequest(sms({ from }), config("https://t.test", { from: standard }));
    const form = new URLSearchParams(body);
    const senderFields = [...form].filter(([name]) =>
      name === "From" || name === "MessagingServiceSid"
    );
    assert.deepEqual(Object.fromEntries(senderFields), expected);
  }
});

Deno.test("toRequest: a text cannot add a field", () => {
  const text = "x&To=+15005550006\r\nFrom: me";
  const form = new URLSearchParams(toRequest(sms({ text }), config("https://t.test")).body);
  assert.deepEqual([...form.keys()], ["To", "From", "Body", "StatusCallback"]);
  assert.equal(form.get("Body"), text);
});

Deno.test("fromResponse: classifies every answer", () => {
  const accepted = { kind: "accepted", providerMessageId: "SM1" } as const;
  const cases: readonly (readonly [number, unknown, SendOutcome])[] = [
    [201, { sid: "SM1", status: "queued", error_code: null }, accepted],
    [201, { sid: "SM1", status: "accepted" }, accepted],
    [201, { sid: "SM1" }, accepted],
    [200, { sid: "SM1", status: "sent" }, accepted],
    [201, { sid: "" }, retry("unknown", "bad-answer")],
    [201, {}, retry("unknown", "bad-answer")],
    [200, undefined, retry("unknown", "bad-answer")],
    [307, undefined, retry("unknown", "http-307")],
    [400, { code: 21211 }, rejected(true, "21211")],
    [400, { code: 21408 }, rejected(false, "21408")],
    [400, { code: 21606 }, fault("provider", "21606")],
    [400, { code: 21609 }, fault("provider", "21609")],
    [400, { code: 21659 }, fault("provider", "21659")],
    [400, { code: 21660 }, fault("provider", "21660")],
    [400, { code: 21661 }, fault("provider", "21661")],
    [400, { code: 21701 }, fault("provider", "21701")],
    [400, { code: 21799 }, fault("provider", "21799")],
    [400, { code: 21800 }, rejected(false, "21800")],
    [503, { code: 21730 }, retry("unknown", "21730")],
    [400, { code: 21730 }, retry("not-sent", "21730")],
    [400, { code: 21610 }, rejected(true, "21610")],
    [400, { code: 21612 }, rejected(false, "21612")],
    [400, { code: 21614 }, rejected(true, "21614")],
    [400, { code: 21617 }, rejected(false, "21617")],
    [400, { code: 99999 }, rejected(false, "99999")],
    [400, { code: "constructor" }, rejected(false, "http-400")],
    [400, undefined, rejected(false, "http-400")],
    [401, { code: 20003 }, fault("provider", "20003")],
    [403, { code: 20005 }, fault("provider", "20005")],
    [403, undefined, retry("not-sent", "http-403")],
    [404, { code: 20404 }, retry("not-sent", "20404")],
    [429, { code: 20429 }, retry("not-sent", "20429")],
    [429, { code: 21611 }, retry("not-sent", "21611")],
    [429, undefined, retry("not-sent", "http-429")],
    [500, { code: 20500 }, retry("unknown", "20500")],
    [500, { code: 21211 }, retry("unknown", "21211")],
    [503, undefined, retry("unknown", "http-503")],
    [503, { code: 20503 }, retry("not-sent", "20503")],
  ];
  for (const [status, body, outcome] of cases) {
    const result = fromResponse({ status, body, retryAfter: undefined }, REF, "twilio");
    assert.deepEqual(result, outcome, JSON.stringify([status, body]));
  }
});

Deno.test("fromResponse: returns Twilio's Retry-After", () => {
  const reply = { status: 429, body: { code: 20429 }, retryAfter: "2" };
  assert.deepEqual(fromResponse(reply, REF, "twilio"), {
    kind: "retry",
    outcome: "not-sent",
    code: "20429",
    afterMs: 2000,
  });
});

Deno.test("fromResponse: returns the receipt of a text that failed at once", () => {
  const body = { sid: "SM1", status: "failed", error_code: 30005 };
  assert.deepEqual(fromResponse({ status: 201, body, retryAfter: undefined }, REF, "twilio"), {
    kind: "accepted",
    providerMessageId: "SM1",
    receipts: [{
      provider: "twilio",
      providerMessageId: "SM1",
      ref: REF,
      kind: "permanent-failure",
      code: "30005",
      at: undefined,
      dedupeKey: "SM1:failed",
    }],
  });
});

Deno.test("createTwilio.send: sends a text and returns its id", async () => {
  for (const from of ["Hark", "+15005550006", SERVICE_SID]) {
    await withTwilio(async (twilio) => {
      const outcome = await provider(twilio.url, { from }).send(sms(), CALM);
      const [accepted] = twilio.accepted;
      assert(accepted !== undefined, JSON.stringify(outcome));
      assert.deepEqual(outcome, { kind: "accepted", providerMessageId: accepted.sid });
      assert.equal(accepted.to, "+447700900123");
      assert.equal(accepted.body, "Ваш запит готовий. £5 & more");
    });
  }
});

testProvider({
  name: "createTwilio",
  start: () => startTwilio(ACCOUNT),
  connect: provider,
  message: sms(),
  foreign: email(),
  takenBy: ({ accepted }) => accepted.length,
  unreachable: "no-connection",
  answers: [
    [status(401, { code: 20003, status: 401 }), fault("provider", "20003")],
    [status(400, { code: 21211, status: 400 }), rejected(true, "21211")],
    [
      status(429, { code: 20429 }, { "Retry-After": "3" }),
      { kind: "retry", outcome: "not-sent", code: "20429", afterMs: 3000 },
    ],
  ],
});

Deno.test("createTwilio.send: rejects texts that Twilio refuses", async () => {
  await withTwilio(async (twilio) => {
    const send = (fields = {}, other = {}) => provider(twilio.url, other).send(sms(fields), CALM);
    twilio.optOut("+447700900999");
    assert.deepEqual(await send({ to: "447700900999" }), rejected(true, "21610"));
    assert.deepEqual(await send({ to: "07" }), rejected(true, "21211"));
    assert.deepEqual(await send({ text: "x".repeat(1601) }), rejected(false, "21617"));
    assert.deepEqual(await send({ text: "" }), rejected(false, "21602"));
    assert.deepEqual(await send({ from: "far too long a name" }), rejected(false, "21212"));
    assert.deepEqual(
      await send({}, { publicUrl: "https://under_score.test" }),
      fault("provider", "21609"),
    );
    assert.deepEqual(await send({}, { authToken: "another" }), fault("provider", "20003"));
    assert.equal(twilio.accepted.length, 0);
  });
});

Deno.test("toRequest: names the attempt in the status callback after the first attempt", () => {
  const callbackOf = (fields: Parameters<typeof sms>[0]) => {
    const { body } = toRequest(sms(fields), config("https://api.twilio.com"));
    const [address] = new URLSearchParams(body).get("StatusCallback")?.split("#") ?? [];
    return new URL(address ?? "").searchParams.get("attempt");
  };
  assert.equal(callbackOf({}), null);
  assert.equal(callbackOf({ attempt: 2 }), "2");
});
