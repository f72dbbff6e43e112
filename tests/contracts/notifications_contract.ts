import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import type { NotificationId, ServiceId } from "../../domain/ids.ts";
import type { NotificationQuery, RecipientFilter } from "../../domain/ports/notification_store.ts";
import { STATUSES } from "../../domain/notification/status.ts";
import { KEY_KINDS } from "../../domain/service/service.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type AcceptPlan,
  type Bench,
  claimOne,
  dump,
  EVERYTHING,
  newAccept,
  newSender,
  openBench,
  receipt,
  refOf,
  type Sender,
  START,
  startAndAccept,
} from "./isolate.ts";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

async function ids(
  { notifications }: Bench,
  serviceId: ServiceId,
  query: Partial<NotificationQuery> = {},
): Promise<readonly NotificationId[]> {
  const listed = await notifications.list(serviceId, { ...EVERYTHING, ...query });
  return listed.map(({ id }) => id);
}

/** Replaces the current data key of a service, as a rotation would. */
async function rotateDataKey(bench: Bench, { serviceId }: Sender): Promise<void> {
  const key = await bench.encryption.newDataKey(serviceId);
  await bench.db.write([{
    sql: `INSERT INTO data_keys (service_id, id, master_key_id, wrapped, created_at)
      VALUES (?, ?, ?, ?, ?)`,
    args: [idBytes(serviceId), idBytes(key.id), key.masterKeyId, key.wrapped, START],
  }, {
    sql: "UPDATE services SET data_key_id = ?, revision = revision + 1 WHERE id = ?",
    args: [idBytes(key.id), idBytes(serviceId)],
  }]);
  bench.contexts.forget(serviceId);
}

/** The contract of {@link NotificationStore}. */
export function notificationsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`NotificationStore ${name} (${backend.name})`, run);

  test("list: filters by kind of key, channel, status and reference, newest first", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const send = async (plan: AcceptPlan) => {
      bench.time.now += 1;
      return (await accepted(bench, sender, plan)).notificationId;
    };
    const delivered = await send({ keyKind: "live", reference: "1" });
    await startAndAccept(bench, await claimOne(bench), "m");
    await bench.receipts.receive([receipt("m", "delivered")], bench.time.now);
    const email = await send({ keyKind: "live", channel: "email", reference: "1" });
    const test = await send({ keyKind: "test", reference: "2" });
    const team = await send({ keyKind: "team" });
    const list = (query: Partial<NotificationQuery>) => ids(bench, sender.serviceId, query);

    assert.deepEqual(await list({}), [team, test, email, delivered]);
    assert.deepEqual(await list({ keyKind: "live" }), [email, delivered]);
    assert.deepEqual(await list({ channels: ["email"] }), [email]);
    assert.deepEqual(await list({ channels: ["sms"] }), [team, test, delivered]);
    assert.deepEqual(await list({ channels: ["email", "sms"] }), [team, test, email, delivered]);
    assert.deepEqual(await list({ statuses: ["delivered"] }), [delivered]);
    assert.deepEqual(await list({ statuses: ["created", "sending"] }), [team, test, email]);
    assert.deepEqual(await list({ reference: "1" }), [email, delivered]);
    assert.deepEqual(await list({ reference: "01" }), []);
    assert.deepEqual(await list({ reference: "1", keyKind: "live", channels: ["sms"] }), [
      delivered,
    ]);
    assert.deepEqual(await list({ reference: "2", keyKind: "live" }), []);
    assert.deepEqual(await list({ limit: 2 }), [team, test]);
    assert.deepEqual(await list({ limit: 2, offset: 1 }), [test, email]);
    assert.deepEqual(await list({ limit: 2, offset: 4 }), []);
  });

  test("list: returns for every combination of filters what a filter of all rows does", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await rotateDataKey(bench, sender);
    const context = await bench.contexts.load(sender.serviceId, { fresh: true });
    const now = { ...sender, revision: context?.service.revision ?? 0 };
    const jobId = idBytes(crypto.randomUUID());
    for (const [at, status] of [...STATUSES, ...STATUSES, ...STATUSES].entries()) {
      bench.time.now += at % 2;
      const { notificationId } = await accepted(bench, now, {
        keyKind: KEY_KINDS[at % 3] ?? "live",
        channel: at % 4 === 0 ? "email" : "sms",
        reference: at % 5 === 0 ? null : `reference ${at % 2}`,
      });
      const ref = [idBytes(sender.serviceId), idBytes(notificationId)];
      const job = at % 7 === 0 ? [jobId, at] : [null, null];
      await bench.db.write([
        {
          sql: `UPDATE notifications SET status = ?3, job_id = ?4, job_row = ?5
            WHERE service_id = ?1 AND id = ?2`,
          args: [...ref, status, ...job],
        },
        ...["created", "sending", "pending"].includes(status) ? [] : [{
          sql: "DELETE FROM outbox WHERE service_id = ? AND notification_id = ?",
          args: ref,
        }],
      ]);
    }
    const all = await bench.notifications.list(sender.serviceId, EVERYTHING);
    assert.equal(all.length, 3 * STATUSES.length);
    const statusFilters: NotificationQuery["statuses"][] = [
      [],
      ...STATUSES.map((status) => [status]),
      ["created", "sending"],
      ["temporary-failure", "permanent-failure", "technical-failure"],
      ["created", "cancelled"],
      ["delivered", "sent", "pending"],
    ];
    const filters = statusFilters.flatMap((statuses) =>
      [undefined, "live", "test"].flatMap((keyKind) =>
        [[], ["sms"], ["email", "sms"]].flatMap((channels) =>
          [undefined, "reference 1"].flatMap((reference) =>
            [true, false].flatMap((includeJobs) =>
              [undefined, all[7]?.id].map((olderThan) =>
                ({ statuses, keyKind, channels, reference, includeJobs, olderThan }) as Partial<
                  NotificationQuery
                >
              )
            )
          )
        )
      )
    );
    // In memory all of them; elsewhere a part, since each is a round trip.
    const asked = filters.filter((_, at) => !backend.remote || at % 9 === 0);
    for (const query of asked) {
      const { statuses = [], channels = [], keyKind, reference, includeJobs, olderThan } = query;
      const expected = all.filter((notification) =>
        (statuses.length === 0 || statuses.includes(notification.status)) &&
        (channels.length === 0 || channels.includes(notification.channel)) &&
        (keyKind === undefined || notification.keyKind === keyKind) &&
        (reference === undefined || notification.reference === reference) &&
        (includeJobs || notification.delivery?.job === undefined) &&
        (olderThan === undefined || notification.id < olderThan)
      ).map(({ id }) => id);
      const listed = await ids(bench, sender.serviceId, query);
      assert.deepEqual(listed, expected, JSON.stringify(query));
      assert.deepEqual(
        await ids(bench, sender.serviceId, { ...query, limit: 2, offset: 1 }),
        expected.slice(1, 3),
        JSON.stringify(query),
      );
    }
  });

  test("list pages by key: every notification once, whatever is added meanwhile", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const created: NotificationId[] = [];
    for (let i = 0; i < 11; i++) {
      if (i % 3 === 0) bench.time.now += 1;
      created.push(
        (await accepted(bench, sender, { channel: i % 2 ? "email" : "sms" })).notificationId,
      );
    }
    for (
      const query of [{}, { channels: ["sms"] }, {
        keyKind: "live",
        channels: ["email", "sms"],
      }] as const
    ) {
      const seen: NotificationId[] = [];
      let olderThan: NotificationId | undefined;
      for (;;) {
        const page = await ids(bench, sender.serviceId, { ...query, olderThan, limit: 3 });
        if (page.length === 0) break;
        seen.push(...page);
        olderThan = page.at(-1);
        const channel = "sms";
        await accepted(bench, sender, { channel });
      }
      const expected = created.filter((_, i) =>
        !("channels" in query) || query.channels.length === 2 || i % 2 === 0
      );
      assert.deepEqual(seen.filter((id) => created.includes(id)), expected.toReversed());
      assert.equal(new Set(seen).size, seen.length);
    }
  });

  test("list: returns nothing older than a notification that the service does not have", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    await accepted(bench, one);
    const theirs = await accepted(bench, two);
    const unknown = bench.clock.newNotificationId();
    for (
      const olderThan of [
        unknown,
        theirs.notificationId,
        UNKNOWN_ID as NotificationId,
      ]
    ) {
      assert.deepEqual(await ids(bench, one.serviceId, { olderThan }), []);
    }
  });

  test("get, list, timeline, findByRecipient: return no other service's notifications", async () => {
    await using bench = await openBench(backend);
    const [one, two] = [await newSender(bench), await newSender(bench)];
    const { notificationId } = await accepted(bench, one, { reference: "r" });
    const { notifications } = bench;
    const foreign = { serviceId: two.serviceId, notificationId };
    assert.equal(await notifications.get(foreign), undefined);
    assert.equal(await notifications.timeline(foreign), undefined);
    assert.deepEqual(await ids(bench, two.serviceId, { reference: "r" }), []);
    assert.deepEqual(await ids(bench, two.serviceId), []);
    assert.deepEqual(await notifications.findByRecipient(two.serviceId, "447700900123", 9), []);
    const unknown = { serviceId: UNKNOWN_ID as ServiceId, notificationId };
    assert.equal(await notifications.get(unknown), undefined);
    assert.deepEqual(await notifications.findByRecipient(unknown.serviceId, "447700900123", 9), []);
  });

  test("timeline: returns the events in order", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    await startAndAccept(bench, await claimOne(bench), "m");
    bench.time.now += 5;
    const said = receipt("m", "delivered", { code: "0" });
    await bench.receipts.receive([said, receipt("m", "complaint")], bench.time.now);
    const timeline = await bench.notifications.timeline(ref);
    assert.deepEqual(timeline?.map(({ at, kind }) => [at - START, kind]), [
      [0, "accepted"],
      [0, "attempt-started"],
      [0, "attempt-ended"],
      [0, "status-changed"],
      [5, "status-changed"],
      [5, "complaint"],
    ]);
    assert.deepEqual(timeline?.[1]?.facts, { provider: "post", attempt: 1 });
    assert.deepEqual(timeline?.[3]?.facts, { status: "sending" });
    assert.deepEqual(timeline?.[4]?.facts, { status: "delivered", provider: "post", code: "0" });
  });

  test("findByRecipient: finds notifications encrypted under every data key that the service has had", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const recipient = "ada@example.org";
    const first = await accepted(bench, sender, { personal: { recipient } });
    await rotateDataKey(bench, sender);
    const context = await bench.contexts.load(sender.serviceId, { fresh: true });
    const now = { ...sender, revision: context?.service.revision ?? 0 };
    bench.time.now += 1;
    const second = await accepted(bench, now, { personal: { recipient } });
    await accepted(bench, now, { personal: { recipient: "bob@example.org" } });
    const find = async (who: string, limit: number) =>
      (await bench.notifications.findByRecipient(sender.serviceId, who, limit)).map(({ id }) => id);
    assert.deepEqual(await find(recipient, 9), [second.notificationId, first.notificationId]);
    assert.deepEqual(await find(recipient, 1), [second.notificationId]);
    assert.deepEqual(await find("unknown@example.org", 9), []);
    const [{ n } = { n: 0 }] = (await bench.db.read([
      "SELECT count(DISTINCT data_key_id) AS n FROM notifications",
    ]))[0]?.rows ?? [];
    assert.equal(n, 2);
  });

  test("list: finds a process instance under every data key that the service has had, with the other conditions", async () => {
    await using bench = await openBench(backend);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    const send = async (from: Sender, instance: string, reference: string | null = null) => {
      bench.time.now += 1;
      const context = { businessProcess: "add-lab", businessProcessInstanceId: instance };
      return (await accepted(bench, from, { reference, personal: { context } })).notificationId;
    };
    const first = await send(sender, "p", "a");
    await rotateDataKey(bench, sender);
    const context = await bench.contexts.load(sender.serviceId, { fresh: true });
    const now = { ...sender, revision: context?.service.revision ?? 0 };
    const second = await send(now, "p");
    await send(now, "q");
    await send(other, "p");
    await accepted(bench, now);
    const find = async (query: Partial<NotificationQuery>) =>
      (await bench.notifications.list(sender.serviceId, { ...EVERYTHING, ...query }))
        .map(({ id }) => id);
    assert.deepEqual(await find({ processInstance: "p" }), [second, first]);
    assert.deepEqual(await find({ processInstance: "p", limit: 1 }), [second]);
    assert.deepEqual(await find({ processInstance: "p", offset: 1 }), [first]);
    assert.deepEqual(await find({ processInstance: "p", olderThan: second }), [first]);
    assert.deepEqual(await find({ processInstance: "p", reference: "a" }), [first]);
    assert.deepEqual(await find({ processInstance: "p", statuses: ["created"] }), [second, first]);
    assert.deepEqual(await find({ processInstance: "p", statuses: ["delivered"] }), []);
    assert.deepEqual(await find({ processInstance: "p", channels: ["inbox"] }), []);
    assert.deepEqual(await find({ processInstance: "a" }), []);
    const stored = await bench.notifications.get({
      serviceId: sender.serviceId,
      notificationId: first,
    });
    assert.deepEqual(stored?.personal.context, {
      businessProcess: "add-lab",
      businessProcessInstanceId: "p",
    });
  });

  test("findByRecipient: filters by reference and pages by key", async () => {
    await using bench = await openBench(backend);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    const recipient = "ada@example.org";
    const send = async (from: Sender, reference: string) => {
      bench.time.now += 1;
      const plan = { reference, personal: { recipient } };
      return (await accepted(bench, from, plan)).notificationId;
    };
    const [first, second, third] = [
      await send(sender, "a"),
      await send(sender, "b"),
      await send(sender, "a"),
    ];
    const theirs = await send(other, "a");
    const find = async (filter: RecipientFilter, limit = 9) => {
      const { serviceId } = sender;
      const found = await bench.notifications.findByRecipient(serviceId, recipient, limit, filter);
      return found.map(({ id }) => id);
    };
    assert.deepEqual(await find({}), [third, second, first]);
    assert.deepEqual(await find({ reference: "a" }), [third, first]);
    assert.deepEqual(await find({ reference: "a" }, 1), [third]);
    assert.deepEqual(await find({ reference: "c" }), []);
    assert.deepEqual(await find({ olderThan: third }), [second, first]);
    assert.deepEqual(await find({ olderThan: third }, 1), [second]);
    assert.deepEqual(await find({ olderThan: second, reference: "a" }), [first]);
    assert.deepEqual(await find({ olderThan: first }), []);
    assert.deepEqual(await find({ olderThan: theirs }), []);
    // A position beside any id, in both directions.
    assert.deepEqual(await find({ position: { olderThan: theirs } }), [third, second, first]);
    assert.deepEqual(await find({ position: { olderThan: third }, reference: "a" }), [first]);
    assert.deepEqual(await find({ position: { newerThan: first } }), [third, second]);
    assert.deepEqual(await find({ position: { newerThan: first } }, 1), [second]);
    assert.deepEqual(await find({ position: { newerThan: theirs } }), []);
    assert.deepEqual(await find({ olderThan: UNKNOWN_ID as NotificationId }), []);
  });

  test("tables: no column contains personal data in plaintext", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { serviceId } = sender;
    const secrets = [
      "Lovelace",
      "7700900321",
      "ada@example",
      "guest@example",
      "7700900654",
      "case 4711",
    ];
    await accepted(bench, sender, {
      reference: "case 4711 of Lovelace",
      personal: {
        to: "+44 7700900321",
        recipient: "447700900321",
        personalisation: { name: "Lovelace", address: "ada@example.org" },
        subject: "For Lovelace",
        body: "Hello Lovelace",
        oneClickUnsubscribeUrl: "https://example.org/?u=ada@example.org",
      },
      idempotency: {
        keyHash: "k",
        requestHash: "r",
        expiresAt: START + 1,
        answer: '{"body":"Hello Lovelace"}',
      },
    });
    await bench.management.setGuests(serviceId, {
      emailAddresses: ["guest@example.org"],
      phoneNumbers: ["7700900654"],
    }, START);
    const hidden = [...secrets, sender.secret];
    for (const [table, rows] of await dump(bench.db)) {
      for (const row of rows) {
        for (const secret of hidden) {
          assert.ok(!row.includes(secret), `${table} holds ${secret}`);
        }
      }
    }
  });

  test("encrypted columns: can be decrypted in its own row only", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const accept = newAccept(bench, sender);
    const two = newAccept(bench, sender, { personal: { body: "Other" } });
    await Promise.all([bench.accepts.accept(accept), bench.accepts.accept(two)]);
    await bench.db.write([{
      sql: `UPDATE notifications SET sealed = (SELECT sealed FROM notifications WHERE id = ?)
        WHERE id = ?`,
      args: [idBytes(two.notification.id), idBytes(accept.notification.id)],
    }]);
    await assert.rejects(bench.notifications.get(refOf(accept)));
    assert.equal((await bench.notifications.get(refOf(two)))?.personal.body, "Other");
  });
}
