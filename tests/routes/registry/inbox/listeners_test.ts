import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { MAX_RECIPIENT_ID_LENGTH } from "../../../../domain/access/access_tokens.ts";
import {
  INBOX_SHARDS,
  inboxName,
  parseShard,
  shardOf,
} from "../../../../domain/inbox/inbox_shards.ts";
import {
  FIRST_MESSAGE_MS,
  MAX_CATCH_UP_PAGES,
  MAX_FIRST_MESSAGE_LENGTH,
  MAX_LANGUAGE_LENGTH,
  MAX_SOCKETS,
  MAX_WAITING_SOCKETS,
  RESUME_MS,
  SAFETY_POLL_MS,
} from "../../../../routes/registry/inbox/listeners/limits.ts";
import { MAX_STREAMS_PER_RECIPIENT } from "../../../../routes/registry/inbox/stream_limit.ts";
import { STREAM_BATCH } from "../../../../routes/registry/inbox/stream.ts";
import { NOON } from "../../support.ts";
import { inboxOf, peopleOf, shardOfPerson, SHARDS, startObject } from "./listeners_support.ts";
import { test } from "../../../support/runner.ts";

const count = (id: number, total = id) => `${id} count {"total":${total},"unread":0}`;

test.inside("shardOf: gives each shard its share of 16,000 inboxes", () => {
  const shares = new Map<number, number>();
  for (let at = 0; at < 16_000; at++) {
    const shard = shardOfPerson(String(3_000_000_000 + at));
    shares.set(shard, (shares.get(shard) ?? 0) + 1);
  }
  assert.deepEqual([...shares.keys()].toSorted((a, b) => a - b), SHARDS);
  for (const share of shares.values()) assert.ok(share > 800 && share < 1_200, String(share));
});

test.inside("parseShard: takes the numbers of shards only", () => {
  assert.equal(parseShard("0"), 0);
  assert.equal(parseShard(String(INBOX_SHARDS - 1)), INBOX_SHARDS - 1);
  for (const text of [String(INBOX_SHARDS), "-1", "01", "1.0", "", "x", "1e0", "٣"]) {
    assert.equal(parseShard(text), undefined, text);
  }
});

test.inside("InboxListeners.receive: sends the counts, then each change as the stream has it", async () => {
  const object = startObject();
  const socket = await object.connect("ann");
  assert.match(socket.sent[0] ?? "", /^retry: 2000\n\n/);
  assert.deepEqual(socket.events(), [count(0)]);
  await object.put("ann", 2);
  assert.deepEqual(socket.events(), ["1 ack-all {}", "2 ack-all {}", count(2)]);
  const [other = ""] = peopleOf(object.shard, 1);
  await object.put(other);
  assert.deepEqual(socket.events(), []);
});

test.inside("InboxListeners.receive: continues after lastEventId, resets an unknown one, without a read where it knows the inbox", async () => {
  const object = startObject();
  await object.put("ann", 3);
  const first = await object.connect("ann", { lastEventId: "1" });
  assert.deepEqual(first.events(), ["2 ack-all {}", "3 ack-all {}", count(3)]);
  const { reads } = object;
  const before = reads();
  assert.deepEqual((await object.connect("ann")).events(), [count(3)]);
  assert.deepEqual((await object.connect("ann", { lastEventId: "3" })).events(), [count(3)]);
  assert.equal(reads(), before);
  for (const lastEventId of ["4", "x", "-1", "999999999999999"]) {
    const socket = await object.connect("ann", { lastEventId });
    assert.deepEqual(socket.events(), ["3 reset {}", count(3)], lastEventId);
  }
});

test.inside("InboxListeners.receive: refuses each wrong first message with its code", async () => {
  const object = startObject();
  const first = (fields: Record<string, unknown>) => JSON.stringify({ token: "ann", ...fields });
  const longest = first({ token: "a" }).length;
  const cases = [
    ["", 4400],
    ["{", 4400],
    ["null", 4400],
    ['"ann"', 4400],
    ["[]", 4400],
    ["ping", 4400],
    ["{}", 4400],
    [first({ token: "" }), 4400],
    [first({ token: 7 }), 4400],
    [first({ language: 7 }), 4400],
    [first({ language: "u".repeat(MAX_LANGUAGE_LENGTH + 1) }), 4400],
    [first({ lastEventId: 3 }), 4400],
    [first({ token: "bad" }), 4401],
    [first({ token: `ann/${NOON}` }), 4401],
    [first({ token: "none" }), 4403],
    [first({ token: "down" }), 1013],
    [first({ token: "a".repeat(MAX_FIRST_MESSAGE_LENGTH - longest + 2) }), 1009],
    [new ArrayBuffer(2), 1003],
  ] as const;
  for (const [message, code] of cases) {
    const socket = await object.connect("ann", { message });
    assert.equal(socket.closed?.[0], code, String(message).slice(0, 80));
    assert.ok((socket.closed?.[1] ?? "").length <= 123);
    assert.deepEqual(socket.sent, []);
  }
  const good = [
    first({ language: "u".repeat(MAX_LANGUAGE_LENGTH) }),
    first({ more: "x".repeat(MAX_FIRST_MESSAGE_LENGTH - first({ more: "" }).length) }),
  ];
  for (const message of good) {
    assert.deepEqual((await object.connect("ann", { message })).events(), [count(0)]);
  }
  // Neither a token nor a person is logged.
  assert.deepEqual(
    object.logged.map(({ event, reason }) => [event, reason]),
    [["credential-refused", "signature"], ["credential-refused", "expired"], [
      "credential-refused",
      "realm-missing",
    ]],
  );
  assert.ok(object.logged.every(({ client, request_id }) => client === "192.0.2.1" && request_id));
});

test.inside("InboxListeners.receive: closes a socket that sends a second message, before and after its answer", async () => {
  const object = startObject();
  const socket = await object.connect("ann");
  await object.listeners().receive(socket, JSON.stringify({ token: "ann" }));
  assert.equal(socket.closed?.[0], 1008);
  const early = await object.connect("ann", { message: null });
  const joined = object.listeners().receive(early, JSON.stringify({ token: "ann" }));
  await object.listeners().receive(early, JSON.stringify({ token: "bob" }));
  await joined;
  assert.equal(early.closed?.[0], 1008);
  assert.deepEqual(early.sent, []);
  assert.equal(object.listeners().hasRoom(), true);
});

test.inside("InboxListeners.receive: refuses the inbox of another shard", async () => {
  const object = startObject();
  const other = SHARDS.find((shard) => shard !== object.shard) ?? 0;
  const [stranger = ""] = peopleOf(other, 1);
  assert.equal((await object.connect(stranger)).closed?.[0], 4421);
});

test.inside("InboxListeners.accept: closes a socket without a message after 5 s, also when the object was out of memory", async () => {
  for (const hibernates of [false, true]) {
    const object = startObject();
    const socket = await object.connect("ann", { message: null });
    if (hibernates) object.hibernate();
    await object.advance(FIRST_MESSAGE_MS - 1);
    assert.equal(socket.closed, undefined);
    await object.advance(1);
    assert.equal(socket.closed?.[0], 4408);
    assert.equal(object.reads(), 0);
  }
});

test.inside("InboxListeners.receive: refuses the sockets of an inbox above the limit, until one closes", async () => {
  const object = startObject();
  const sockets = [];
  for (let n = 0; n < MAX_STREAMS_PER_RECIPIENT; n++) sockets.push(await object.connect("ann"));
  assert.ok(sockets.every(({ closed }) => closed === undefined));
  assert.equal((await object.connect("ann")).closed?.[0], 4429);
  assert.deepEqual(object.logged.map(({ event, limit }) => [event, limit]), [
    ["limit-reached", "streams"],
  ]);
  const [first] = sockets;
  if (first !== undefined) {
    first.close(1000, "");
    object.listeners().forget(first);
  }
  assert.equal((await object.connect("ann")).closed, undefined);
});

test.inside("InboxListeners.hasRoom: is false at the limits of an object's sockets", async () => {
  const waiting = startObject();
  for (let n = 0; n < MAX_WAITING_SOCKETS - 1; n++) await waiting.connect("ann", { message: null });
  assert.equal(waiting.listeners().hasRoom(), true);
  const last = await waiting.connect("ann", { message: null });
  assert.equal(waiting.listeners().hasRoom(), false);
  const joined = waiting.listeners().receive(last, JSON.stringify({ token: "ann" }));
  assert.equal(waiting.listeners().hasRoom(), false, "its token is not verified yet");
  await joined;
  assert.equal(waiting.listeners().hasRoom(), true);

  const full = startObject();
  const people = peopleOf(full.shard, MAX_SOCKETS / MAX_STREAMS_PER_RECIPIENT);
  for (const person of people) {
    for (let n = 0; n < MAX_STREAMS_PER_RECIPIENT; n++) {
      assert.equal(full.listeners().hasRoom(), true);
      const socket = await full.connect(person);
      assert.equal(socket.closed, undefined);
    }
  }
  assert.equal(full.listeners().hasRoom(), false);
});

test.inside("InboxListeners.alarm: closes a socket at the end of its token, not before", async () => {
  const object = startObject();
  const socket = await object.connect(`ann/${NOON + 300_000}`);
  const longer = await object.connect(`ann/${NOON + 300_001}`);
  await object.advance(299_999);
  assert.equal(socket.closed, undefined);
  object.hibernate();
  await object.advance(1);
  assert.deepEqual(socket.closed, [4401, "the access token has ended"]);
  assert.equal(longer.closed, undefined);
  await object.advance(1);
  assert.equal(longer.closed?.[0], 4401);
});

test.inside("InboxListeners.notify: sends nothing to a socket whose token has ended when the alarm is late", async () => {
  for (const hibernates of [false, true]) {
    const object = startObject();
    const ended = await object.connect(`ann/${NOON + 300_000}`);
    const other = await object.connect("ann");
    ended.events();
    other.events();
    object.clock.advance(300_000);
    if (hibernates) object.hibernate();
    await object.put("ann");
    assert.deepEqual(ended.events(), []);
    assert.equal(ended.closed?.[0], 4401);
    assert.deepEqual(other.events(), ["1 ack-all {}", count(1)]);
  }
});

test.inside("InboxListeners: 1,000 open inboxes cost no read in an hour without news, and none for new tokens", async () => {
  let opened = 0;
  let reads = 0;
  for (const shard of SHARDS) {
    const [person = ""] = peopleOf(shard, 1);
    const object = startObject(person);
    const people = peopleOf(shard, shard === 0 ? 1_000 - 15 * 62 : 62);
    let until = NOON;
    // The tokens of the platform's identity provider live five minutes.
    for (let minutes = 0; minutes < 60; minutes += 5) {
      until += 5 * 60_000;
      for (const name of people) {
        const socket = await object.connect(
          `${name}/${until}`,
          minutes === 0 ? {} : { lastEventId: "0" },
        );
        assert.deepEqual(socket.events(), [count(0)]);
      }
      if (minutes === 0) opened += object.reads();
      object.hibernate();
      await object.advance(until - object.clock.now());
    }
    reads += object.reads();
  }
  assert.equal(opened, 1_000);
  assert.equal(reads - opened, 0);
});

test.inside("InboxListeners.alarm: finds a change whose notice was lost, after hours", async () => {
  const object = startObject();
  const socket = await object.connect("ann");
  socket.events();
  await object.put("ann", 1, true);
  object.hibernate();
  await object.advance(SAFETY_POLL_MS - 1);
  assert.deepEqual([object.reads(), socket.events()], [1, []]);
  await object.advance(1);
  assert.deepEqual([object.reads(), socket.events()], [2, ["1 ack-all {}", count(1)]]);
  await object.advance(SAFETY_POLL_MS);
  assert.deepEqual([object.reads(), socket.events()], [3, []]);
});

test.inside("InboxListeners: forgets an inbox that has no socket for 30 s, or that changes meanwhile", async () => {
  for (const [ms, changes, expected] of [[RESUME_MS - 1, 0, 0], [RESUME_MS, 0, 1], [0, 1, 1]]) {
    const object = startObject();
    const socket = await object.connect("ann");
    socket.close(1000, "");
    object.listeners().forget(socket);
    await object.advance(ms ?? 0);
    if (changes === 1) await object.put("ann");
    const before = object.reads();
    const again = await object.connect("ann", { lastEventId: "0" });
    assert.equal(object.reads() - before, expected);
    assert.deepEqual(
      again.events(),
      changes === 1 ? ["1 ack-all {}", count(1)] : [count(0)],
    );
  }
});

test.inside("InboxListeners.notify: reads again when the inbox changes while it is read", async () => {
  const object = startObject();
  const socket = await object.connect("ann");
  socket.events();
  const release = object.holdNext();
  const first = object.put("ann");
  await Promise.resolve();
  const second = object.put("ann");
  release();
  await Promise.all([first, second]);
  assert.equal(socket.events().at(-1), count(2));
});

test.inside("InboxListeners.notify: closes the sockets of an inbox that cannot be read, and logs the error's name", async () => {
  const object = startObject();
  const sockets = [await object.connect("ann"), await object.connect("ann")];
  object.failNext();
  await object.put("ann");
  for (const socket of sockets) assert.equal(socket.closed?.[0], 1013);
  assert.deepEqual(object.logged, [{ event: "stream-failed", error: "Error" }]);
  const again = await object.connect("ann", { lastEventId: "0" });
  assert.deepEqual(again.events(), ["1 ack-all {}", count(1)]);
});

test.inside("InboxListeners.receive: resets a client that missed more than the pages of a socket", async () => {
  const most = MAX_CATCH_UP_PAGES * STREAM_BATCH;
  for (
    const [missed, resets] of [[most, false], [most + STREAM_BATCH, false], [
      most + STREAM_BATCH + 1,
      true,
    ]] as const
  ) {
    const object = startObject();
    await object.put("ann", missed);
    const socket = await object.connect("ann", { lastEventId: "0" });
    const events = socket.events();
    assert.equal(events.some((event) => event.includes(" reset ")), resets, String(missed));
    assert.equal(events.at(-1), count(missed));
  }
});

test.inside("InboxListeners: the longest state of a socket is within the platform's 2,048 bytes", async () => {
  const recipientId = "й".repeat(MAX_RECIPIENT_ID_LENGTH);
  const object = startObject(recipientId);
  const message = JSON.stringify({ token: recipientId, language: "й".repeat(MAX_LANGUAGE_LENGTH) });
  const socket = await object.connect(recipientId, { message });
  assert.deepEqual(socket.events(), [count(0)]);
  const { serialize } = await import("node:v8");
  assert.ok(serialize(socket.attachment).byteLength < 2_048);
  assert.equal(inboxName(inboxOf(recipientId)).endsWith(recipientId), true);
});

test.inside("InboxListeners: loses and repeats no change, whenever the object or a socket ends", async () => {
  const step = fc.constantFrom("put", "put", "hibernate", "drop", "lost");
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const object = startObject();
    let socket = await object.connect("ann");
    let last = 0;
    let put = 0;
    let known = 0;
    const take = () => {
      for (const event of socket.events()) {
        const [, id = "", name] = /^(\d+) (\S+)/.exec(event) ?? [];
        if (name === "ack-all") assert.equal(Number(id), ++known);
        last = Number(id);
      }
    };
    for (const name of [...steps, "put"]) {
      take();
      if (name === "put" || name === "lost") {
        put++;
        await object.put("ann", 1, name === "lost");
      } else if (name === "hibernate") object.hibernate();
      else {
        socket.close(1006, "");
        object.listeners().forget(socket);
        socket = await object.connect("ann", { lastEventId: String(last) });
      }
    }
    take();
    assert.deepEqual([known, last], [put, put]);
  }));
});

test.inside("shardOf: differs for people of two realms", () => {
  const names = ["citizen", "officer"].map((realm) =>
    inboxName({ ...inboxOf("ann"), realm: realm === "officer" ? "officer" : "citizen" })
  );
  assert.equal(new Set(names).size, 2);
  for (const name of names) assert.ok(shardOf(name) < INBOX_SHARDS);
});
