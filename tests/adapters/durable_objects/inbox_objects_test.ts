import assert from "node:assert/strict";
import {
  createInboxObjects,
  MAX_NOTIFIED_INBOXES,
  readChangedInboxes,
} from "../../../adapters/durable_objects/inbox_objects.ts";
import { isObjectNamespace, nameCallError } from "../../../adapters/durable_objects/namespace.ts";
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
  const { notify } = createInboxObjects(namespace, (entry) => logged.push(entry));
  return {
    calls,
    logged,
    most: () => most,
    async notify(...people: readonly string[]) {
      runWithTail((work) => tails.push(work), () => people.map(inboxOf).forEach(notify));
      await Promise.all(tails.splice(0));
    },
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

Deno.test("nameCallError: has no message, and names objects of another class", () => {
  const otherClass = new Error("Handler does not export a fetch() function.");
  const errors = [otherClass, new TypeError("ann: network"), "ann"];
  assert.deepEqual(errors.map(nameCallError), ["other-class", "TypeError", "unknown"]);
});

Deno.test("isObjectNamespace: is false for bindings of other kinds", () => {
  assert.equal(isObjectNamespace({ idFromName() {}, get() {} }), true);
  for (
    const value of [undefined, null, "INBOXES", {}, { get() {} }, { idFromName: "x", get() {} }]
  ) {
    assert.equal(isObjectNamespace(value), false);
  }
});
