import assert from "node:assert/strict";
import {
  createInboxObjects,
  MAX_TOLD_INBOXES,
  readTell,
} from "../../../adapters/durable_objects/inbox_objects.ts";
import { isObjectNamespace } from "../../../adapters/durable_objects/namespace.ts";
import { runWithTail } from "../../../adapters/invocation/tail.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { inboxName, shardOf } from "../../../domain/inbox/inbox_shards.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";

const inboxOf = (recipientId: string) => ({ serviceId: "1" as ServiceId, recipientId });
const shardNameOf = (recipientId: string) => `shard ${shardOf(inboxName(inboxOf(recipientId)))}`;

/** Objects that note the calls that tell them, and answer with `status`, or fail with an error. */
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
        calls.push({ object, names: await readTell(request) ?? [] });
        await Promise.resolve();
        underWay--;
        const status = answer(calls.length);
        if (status instanceof Error) throw status;
        return new Response(null, { status });
      },
    }),
  };
  const { tell } = createInboxObjects(namespace, (entry) => logged.push(entry));
  return {
    calls,
    logged,
    most: () => most,
    async tell(...people: readonly string[]) {
      runWithTail((work) => tails.push(work), () => people.map(inboxOf).forEach(tell));
      await Promise.all(tails.splice(0));
    },
  };
}

Deno.test("InboxObjects.tell: tells each shard once of the inboxes that change together", async () => {
  const { calls, tell, most, logged } = startObjects();
  const people = Array.from({ length: 500 }, (_, at) => `person-${at}`);
  await tell(...people, ...people);
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
  await tell("ann");
  assert.equal(calls.at(-1)?.object, shardNameOf("ann"));
  assert.deepEqual(logged, []);
});

Deno.test("InboxObjects.tell: splits the inboxes of a shard at the most of a call", async () => {
  const { calls, tell } = startObjects();
  const people: string[] = [];
  for (let at = 0; people.length <= MAX_TOLD_INBOXES; at++) {
    if (shardNameOf(`person-${at}`) === "shard 0") people.push(`person-${at}`);
  }
  await tell(...people.slice(1));
  assert.deepEqual(calls.splice(0).map(({ names }) => names.length), [MAX_TOLD_INBOXES]);
  await tell(...people);
  assert.deepEqual(calls.map(({ names }) => names.length).toSorted(), [1, MAX_TOLD_INBOXES]);
});

Deno.test("InboxObjects.tell: tries a failed call once more, then logs how many inboxes, and no name", async () => {
  for (const failure of [500, new TypeError("ann: network")]) {
    const once = startObjects((call) => call === 1 ? failure : 204);
    await once.tell("ann");
    assert.deepEqual([once.calls.length, once.logged], [2, []]);
    const always = startObjects(() => failure);
    await always.tell("ann");
    const shard = Number(shardNameOf("ann").slice("shard ".length));
    const error = failure instanceof Error ? "TypeError" : "Error";
    assert.equal(always.calls.length, 2);
    assert.deepEqual(always.logged, [{ event: "inbox-tell-failed", shard, inboxes: 1, error }]);
  }
});

Deno.test("readTell: reads calls of the Worker only", async () => {
  const request = (url: string, method: string, body?: string) =>
    new Request(url, { method, ...(body === undefined ? {} : { body }) });
  assert.deepEqual(
    await readTell(request("https://inboxes.internal/tell", "POST", '["a",7,null]')),
    ["a"],
  );
  assert.deepEqual(await readTell(request("https://inboxes.internal/tell", "POST", "{}")), []);
  assert.equal(await readTell(request("https://inboxes.internal/tell", "GET")), undefined);
  assert.equal(await readTell(request("https://hark.example/tell", "POST", '["a"]')), undefined);
});

Deno.test("isObjectNamespace: is false for bindings of other kinds", () => {
  assert.equal(isObjectNamespace({ idFromName() {}, get() {} }), true);
  for (
    const value of [undefined, null, "INBOXES", {}, { get() {} }, { idFromName: "x", get() {} }]
  ) {
    assert.equal(isObjectNamespace(value), false);
  }
});
