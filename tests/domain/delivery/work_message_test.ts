import assert from "node:assert/strict";
import {
  jobMessage,
  MAX_MESSAGE_IDS,
  MAX_PART,
  parseWorkMessage,
  sendMessages,
  type UnreadableMessage,
  WORK_VERSION,
} from "../../../domain/delivery/work_message.ts";
import type { JobId, NotificationId, ServiceId } from "../../../domain/ids.ts";

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const SERVICE = idOf(1) as ServiceId;
const IDS = [idOf(2), idOf(3)] as NotificationId[];
const SEND = { v: 1, kind: "send", service: SERVICE, channel: "sms", ids: IDS };
const JOB = { ...SEND, kind: "job", ids: [idOf(4)], part: 0 };

Deno.test("parseWorkMessage: reads what sendMessages and jobMessage make, as JSON", () => {
  const job = { serviceId: SERVICE, id: idOf(4) as JobId, channel: "email" } as const;
  for (const message of [...sendMessages(SERVICE, "diia", IDS), jobMessage(job, 3)]) {
    const parsed = parseWorkMessage(JSON.parse(JSON.stringify(message)));
    assert.deepEqual(parsed, { ok: true, value: { message, invalidIds: 0 } });
  }
  assert.equal(parseWorkMessage({ ...JOB, part: MAX_PART }).ok, true);
});

Deno.test("parseWorkMessage: leaves out and counts ids that are none, and takes a repeated id once", () => {
  const parsed = parseWorkMessage({ ...SEND, ids: ["x", ...IDS, 5, null, IDS[0], IDS[0]] });
  assert(parsed.ok);
  assert.deepEqual([parsed.value.message.ids, parsed.value.invalidIds], [IDS, 3]);
  // Another spelling would be another key of the database's rows.
  const upper = parseWorkMessage({
    ...SEND,
    ids: [IDS[0], "ABCDEFAB-0000-4000-8000-000000000000"],
  });
  assert.equal(upper.ok && upper.value.invalidIds, 1);
});

const MANY = Array.from({ length: MAX_MESSAGE_IDS + 1 }, (_, n) => idOf(n));

const UNREADABLE: readonly (readonly [unknown, UnreadableMessage])[] = [
  ["{}", "not-an-object"],
  [null, "not-an-object"],
  [undefined, "not-an-object"],
  [[SEND], "not-an-object"],
  [new Uint8Array(3), "old-version"],
  [{ ...SEND, v: WORK_VERSION + 1 }, "newer-version"],
  [{ ...SEND, v: WORK_VERSION - 1 }, "old-version"],
  [{ ...SEND, v: "1" }, "old-version"],
  [JSON.parse(`{"__proto__": ${JSON.stringify(SEND)}}`), "old-version"],
  [JSON.parse(`{"__proto__": {}, ${JSON.stringify(SEND).slice(1)}`), "unknown-field"],
  [{ ...SEND, kind: "sends" }, "kind"],
  [{ ...SEND, kind: "constructor" }, "kind"],
  [{ ...SEND, service: "x" }, "service"],
  [{ ...SEND, service: undefined }, "service"],
  [{ ...SEND, channel: "letter" }, "channel"],
  [{ ...SEND, ids: [] }, "ids"],
  [{ ...SEND, ids: ["x"] }, "ids"],
  [{ ...SEND, ids: MANY }, "ids"],
  [{ ...SEND, ids: IDS.join() }, "ids"],
  [{ ...SEND, part: 1 }, "unknown-field"],
  [{ ...SEND, body: "Hello" }, "unknown-field"],
  [{ ...JOB, ids: IDS }, "ids"],
  [{ ...JOB, part: -1 }, "part"],
  [{ ...JOB, part: 0.5 }, "part"],
  [{ ...JOB, part: MAX_PART + 1 }, "part"],
  [{ ...JOB, part: "0" }, "part"],
];

Deno.test("parseWorkMessage: refuses everything else, and says why", () => {
  for (const [body, refusal] of UNREADABLE) {
    assert.deepEqual(parseWorkMessage(body), { ok: false, refusal }, JSON.stringify(body));
  }
  assert.equal(parseWorkMessage({ ...SEND, ids: MANY.slice(1) }).ok, true);
});

Deno.test("sendMessages: splits ids evenly at the limit, each once and in order", () => {
  const sizes = (count: number) =>
    sendMessages(SERVICE, "sms", MANY.slice(0, count) as NotificationId[])
      .map(({ ids }) => ids.length);
  assert.deepEqual(sizes(0), []);
  assert.deepEqual(sizes(1), [1]);
  assert.deepEqual(sizes(MAX_MESSAGE_IDS), [MAX_MESSAGE_IDS]);
  assert.deepEqual(sizes(MAX_MESSAGE_IDS + 1), [251, 250]);
  const [message] = sendMessages(SERVICE, "sms", [...IDS, ...IDS]);
  assert.deepEqual(message, SEND);
});
