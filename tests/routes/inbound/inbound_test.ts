import assert from "node:assert/strict";
import { MAX_INBOUND_BYTES } from "../../../routes/inbound/app.ts";
import { MAX_RECEIVED_LENGTH } from "../../../domain/inbound/received_text.ts";
import { startTestApplication } from "../../support/application.ts";
import {
  assertError,
  bodyOf,
  callAt,
  clockFromNow,
  countOf,
  DAY,
  HOUR,
  newServiceWithTemplates,
  SMS,
  textTo,
  TIMESTAMP,
  UUID,
} from "../support.ts";
import { startStage } from "../manage/callbacks/support.ts";
import { NUMBER, PERSON, receiveText, startWithNumber, TWILIO_INBOUND } from "./support.ts";
import { RUNNER, test } from "../../support/runner.ts";

const PATH = "/v2/received-text-messages";
const EMPTY = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`;
const OPTED_OUT = "Can’t send to this recipient: they opted out";

type Started = Awaited<ReturnType<typeof startWithNumber>>;

async function received(hark: Started, query = "") {
  const { live } = hark.service.keys;
  return await bodyOf(await callAt(hark, hark.clock, live, "GET", PATH + query), 200);
}

/** The status of a send to the person who sends texts. */
async function sendTo(hark: Started): Promise<Response> {
  const message = textTo(hark.service, { phone_number: PERSON });
  return await callAt(hark, hark.clock, hark.service.keys.live, "POST", SMS, message);
}

Deno.test("POST /inbound/twilio: stores a text for the number's service, as GET /v2/received-text-messages shows it", async () => {
  await using hark = await startWithNumber();
  const other = await newServiceWithTemplates(hark);
  const answer = await hark.receive({ Body: "Hi <there> & \u{1F44B}\nбудь ласка" });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/xml; charset=utf-8");
  assert.equal(await answer.text(), EMPTY);
  const page = await received(hark);
  const [{ id, created_at, ...text }] = page.received_text_messages;
  assert.match(id, UUID);
  assert.match(created_at, TIMESTAMP);
  assert.deepEqual(text, {
    service_id: hark.service.id,
    notify_number: "07700900999",
    user_number: "447700900123",
    content: "Hi <there> & \u{1F44B}\nбудь ласка",
  });
  assert.deepEqual(page.links, {
    current: `https://hark.test${PATH}`,
    next: `https://hark.test${PATH}?older_than=${id}`,
  });
  assert.deepEqual(await received(hark, `?older_than=${id}`), {
    received_text_messages: [],
    links: { current: `https://hark.test${PATH}` },
  });
  const others = await callAt(hark, hark.clock, other.keys.live, "GET", PATH);
  assert.deepEqual((await bodyOf(others, 200)).received_text_messages, []);
  const [row] = (await hark.db.read(["SELECT hex(sealed) AS sealed FROM received_texts"]))[0]
    ?.rows ?? [];
  assert.ok(!String(row?.["sealed"]).includes("374343737303039"), "the sender is encrypted");
  assert.ok(!JSON.stringify(await hark.log()).includes("7700900"), "no number is logged");
});

Deno.test("POST /inbound/twilio: stores a text once that is delivered again, also long after", async () => {
  await using hark = await startWithNumber();
  for (let times = 0; times < 2; times++) {
    assert.equal((await hark.receive({ MessageSid: "SMone", Body: "STOP" })).status, 200);
  }
  assert.equal((await received(hark)).received_text_messages.length, 1);
  await hark.receive({ Body: "START" });
  const replayed = await hark.receive({ MessageSid: "SMone", Body: "STOP" });
  assert.equal(replayed.status, 200);
  assert.equal((await sendTo(hark)).status, 201, "a replayed STOP changes nothing");
  hark.clock.advance(30 * DAY);
  await hark.receive({ MessageSid: "SMone", Body: "STOP" });
  assert.equal((await sendTo(hark)).status, 201, "nor does a stale one");
});

Deno.test("POST /inbound/twilio: refuses forged, malformed and oversized calls, and stores nothing", async () => {
  await using hark = await startWithNumber();
  const { receive, request } = hark;
  assert.equal((await receive({}, { authToken: "guessed" })).status, 401);
  assert.equal((await request("/inbound/twilio", { method: "POST", body: "Body=x" })).status, 401);
  assert.equal((await receive({}, { path: "/inbound/twilio?x=1" })).status, 200, "as it is signed");
  const signature = { "x-twilio-signature": "AAAA" };
  for (const body of ["", "Body=x", "x".repeat(MAX_INBOUND_BYTES)]) {
    const call = { method: "POST", headers: signature, body };
    assert.equal((await request("/inbound/twilio", call)).status, 401);
  }
  const large = { method: "POST", headers: signature, body: "x".repeat(MAX_INBOUND_BYTES + 1) };
  assert.equal((await request("/inbound/twilio", large)).status, 413);
  assert.equal((await request("/inbound/twilio")).status, 405);
  assert.equal((await request("/inbound/postmark", { method: "POST" })).status, 404);
  assert.equal((await request("/inbound/sandbox", { method: "POST" })).status, 404);
  const wrong: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
    [{ MessageSid: "", SmsSid: "" }, 400],
    [{ From: "" }, 400],
    [{ From: "x".repeat(51) }, 413],
    [{ To: "" }, 400],
    [{ To: "HARK" }, 400],
    [{ MessageSid: "x".repeat(201) }, 413],
    [{ Body: "x".repeat(MAX_RECEIVED_LENGTH + 1) }, 413],
  ];
  for (const [fields, status] of wrong) {
    const answer = await receive(fields);
    assert.equal(answer.status, status, JSON.stringify(fields).slice(0, 80));
    await answer.body?.cancel();
  }
  assert.equal(await countOf(hark, "received_texts"), 1, "the one that was signed");
  await receive({ Body: "x".repeat(MAX_RECEIVED_LENGTH) });
  await receive({ Body: "" });
  assert.equal(await countOf(hark, "received_texts"), 3);
});

Deno.test("POST /inbound/twilio: drops a text to a number that no service has, with an event in the log", async () => {
  await using hark = await startWithNumber();
  const answer = await hark.receive({ To: "+447700900998", Body: "STOP" });
  assert.equal(await answer.text(), EMPTY);
  assert.equal(await countOf(hark, "received_texts"), 0);
  assert.equal(await countOf(hark, "suppressions"), 0);
  assert.ok((await hark.log()).some(({ event }) => event === "inbound-number-unknown"));
});

Deno.test("POST /inbound/twilio: STOP suppresses its sender, START lifts that, HELP explains; Hark answers each", async () => {
  await using hark = await startWithNumber();
  const reply = async (Body: string, fields = {}) =>
    await (await hark.receive({ Body, ...fields })).text();
  assert.match(await reply(" Stop! "), /<Message>Test service: you will get no more texts/);
  await assertError(await sendTo(hark), 400, "BadRequestError", OPTED_OUT);
  const list = `/manage/services/${hark.service.id}/suppressions`;
  const [suppression] = (await bodyOf(await hark.manage("GET", list), 200)).suppressions;
  assert.deepEqual([suppression.because, suppression.recipient, suppression.channel], [
    "opted-out",
    "447700900123",
    "sms",
  ]);
  assert.match(await reply("help"), /send STOP/);
  assert.equal((await sendTo(hark)).status, 400);
  assert.match(await reply("START"), /you will get our texts again/);
  assert.equal((await sendTo(hark)).status, 201);
  assert.equal(await reply("please stop"), EMPTY, "one word only");
  assert.equal((await sendTo(hark)).status, 201);
  assert.match(await reply("ARRET", { From: "+15145550123" }), /<Message>/, "the sender's country");
});

Deno.test("POST /inbound/twilio: leaves the answer to the provider that has given it (OptOutType), and obeys the word", async () => {
  await using hark = await startWithNumber();
  for (
    const [OptOutType, status] of [["STOP", 400], ["HELP", 400], ["START", 201]] as const
  ) {
    // The words of the provider's table may be unlike ours.
    const answer = await hark.receive({ Body: "Genug", OptOutType });
    assert.equal(await answer.text(), EMPTY, OptOutType);
    assert.equal((await sendTo(hark)).status, status, OptOutType);
  }
});

Deno.test("START: does not lift a suppression that the operator added", async () => {
  await using hark = await startWithNumber();
  const list = `/manage/services/${hark.service.id}/suppressions`;
  const body = { channel: "sms", recipient: PERSON, reason: "Court order" };
  await bodyOf(await hark.manage("POST", list, body), 201);
  await hark.receive({ Body: "START" });
  assert.equal((await sendTo(hark)).status, 400);
});

Deno.test("GET /v2/received-text-messages: gives 250 a page, newest first, of the service's days", async () => {
  await using hark = await startWithNumber();
  for (let at = 0; at < 251; at++) await hark.receive({ Body: `text ${at}` });
  const first = await received(hark);
  assert.equal(first.received_text_messages.length, 250);
  assert.equal(first.received_text_messages[0].content, "text 250");
  const next = new URL(first.links.next);
  const second = await received(hark, next.search);
  assert.deepEqual(
    second.received_text_messages.map(({ content }: { content: string }) => content),
    ["text 0"],
  );
  const third = await received(hark, new URL(second.links.next).search);
  assert.deepEqual(third.received_text_messages, []);
  assert.equal(third.links.next, undefined);
  hark.clock.advance(7 * DAY - 60_000);
  assert.equal((await received(hark)).received_text_messages.length, 250);
  // In other runners the last text may be a while younger than the clock was.
  hark.clock.advance(RUNNER === "process" ? 120_000 : HOUR);
  assert.deepEqual((await received(hark)).received_text_messages, []);
});

test.inside("retention: deletes received texts after the service's days, and their marks after 90 more", async () => {
  await using hark = await startWithNumber();
  await hark.receive();
  hark.clock.advance(7 * DAY - 60_000);
  await hark.backgroundWork.purge(new AbortController().signal);
  assert.equal(await countOf(hark, "received_texts"), 1);
  hark.clock.advance(120_000);
  await hark.backgroundWork.purge(new AbortController().signal);
  assert.equal(await countOf(hark, "received_texts"), 0);
  assert.equal(await countOf(hark, "received_text_marks"), 1);
  hark.clock.advance(90 * DAY);
  await hark.backgroundWork.purge(new AbortController().signal);
  assert.equal(await countOf(hark, "received_text_marks"), 0);
});

Deno.test("GET /v2/received-text-messages: refuses other callers and wrong queries", async () => {
  await using hark = await startWithNumber();
  const { live } = hark.service.keys;
  const get = (query: string) => callAt(hark, hark.clock, live, "GET", PATH + query);
  await assertError(
    await get("?older_than=x"),
    400,
    "ValidationError",
    "older_than is not a valid UUID",
  );
  await assertError(
    await get("?status=delivered"),
    400,
    "ValidationError",
    "Additional properties are not allowed (status was unexpected)",
  );
  assert.equal((await hark.request(PATH)).status, 401);
  assert.equal((await callAt(hark, hark.clock, live, "POST", PATH, {})).status, 405);
});

test.inside("POST /inbound/sandbox: receives a text in development, and returns the answer", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const numbers = `/manage/services/${service.id}/inbound_numbers`;
  await bodyOf(await hark.manage("POST", numbers, { number: NUMBER }), 201);
  const post = (body: unknown) =>
    hark.request("http://localhost/inbound/sandbox", {
      method: "POST",
      body: JSON.stringify(body),
    });
  const text = { from: PERSON, to: NUMBER, message: "Hello" };
  assert.deepEqual(await bodyOf(await post(text), 200), { reply: null });
  const stopped = await bodyOf(
    await post({ ...text, message: "СТОП", from: "+380501234567" }),
    200,
  );
  assert.match(stopped.reply, /START/);
  const elsewhere = { method: "POST", body: JSON.stringify(text) };
  assert.equal((await hark.request("http://evil.test/inbound/sandbox", elsewhere)).status, 403);
  for (const body of [{}, { ...text, to: "x" }, { ...text, colour: 1 }, null]) {
    await bodyOf(await post(body), 400);
  }
  await using production = await startTestApplication({ withoutMailbox: true });
  assert.equal((await production.request("/inbound/sandbox", { method: "POST" })).status, 404);
});

Deno.test("/manage …/inbound_numbers: adds, lists and deletes; a number belongs to one service", async () => {
  await using hark = await startWithNumber();
  const { manage, number, numbers } = hark;
  assert.deepEqual(number.number, "447700900999");
  const other = await newServiceWithTemplates(hark);
  const others = `/manage/services/${other.id}/inbound_numbers`;
  for (const address of [numbers, others]) {
    const taken = await bodyOf(await manage("POST", address, { number: "07700 900999" }), 409);
    assert.equal(taken.detail, "A service has this number already");
  }
  const short = await bodyOf(await manage("POST", others, { number: "60006" }), 201);
  assert.equal(short.number, "60006");
  assert.deepEqual(await bodyOf(await manage("GET", numbers), 200), { inbound_numbers: [number] });
  for (const body of [{}, { number: "" }, { number: "HARK" }, { number: 7 }, { number, x: 1 }]) {
    await bodyOf(await manage("POST", numbers, body), 400);
  }
  assert.equal((await manage("DELETE", `${others}/${number.id}`)).status, 404);
  await bodyOf(await manage("DELETE", `${numbers}/${number.id}`), 204);
  assert.equal((await manage("DELETE", `${numbers}/${number.id}`)).status, 404);
  await hark.receive();
  assert.equal(await countOf(hark, "received_texts"), 0);
  await bodyOf(await manage("POST", others, { number: NUMBER }), 201);
  for (let at = 2; at < 100; at++) {
    await bodyOf(await manage("POST", others, { number: String(70_000 + at) }), 201);
  }
  const full = await bodyOf(await manage("POST", others, { number: "71000" }), 409);
  assert.equal(full.detail, "The service has 100 of these, the maximum");
  assert.equal((await hark.request(numbers)).status, 401);
});

Deno.test("POST /manage …/conversations/search: shows the texts to a number and from it", async () => {
  await using hark = await startWithNumber();
  const address = `/manage/services/${hark.service.id}/conversations/search`;
  await bodyOf(await sendTo(hark), 201);
  hark.clock.advance(1_000);
  await hark.receive({ Body: "Who is this?" });
  await hark.receive({ Body: "Another person", From: "+447700900124" });
  hark.clock.advance(1_000);
  await hark.receive({ Body: "stop" });
  const search = { phone_number: "07700 900123" };
  const { texts, links } = await bodyOf(await hark.manage("POST", address, search), 200);
  const shown = texts.map((each: Readonly<Record<string, unknown>>) => [
    each.direction,
    each.content,
    each.service_number,
  ]);
  assert.deepEqual(shown, [
    ["received", "stop", "447700900999"],
    ["received", "Who is this?", "447700900999"],
    ["sent", "Hi Ann", "447700900999"],
  ]);
  assert.match(texts[0].reply, /no more texts/);
  assert.deepEqual(links, {});
  const older = await bodyOf(
    await hark.manage("POST", `${address}?older_than=${texts[1].id}`, search),
    200,
  );
  assert.deepEqual(older.texts, texts.slice(2));
  for (const body of [{}, { phone_number: "" }, { ...search, x: 1 }]) {
    await bodyOf(await hark.manage("POST", address, body), 400);
  }
  assert.equal((await hark.manage("POST", `${address}?x=1`, search)).status, 400);
  assert.equal((await hark.manage("POST", `${address}?older_than=x`, search)).status, 400);
  assert.equal((await hark.request(address, { method: "POST" })).status, 401);
});

Deno.test("callbacks/inbound: announces a received text once, also when the provider delivers it again", async () => {
  await using stage = await startStage(TWILIO_INBOUND, clockFromNow());
  const { hark, receiver, service } = stage;
  await stage.set("inbound");
  const numbers = `/manage/services/${service.id}/inbound_numbers`;
  await bodyOf(await hark.manage("POST", numbers, { number: NUMBER }), 201);
  for (let times = 0; times < 2; times++) {
    const sent = await receiveText(hark, { MessageSid: "one", Body: "Stop" });
    assert.match(await sent.text(), /no more texts/);
    await stage.run();
  }
  const { received_text_messages: [text] } = await bodyOf(await stage.as("GET", PATH), 200);
  assert.deepEqual(receiver.calls.map((call) => call.body), [{
    id: text.id,
    source_number: "447700900123",
    destination_number: "447700900999",
    message: "Stop",
    date_received: text.created_at,
  }]);
});
