import assert from "node:assert/strict";
import { createTwilio } from "../../../../adapters/providers/twilio/twilio.ts";
import { toRequest, type TwilioConfig } from "../../../../adapters/providers/twilio/request.ts";
import { fromResponse } from "../../../../adapters/providers/twilio/answers.ts";
import type { OutgoingSms } from "../../../../domain/delivery/outgoing_message.ts";
import { hang, reset, status } from "../../../support/stand_ins/scripted_server.ts";
import { sign, startTwilio, type TwilioStandIn } from "../../../support/stand_ins/twilio.ts";
import { CALM, fault, receiptRequest, REF, sms } from "../messages.ts";

const ACCOUNT = { accountSid: "AC00112233445566778899aabbccddeeff", authToken: "auth-token" };
const SERVICE_SID = "MG00112233445566778899aabbccddeeff";
const NOW = Date.UTC(2026, 10, 22, 12);

const config = (baseUrl: string, fields: Partial<TwilioConfig> = {}): TwilioConfig => ({
  ...ACCOUNT,
  from: "Hark",
  baseUrl,
  publicUrl: "https://hark.test",
  ...fields,
});

async function withTwilio(
  run: (
    stand: TwilioStandIn,
    twilio: ReturnType<typeof createTwilio>,
  ) => Promise<void>,
  fields: Partial<TwilioConfig> = {},
): Promise<void> {
  const stand = await startTwilio({ ...ACCOUNT, now: () => NOW });
  try {
    const clock = { now: () => NOW };
    await run(stand, createTwilio(config(stand.url, fields), { fetch, clock }));
  } finally {
    await stand.close();
  }
}

const found = (...ids: string[]) => ({
  kind: "found",
  messages: ids.map((providerMessageId) => ({ kind: "accepted", providerMessageId })),
});

Deno.test("createTwilio.search: finds every equal text since the attempt, over several pages, oldest first", async () => {
  await withTwilio(async (stand, twilio) => {
    const equal = {
      to: "+447700900123",
      from: "Hark",
      body: sms().text,
      direction: "outbound-api",
    };
    for (let index = 0; index < 250; index++) {
      const date_created = new Date(NOW - 5_000 + (index === 7 ? 0 : 4_000)).toUTCString();
      const date_sent = new Date(NOW).toUTCString();
      const body = index % 100 === 7 ? equal.body : "Another text";
      stand.addMessage({ ...equal, sid: `SM${index}`, body, date_created, date_sent });
    }
    assert.deepEqual(
      await twilio.search.find(sms(), NOW - 5_000, CALM),
      found("SM7", "SM107", "SM207"),
    );
    const pages = stand.lookUps.map(({ query }) => [query.get("DateSent"), query.get("Page")]);
    assert.deepEqual(pages, [[null, null], [null, "1"], ["2026-11-22", null], ["2026-11-22", "1"]]);
  });
});

Deno.test("createTwilio.search: compares the messaging service, and the service's own sender in it", async () => {
  await withTwilio(async (_, twilio) => {
    const send = async (fields: Partial<OutgoingSms>) => {
      const outcome = await twilio.send(sms(fields), CALM);
      return outcome.kind === "accepted" ? outcome.providerMessageId : assert.fail();
    };
    const pooled = { messagingService: SERVICE_SID };
    const both = { messagingService: SERVICE_SID, from: "Dvir" };
    const ids = [await send({}), await send(pooled), await send(both)];
    assert.deepEqual(await twilio.search.find(sms(), NOW, CALM), found(ids[0] ?? ""));
    assert.deepEqual(
      await twilio.search.find(sms(pooled), NOW, CALM),
      found(ids[1] ?? "", ids[2] ?? ""),
    );
    assert.deepEqual(await twilio.search.find(sms(both), NOW, CALM), found(ids[2] ?? ""));
  });
});

Deno.test("createTwilio.search: tells a server that cannot answer now from one that cannot be asked", async () => {
  const unavailable = (code: string) => ({ kind: "unavailable", code });
  const unsupported = (code: string) => ({ kind: "unsupported", code });
  const cases = [
    [reset(), unavailable("network")],
    [hang(), unavailable("timeout")],
    [status(500), unavailable("http-500")],
    [status(401, { code: 20003 }), unavailable("20003")],
    [status(429, { code: 20429 }, { "Retry-After": "7" }), {
      ...unavailable("20429"),
      afterMs: 7_000,
    }],
    [status(302, "", { Location: "/elsewhere" }), unavailable("http-302")],
    [status(403, { code: 20403 }), unsupported("20403")],
    [status(404, "<html>"), unsupported("http-404")],
    [status(200, "<html>"), unsupported("http-200")],
  ] as const;
  for (const [behaviour, result] of cases) {
    await withTwilio(async (stand, twilio) => {
      stand.always(behaviour);
      assert.deepEqual(await twilio.search.find(sms(), NOW, CALM), result);
      assert.equal(stand.lookUps.length, 1);
    }, { timeoutMs: 1_000 });
  }
});

Deno.test("createTwilio.search: follows no page of another host, which would get the credentials", async () => {
  for (const uri of ["https://evil.test/x", "//evil.test/x", "\\\\evil.test/x", ""]) {
    const urls: string[] = [];
    const fetch = (input: string | URL | Request) => {
      urls.push(String(input));
      return Promise.resolve(Response.json({ messages: [], next_page_uri: uri }));
    };
    const twilio = createTwilio(config("https://api.twilio.com"), {
      fetch,
      clock: { now: () => NOW },
    });
    assert.deepEqual(await twilio.search.find(sms(), NOW, CALM), found());
    assert.ok(urls.every((url) => url.startsWith("https://api.twilio.com/")), urls.join(" "));
    assert.equal(urls.length, 2);
  }
});

Deno.test("createTwilio.search: reads a bounded number of pages", async () => {
  let calls = 0;
  const fetch = () => {
    calls++;
    const next_page_uri = "/2010-04-01/Accounts/AC/Messages.json?Page=1";
    return Promise.resolve(Response.json({ messages: [], next_page_uri }));
  };
  const twilio = createTwilio(config("https://t.test"), { fetch, clock: { now: () => NOW } });
  await twilio.search.find(sms(), NOW, CALM);
  assert.equal(calls, 6);
});

Deno.test("createTwilio.poll: reads final statuses, and stops at 429", async () => {
  await withTwilio(async (stand, twilio) => {
    const ids: string[] = [];
    for (let index = 0; index < 40; index++) {
      const outcome = await twilio.send(sms(), CALM);
      if (outcome.kind === "accepted") ids.push(outcome.providerMessageId);
    }
    for (const id of ids.slice(0, 30)) stand.settle(id, "delivered");
    const receipts = await twilio.poll([...ids, "SMunknown"], CALM);
    assert.deepEqual(
      receipts.map(({ providerMessageId }) => providerMessageId).toSorted(),
      ids.slice(0, 30).toSorted(),
    );
    assert.ok(receipts.every(({ kind, ref }) => kind === "delivered" && ref === undefined));
    const before = stand.lookUps.length;
    stand.always(status(429, { code: 20429 }));
    assert.deepEqual(await twilio.poll(ids, CALM), []);
    assert.ok(stand.lookUps.length - before <= 8);
  });
});

Deno.test("toRequest: sends a text's valid_until as ValidityPeriod within Twilio's bounds", () => {
  const periodFor = (leftMs: number | undefined) => {
    const validUntil = leftMs === undefined ? {} : { validUntil: NOW + leftMs };
    const { body } = toRequest(sms(validUntil), config("https://t.test"), NOW);
    return new URLSearchParams(body).get("ValidityPeriod");
  };
  assert.equal(periodFor(undefined), null);
  assert.equal(periodFor(90_999), "90");
  assert.equal(periodFor(10), "1");
  assert.equal(periodFor(35_999_999), "35999");
  assert.equal(periodFor(36_000_000), null);
});

Deno.test("toRequest: sends the service's messaging service, with its own sender if it has one", () => {
  const senderOf = (fields: Partial<OutgoingSms>) => {
    const form = new URLSearchParams(toRequest(sms(fields), config("https://t.test")).body);
    return [form.get("From"), form.get("MessagingServiceSid")];
  };
  assert.deepEqual(senderOf({ messagingService: SERVICE_SID }), [null, SERVICE_SID]);
  assert.deepEqual(senderOf({ messagingService: SERVICE_SID, from: "60777" }), [
    "60777",
    SERVICE_SID,
  ]);
});

Deno.test("fromResponse: a fault of a sender that the service has set concerns that service only", () => {
  const outcome = (code: number, hasOwnSender: boolean) =>
    fromResponse(
      { status: 400, body: { code }, retryAfter: undefined },
      REF,
      "twilio",
      hasOwnSender,
    );
  for (const code of [21606, 21659, 21660, 21661, 21701]) {
    assert.deepEqual(outcome(code, true), fault("service", String(code)));
    assert.deepEqual(outcome(code, false), fault("provider", String(code)));
  }
  for (const code of [20003, 20005, 21609]) {
    assert.deepEqual(outcome(code, true), fault("provider", String(code)));
  }
});

Deno.test("createTwilio: uses the previous token for calls that the new one is refused for, and accepts signatures of both", async () => {
  await withTwilio(async (stand, twilio) => {
    const outcome = await twilio.send(sms(), CALM);
    assert.equal(outcome.kind, "accepted");
    assert.equal(stand.calls.length, 2);
    assert.equal(stand.accepted.length, 1);
    const search = await twilio.search.find(sms(), NOW, CALM);
    assert.equal(search.kind === "found" && search.messages.length, 1);
    const path = "/receipts/twilio?service_id=1";
    const fields = { MessageSid: "SM1", MessageStatus: "delivered" };
    for (
      const [token, isOk] of [["new-token", true], ["auth-token", true], ["third", false]] as const
    ) {
      const signature = sign(token, `https://hark.test${path}`, fields);
      const body = new URLSearchParams(fields).toString();
      const request = receiptRequest(path, { "X-Twilio-Signature": signature }, body);
      assert.equal((await twilio.readReceipts(request)).ok, isOk, token);
    }
  }, { authToken: "new-token", previousAuthToken: "auth-token" });
});
