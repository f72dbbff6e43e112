import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { NotifyClient } from "npm:notifications-node-client@8.4.0";
import { createClock } from "../../adapters/clock.ts";
import { startWithNumber } from "../routes/inbound/support.ts";
import { test } from "../support/runner.ts";

/** How many texts GOV.UK Notify and Hark return a page. */
const PAGE = 250;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An answer of `GET /v2/received-text-messages`. */
interface Page {
  readonly received_text_messages: readonly Readonly<Record<string, string>>[];
  readonly links: { readonly current: string; readonly next?: string };
}

/**
 * The shape of GOV.UK Notify's answers. Source:
 * https://docs.notifications.service.gov.uk/node.html#get-a-page-of-received-text-messages and
 * alphagov/notifications-api app/models.py, `InboundSms.serialize`
 */
const FIELDS: Readonly<Record<string, RegExp>> = {
  id: ID,
  created_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  service_id: ID,
  // The service's number as it was given to it, and the sender's in the international form.
  notify_number: /^(?:07\d{9}|\d{5})$/,
  user_number: /^(?:\d{10,15}|\S.*)$/,
  content: /^[^]*$/,
};

/** Asserts that an answer has the shape. */
function assertShape(page: Page, what: string): void {
  assert.deepEqual(Object.keys(page).toSorted(), ["links", "received_text_messages"], what);
  for (const text of page.received_text_messages) {
    assert.deepEqual(Object.keys(text).toSorted(), Object.keys(FIELDS).toSorted(), what);
    for (const [name, shape] of Object.entries(FIELDS)) {
      assert.match(text[name] ?? "", shape, `${what}: ${name}`);
    }
  }
  const times = page.received_text_messages.map(({ created_at = "" }) => created_at);
  assert.deepEqual(times, times.toSorted().reverse(), `${what}: newest first`);
  assert.ok(page.received_text_messages.length <= PAGE, what);
  // The address of this page never has the query; the next one is there whenever a text is.
  assert.match(page.links.current, /^https?:\/\/[^?]+\/v2\/received-text-messages$/, what);
  const last = page.received_text_messages.at(-1)?.id;
  const next = last === undefined ? undefined : `${page.links.current}?older_than=${last}`;
  assert.equal(page.links.next, next, what);
}

/** Reads every text as the official client's documentation says: on from the last id, until a page is empty. */
async function readAll(client: NotifyClient, what: string): Promise<readonly string[]> {
  const contents: string[] = [];
  let olderThan: string | undefined;
  for (;;) {
    const { status, data } = await client.getReceivedTexts(olderThan);
    assert.equal(status, 200);
    assertShape(JSON.parse(JSON.stringify(data)), what);
    const texts = data.received_text_messages;
    if (texts.length === 0) return contents;
    contents.push(...texts.map(({ content }) => content));
    olderThan = texts.at(-1)?.id;
  }
}

/** 251 texts as GOV.UK Notify has them, newest first. */
const RECORDED = Array.from({ length: PAGE + 1 }, (_, at) => {
  const minute = String(59 - at % 60).padStart(2, "0");
  const hour = String(20 - Math.floor(at / 60)).padStart(2, "0");
  return {
    id: `740e5834-3a29-46b4-9a6f-${String(at).padStart(12, "0")}`,
    created_at: `2026-05-31T${hour}:${minute}:01.234567Z`,
    service_id: "e6bb3a2e-9d2a-4b29-8ab8-3a1c3e9d7a10",
    notify_number: at % 2 === 0 ? "07700900456" : "60006",
    user_number: at % 3 === 0 ? "447700900111" : "LIBRARY",
    content: `Text ${at}`,
  };
});

/** Answers as GOV.UK Notify does, for one service; anything but the request of the official client is 400. */
function answerAsNotify({ method, url = "", headers }: IncomingMessage): unknown {
  const { pathname, searchParams } = new URL(url, `http://${headers.host}`);
  const isKnown = method === "GET" && pathname === "/v2/received-text-messages" &&
    /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/.test(headers.authorization ?? "") &&
    [...searchParams.keys()].every((name) => name === "older_than");
  if (!isKnown) return undefined;
  const olderThan = searchParams.get("older_than");
  const from = olderThan === null ? 0 : RECORDED.findIndex(({ id }) => id === olderThan) + 1;
  const texts = RECORDED.slice(from, from + PAGE);
  const current = `http://${headers.host}${pathname}`;
  const last = texts.at(-1)?.id;
  return {
    received_text_messages: texts,
    links: { current, ...(last === undefined ? {} : { next: `${current}?older_than=${last}` }) },
  };
}

test.inside("notifications-node-client 8.4.0: getReceivedTexts reads GOV.UK Notify's pages and Hark's alike, which have one shape", async () => {
  const notify = createServer((request, response) => {
    const body = answerAsNotify(request);
    response.writeHead(body === undefined ? 400 : 200, { "content-type": "application/json" })
      .end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => notify.listen(0, "127.0.0.1", resolve));
  try {
    await using hark = await startWithNumber({ clock: createClock() });
    await using server = hark.listen();
    for (let at = PAGE; at >= 0; at--) {
      const From = at % 3 === 0 ? "+447700900111" : "LIBRARY";
      assert.equal((await hark.receive({ Body: `Text ${at}`, From })).status, 200);
    }
    const address = notify.address();
    assert.ok(typeof address === "object" && address !== null);
    const key = hark.service.keys.live;
    const origins = { Notify: `http://127.0.0.1:${address.port}`, Hark: server.origin };
    const expected = RECORDED.map(({ content }) => content);
    for (const [what, origin] of Object.entries(origins)) {
      assert.deepEqual(await readAll(new NotifyClient(origin, key), what), expected, what);
    }
  } finally {
    notify.closeAllConnections();
    await new Promise<void>((resolve) => notify.close(() => resolve()));
  }
});

test.inside("notifications-node-client 8.4.0: getReceivedTexts reads the texts that a service has received", async () => {
  await using hark = await startWithNumber({ clock: createClock() });
  await using server = hark.listen();
  const client = new NotifyClient(server.origin, hark.service.keys.live);
  for (const Body of ["first", "second"]) assert.equal((await hark.receive({ Body })).status, 200);
  const { status, data } = await client.getReceivedTexts();
  assert.equal(status, 200);
  const texts = data.received_text_messages;
  assert.deepEqual(texts.map(({ content }) => content), ["second", "first"]);
  // The shape that GOV.UK Notify documents.
  assert.deepEqual(Object.keys(texts[0] ?? {}).toSorted(), [
    "content",
    "created_at",
    "id",
    "notify_number",
    "service_id",
    "user_number",
  ]);
  const older = await client.getReceivedTexts(texts[0]?.id);
  assert.deepEqual(older.data.received_text_messages, texts.slice(1));
  const end = await client.getReceivedTexts(texts[1]?.id);
  assert.deepEqual(end.data.received_text_messages, []);
  assert.equal(end.data.links.next, undefined);
});
