/** The stream of an inbox as an application serves it, in every runner. `stream_test.ts` has its intervals and its end. */
import assert from "node:assert/strict";
import { startTestApplication } from "../../../support/application.ts";
import {
  ACK_ALL,
  ackOf,
  describeEvents,
  type EventReader,
  INBOX,
  readEvents,
  STREAM,
  type StreamEvent,
} from "./support.ts";

/** A message whose text looks like lines of a stream. */
const MESSAGE = { subject: "A book is due", body: "Bring it\nback\r\n\r\nid: 9", localised: {} };

interface Options {
  readonly as?: string;
  readonly last?: string;
  readonly query?: string;
}

async function startStreams() {
  const hark = await startTestApplication({ registry: true });
  const call = async (method: string, path: string, { as = "citizen-1", last }: Options = {}) =>
    await hark.citizen(as)(
      method,
      path,
      undefined,
      last === undefined ? {} : {
        "last-event-id": last,
      },
    );
  return {
    call,
    connect: async (options: Options = {}) =>
      readEvents(await call("GET", STREAM + (options.query ?? ""), options)),
    put: async (to = "citizen-1") => await hark.putMessage(to, MESSAGE),
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

/** Reads up to a count, without the offer of a WebSocket, which some servers make. */
const upToCount = async (reader: EventReader): Promise<readonly StreamEvent[]> =>
  (await reader.upTo("count")).filter(({ event }) => event !== "socket");

Deno.test("GET /api/notifications/inbox/stream: starts with the counts, then reports every change", async () => {
  await using streams = await startStreams();
  const { connect, put, call } = streams;
  await using reader = await connect();
  const [opening, count] = await upToCount(reader);
  assert.equal(opening?.retry, "2000");
  assert.deepEqual([count?.event, count?.id, count?.data], ["count", "0", { total: 0, unread: 0 }]);
  const messageId = await put();
  const [message, ...rest] = await upToCount(reader);
  const [listed] = await (await call("GET", INBOX)).json();
  assert.deepEqual(message?.data, listed, "as the list has it");
  assert.equal(message?.id, "1");
  assert.deepEqual(describeEvents(rest), ["1 count 1/1"]);
  await put("citizen-2");
  await call("POST", ackOf(messageId));
  assert.deepEqual(describeEvents(await upToCount(reader)), [
    `2 ack ${messageId}`,
    "2 count 0/1",
  ]);
  const two = await put();
  assert.deepEqual(describeEvents(await upToCount(reader)), [`3 message ${two}`, "3 count 1/2"]);
  await call("POST", ACK_ALL);
  assert.deepEqual(describeEvents(await upToCount(reader)), ["4 ack-all", "4 count 0/2"]);
});

Deno.test("GET /api/notifications/inbox/stream: neither cached nor buffered, and the caller's own", async () => {
  await using streams = await startStreams();
  const response = await streams.call("GET", STREAM);
  await response.body?.cancel();
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(response.headers.get("cache-control"), "no-store, no-transform");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
});

Deno.test("GET /api/notifications/inbox/stream: continues after the client's last sequence number", async () => {
  await using streams = await startStreams();
  const { connect, put, call } = streams;
  const writeAs = async (as: string) => {
    const [one, two] = [await put(as), await put(as)];
    await call("POST", ackOf(one), { as });
    return [one, two];
  };
  const [one, two] = await writeAs("citizen-1");
  const eventsOf = async (options: Parameters<typeof connect>[0]) => {
    await using reader = await connect(options);
    return describeEvents(await upToCount(reader));
  };
  const all = [`1 message ${one} seen`, `2 message ${two}`, "3 count 1/2"];
  assert.deepEqual(await eventsOf({ last: "0" }), all);
  assert.deepEqual(await eventsOf({ query: "?lastEventId=0" }), all);
  assert.deepEqual(await eventsOf({ last: "2" }), [`3 ack ${one}`, "3 count 1/2"]);
  assert.deepEqual(await eventsOf({ last: "2", query: "?lastEventId=0" }), [
    `3 ack ${one}`,
    "3 count 1/2",
  ]);
  assert.deepEqual(await eventsOf({ last: "3" }), ["3 count 1/2"]);
  // Another person: a Worker counts a stream that its client has left among the open ones for a while.
  const as = "citizen-3";
  await writeAs(as);
  for (const last of ["4", "999999999999999", "9999999999999999", "-1", "1.5", "x", "1e0"]) {
    assert.deepEqual(await eventsOf({ as, last }), ["3 reset", "3 count 1/2"], last);
  }
  assert.deepEqual(await eventsOf({ last: "1", as: "citizen-2" }), ["0 reset", "0 count 0/0"]);
});
