import assert from "node:assert/strict";
import {
  createInboxObjects,
  MAX_NOTIFIED_INBOXES,
  readChangedInboxes,
} from "../../../adapters/durable_objects/inbox_objects.ts";
import { isObjectNamespace } from "../../../adapters/durable_objects/namespace.ts";
import { createInvocation, runInvocation } from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../adapters/invocation/plans.ts";
import { runWithTail } from "../../../adapters/invocation/tail.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { inboxName, shardOf } from "../../../domain/inbox/inbox_shards.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";

const inboxOf = (recipientId: string) => ({ serviceId: "1" as ServiceId, recipientId });
const shardNameOf = (recipientId: string) => `shard ${shardOf(inboxName(inboxOf(recipientId)))}`;

/** Objects that note the calls that they get, and answer with `status`, or fail with an error. */
function startObjects(answer: (call: number) => number | Error = () => 204) {
  const calls: { readonly object: unknown; readonly names: readonly string[] }[] = [];
  const logged: LogEntry[] = [];
  const tails: Promise<unknown>[] = [];
  let underWay = 0;
  let most = 0;
  const namespace = {
    idFromName: (name: string) => name,
    get: (object: unknown) => ({
      async fetch(request: Request) {
        most = Math.max(most, ++underWay);
        calls.push({ object, names: await readChangedInboxes(request) ?? [] });
        await Promise.resolve();
        underWay--;
        const status = answer(calls.length);
        if (status instanceof Error) throw status;
        return new Response(null, { status });
      },
    }),
  };
  let otherClassNotes = 0;
  const objects = createInboxObjects(
    namespace,
    (entry) => logged.push(entry),
    () => otherClassNotes++,
  );
  async function inTail(work: () => void): Promise<void> {
    runWithTail((rest) => tails.push(rest), work);
    await Promise.all(tails.splice(0));
  }
  return {
    calls,
    logged,
    most: () => most,
    /** How often it was noted that the objects are of another class, and whether they count as listeners. */
    otherClass: () => [otherClassNotes, objects.areListeners()],
    checkClass: () => inTail(objects.checkClass),
    connect: (shard: number) => objects.connect(shard, new Request("https://hark.example/socket")),
    notify: (...people: readonly string[]) =>
      inTail(() => people.map(inboxOf).forEach((inbox) => objects.notify(inbox))),
  };
}

Deno.test("InboxObjects.notify: calls each shard once for the inboxes that change together", async () => {
  const { calls, notify, most, logged } = startObjects();
  const people = Array.from({ length: 500 }, (_, at) => `person-${at}`);
  await notify(...people, ...people);
  const shards = calls.map(({ object }) => object);
  assert.equal(new Set(shards).size, shards.length);
  assert.deepEqual(
    calls.flatMap(({ names }) => names).toSorted(),
    people.map((person) => inboxName(inboxOf(person))).toSorted(),
  );
  for (const { object, names } of calls) {
    assert.ok(names.every((name) => `shard ${shardOf(name)}` === object));
  }
  assert.ok(most() <= 4);
  await notify("ann");
  assert.equal(calls.at(-1)?.object, shardNameOf("ann"));
  assert.deepEqual(logged, []);
});

Deno.test("InboxObjects.notify: splits the inboxes of a shard at the most of a call", async () => {
  const { calls, notify } = startObjects();
  const people: string[] = [];
  for (let at = 0; people.length <= MAX_NOTIFIED_INBOXES; at++) {
    if (shardNameOf(`person-${at}`) === "shard 0") people.push(`person-${at}`);
  }
  await notify(...people.slice(1));
  assert.deepEqual(calls.splice(0).map(({ names }) => names.length), [MAX_NOTIFIED_INBOXES]);
  await notify(...people);
  assert.deepEqual(calls.map(({ names }) => names.length).toSorted(), [1, MAX_NOTIFIED_INBOXES]);
});

Deno.test("InboxObjects.notify: tries a failed call once more, then logs how many inboxes, and no name", async () => {
  for (const failure of [500, new TypeError("ann: network")]) {
    const once = startObjects((call) => call === 1 ? failure : 204);
    await once.notify("ann");
    assert.deepEqual([once.calls.length, once.logged], [2, []]);
    const always = startObjects(() => failure);
    await always.notify("ann");
    const shard = Number(shardNameOf("ann").slice("shard ".length));
    const error = failure instanceof Error ? "TypeError" : "Error";
    assert.equal(always.calls.length, 2);
    assert.deepEqual(always.logged, [{ event: "inbox-notify-failed", shard, inboxes: 1, error }]);
  }
});

Deno.test("readChangedInboxes: reads calls of the Worker only", async () => {
  const request = (url: string, method: string, body?: string) =>
    new Request(url, { method, ...(body === undefined ? {} : { body }) });
  assert.deepEqual(
    await readChangedInboxes(request("https://inboxes.internal/notify", "POST", '["a",7,null]')),
    ["a"],
  );
  assert.deepEqual(
    await readChangedInboxes(request("https://inboxes.internal/notify", "POST", "{}")),
    [],
  );
  assert.equal(
    await readChangedInboxes(request("https://inboxes.internal/notify", "GET")),
    undefined,
  );
  assert.equal(
    await readChangedInboxes(request("https://hark.example/notify", "POST", '["a"]')),
    undefined,
  );
});

/** What objects of another class do: workerd's error for a class without `fetch`, or an answer of their own. */
const OTHER_CLASSES = [new Error("Handler does not export a fetch() function."), 200, 404];

Deno.test("InboxObjects.checkClass: asks once, without a name, and objects of another class are not called again", async () => {
  for (const answer of OTHER_CLASSES) {
    const other = startObjects(() => answer);
    await other.checkClass();
    await other.checkClass();
    assert.deepEqual(other.calls, [{ object: "shard 0", names: [] }]);
    assert.deepEqual(other.otherClass(), [1, false]);
    await other.notify("ann");
    assert.deepEqual([other.calls.length, other.logged], [1, []]);
  }
  const listeners = startObjects();
  await listeners.checkClass();
  await listeners.checkClass();
  assert.deepEqual([listeners.calls.length, listeners.otherClass()], [1, [0, true]]);
});

Deno.test("InboxObjects: takes no failure of an object for another class", async () => {
  for (const failure of [500, 503, new TypeError("network"), new Error("overloaded")]) {
    const objects = startObjects(() => failure);
    await objects.checkClass();
    await objects.notify("ann");
    assert.deepEqual([objects.calls.length, objects.otherClass()], [3, [0, true]]);
    if (failure instanceof Error) await assert.rejects(objects.connect(1), failure);
    assert.deepEqual(objects.otherClass(), [0, true]);
  }
});

Deno.test("InboxObjects: a first call of any kind finds objects of another class, which is noted once", async () => {
  const [refusal, ...answers] = OTHER_CLASSES;
  for (const answer of [refusal ?? 0, ...answers]) {
    const notified = startObjects(() => answer);
    await notified.notify("ann", "bob", "eve");
    assert.deepEqual([notified.otherClass(), notified.logged], [[1, false], []]);
  }
  const connected = startObjects(() => refusal ?? 0);
  await assert.rejects(connected.connect(3));
  assert.deepEqual(connected.otherClass(), [1, false]);
});

Deno.test("InboxObjects.notify: a call that the platform refuses is not tried again, and no other one is made", async () => {
  const refused: number[] = [];
  const objects = startObjects(() =>
    new Error("Too many subrequests by single Worker invocation.")
  );
  await runInvocation(
    createInvocation("event", PLAN_LIMITS.paid, (calls) => refused.push(calls)),
    () => objects.notify("ann"),
  );
  assert.deepEqual([objects.calls.length, refused], [1, [1]]);
  assert.deepEqual(objects.logged.map(({ event, error }) => [event, error]), [
    ["inbox-notify-failed", "CallsUsedUp"],
  ]);
});

Deno.test("isObjectNamespace: is false for bindings of other kinds", () => {
  assert.equal(isObjectNamespace({ idFromName() {}, get() {} }), true);
  for (
    const value of [undefined, null, "INBOXES", {}, { get() {} }, { idFromName: "x", get() {} }]
  ) {
    assert.equal(isObjectNamespace(value), false);
  }
});
