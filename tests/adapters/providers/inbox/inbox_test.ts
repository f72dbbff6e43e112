import assert from "node:assert/strict";
import { createInboxEvents } from "../../../../adapters/inbox_events.ts";
import {
  MAX_GROUP,
  MAX_REMOTE_GROUP,
} from "../../../../adapters/libsql/connection/group_commit.ts";
import { createInboxProvider } from "../../../../adapters/providers/inbox/inbox.ts";
import { createSandbox } from "../../../../adapters/providers/sandbox/sandbox.ts";
import type { NotificationId, ServiceId } from "../../../../domain/ids.ts";
import type { InboxRef } from "../../../../domain/inbox/inbox_message.ts";
import type { InboxStore } from "../../../../domain/ports/inbox_store.ts";
import type { OutgoingInbox } from "../../../../domain/delivery/outgoing_message.ts";
import { createProviderStore } from "../../../../adapters/libsql/providers/provider_settings.ts";
import { createProviderHealth } from "../../../../application/delivery/provider_health.ts";
import { createDispatcher } from "../../../../application/delivery/dispatcher.ts";
import { BACKENDS } from "../../../contracts/backends.ts";
import { accepted, createIsolate, newSender, openBench } from "../../../contracts/isolate.ts";

const serviceId = "service" as ServiceId;
const { signal } = new AbortController();

function outgoing(id: string): OutgoingInbox {
  return {
    channel: "inbox",
    ref: { serviceId, notificationId: id as NotificationId },
    to: "citizen-1",
    sender: "Library",
    subject: "A book is due",
    body: "Bring it back",
    localised: { uk: { subject: "Книга", body: "Поверніть" } },
  };
}

/** A store that fails for ids that begin with `bad`, and records its messages. */
function createStore() {
  const stored: { readonly inbox: InboxRef; readonly id: string }[] = [];
  const put: InboxStore["put"] = (inbox, message) => {
    if (message.id.startsWith("bad")) return Promise.reject(new Error("no"));
    stored.push({ inbox, id: message.id });
    return Promise.resolve(true);
  };
  const putAll: InboxStore["putAll"] = async (messages) => {
    if (messages.some(({ message }) => message.id.startsWith("bad"))) throw new Error("no");
    return await Promise.all(messages.map(({ inbox, message }) => put(inbox, message)));
  };
  return { put, putAll, sharesPuts: 7, given: stored };
}

const acceptedAs = (providerMessageId: string) => ({
  kind: "accepted",
  providerMessageId,
  delivered: true,
});
const NOT_PUT = { kind: "retry", outcome: "not-sent", code: "database" };

Deno.test("createInboxProvider: writes a message, publishes an event and returns delivered", async () => {
  const store = createStore();
  const rung: string[] = [];
  const provider = createInboxProvider(store, { publish: (inbox) => rung.push(inbox.recipientId) });
  assert.deepEqual([provider.name, provider.channel], ["hark-inbox", "inbox"]);
  assert.deepEqual(await provider.send(outgoing("a"), signal), acceptedAs("a"));
  assert.deepEqual(store.given, [{ inbox: { serviceId, recipientId: "citizen-1" }, id: "a" }]);
  assert.deepEqual(await provider.send(outgoing("bad"), signal), NOT_PUT);
  assert.deepEqual(rung, ["citizen-1"]);
  const text = { ...outgoing("a"), channel: "sms", from: undefined, text: "" } as const;
  await assert.rejects(provider.send(text, signal));
});

Deno.test("createInboxProvider: writes many messages together, and the failure of one fails no other", async () => {
  const store = createStore();
  const rung: string[] = [];
  const { batch } = createInboxProvider(store, {
    publish: (inbox) => rung.push(inbox.recipientId),
  });
  assert.equal(batch.most, store.sharesPuts);
  assert.deepEqual(
    await batch.send(["a", "b"].map(outgoing), signal),
    [acceptedAs("a"), acceptedAs("b")],
  );
  assert.deepEqual(
    await batch.send(["c", "bad", "d"].map(outgoing), signal),
    [acceptedAs("c"), NOT_PUT, acceptedAs("d")],
  );
  assert.equal(rung.length, 4);
});

Deno.test("InboxStore.sharesPuts: is the limit of one commit", async () => {
  for (const backend of BACKENDS) {
    await using bench = await openBench(backend);
    const expected = backend.remote ? MAX_REMOTE_GROUP : MAX_GROUP;
    assert.equal(bench.inboxes.sharesPuts, expected, backend.name);
  }
});

for (const backend of BACKENDS) {
  Deno.test(`createInboxProvider: writes hundreds of messages in few commits (${backend.name})`, async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    let writes = 0;
    const counting = await createIsolate({
      ...bench.db,
      write: (statements) => (writes++, bench.db.write(statements)),
    }, bench.time);
    const count = 200;
    const refs = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        accepted(bench, sender, {
          channel: "inbox",
          personal: {
            to: `citizen ${i % 3}`,
            recipient: `citizen ${i % 3}`,
            subject: "A book is due",
            body: "Bring it back",
            localised: { uk: { subject: "Книга", body: "Поверніть" } },
          },
        })),
    );
    const inboxEvents = createInboxEvents();
    const inbox = { serviceId: sender.serviceId, recipientId: "citizen 1" };
    let rings = 0;
    inboxEvents.subscribe(inbox, () => void rings++);
    const sandbox = (channel: "sms" | "email" | "inbox" | "diia") =>
      createSandbox(channel, bench.clock);
    const dispatcher = createDispatcher({
      clock: bench.clock,
      outbox: bench.outbox,
      receipts: bench.receipts,
      contexts: bench.contexts,
      templates: bench.management,
      providers: { inbox: [createInboxProvider(counting.inboxes, inboxEvents)] },
      simulators: {
        sms: sandbox("sms"),
        email: sandbox("email"),
        inbox: sandbox("inbox"),
        diia: sandbox("diia"),
      },
      health: createProviderHealth({
        providers: {},
        store: createProviderStore(bench.db, bench.audit),
        clock: bench.clock,
        log: () => {},
      }),
      log: () => {},
      publicUrl: "https://hark.example",
    });
    const { claimed, ended } = await dispatcher.dispatchOnce();
    await ended;
    assert.equal(claimed, count);
    assert.equal(writes, Math.ceil(count / counting.inboxes.sharesPuts));
    const total = Math.ceil((count - 1) / 3);
    assert.deepEqual(await bench.inboxes.count(inbox), { total, unread: total });
    assert.equal(rings, total);
    for (const ref of refs.slice(0, 3)) {
      assert.equal((await bench.notifications.get(ref))?.status, "delivered");
    }
    const query = { unreadOnly: false, after: undefined, offset: 0, limit: count };
    const held = await bench.inboxes.list(inbox, query);
    assert.deepEqual(
      held.map(({ id }) => id).toSorted(),
      refs.filter((_, i) => i % 3 === 1).map(({ notificationId }) => notificationId),
    );
    assert.deepEqual(held[0]?.localised, { uk: { subject: "Книга", body: "Поверніть" } });
    assert.equal((await dispatcher.dispatchOnce()).claimed, 0, "no receipt is waited for");
  });
}
