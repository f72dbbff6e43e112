/** The Worker build with its queue, in a real workerd over libSQL's HTTP protocol. No cron runs. */
import assert from "node:assert/strict";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import {
  FAILURE_RETRY_S,
  NEWER_VERSION_RETRY_S,
} from "../../application/delivery/queued/consume_work.ts";
import { MIN_QUEUED } from "../../application/delivery/queued/announce_many.ts";
import { MAX_MESSAGE_IDS } from "../../domain/delivery/work_message.ts";
import { HOUR_MS } from "../../domain/time/durations.ts";
import { ADMIN_TOKEN, startTestApplication } from "../support/application.ts";
import { waitFor } from "../support/process.ts";
import { startWorker, WORKER_TEST } from "../support/workerd.ts";
import { BINDINGS, bundleOnce, startHarkWorker } from "./hark_worker.ts";
import { callAs, manage, newService, newTemplate, type Reach } from "./services.ts";

const QUEUE = { maxBatchSize: 100, maxBatchTimeout: 0.05, maxRetries: 2 } as const;
const SMS = { channel: "sms", name: "Text", body: "Hello ((name))" };

/** How many notifications have a status. */
async function countOf(db: Database, status: string): Promise<number> {
  const [result] = await db.read([{
    sql: "SELECT count(*) AS n FROM notifications WHERE status = ?",
    args: [status],
  }]);
  return Number(result?.rows[0]?.n);
}

/** A service with a template, that sends batches of texts. */
async function newSender(reach: Reach) {
  const { id, keys } = await newService(reach);
  const template_id = await newTemplate(reach, id, SMS);
  return {
    id,
    template_id,
    async sendBatch(
      count: number,
      options: Readonly<Record<string, unknown>> = {},
      via: Reach = reach,
    ) {
      const notifications = Array.from({ length: count }, (_, n) => ({
        type: "sms",
        template_id,
        phone_number: "07900900123",
        personalisation: { name: String(n) },
        ...options,
      }));
      const path = "/v2/notifications/batch";
      const { status, body } = await callAs(via, keys.live, "POST", path, { notifications });
      assert.equal(status, 200);
      return body.notifications.map((answer: { readonly id: string }) => answer.id);
    },
  };
}

Deno.test(
  "the Worker with a queue: sends batches and uploads without a cron, and survives every bad message",
  WORKER_TEST,
  async (t) => {
    await using started = await startHarkWorker(BINDINGS, [], {}, { queue: QUEUE });
    const { reach, worker, db, hrana } = started;
    // A process that only accepts: the tail of a request of the Worker may find what becomes due.
    await using accepting = await startTestApplication({ db, sends: false });
    const [one, two] = [await newSender(reach), await newSender(reach)];
    let delivered = 0;
    const untilDelivered = async (further: number) => {
      delivered += further;
      const isDelivered = async () => await countOf(db, "delivered") >= delivered;
      await waitFor(`${delivered} to be delivered`, isDelivered, { everyMs: 50 });
      assert.equal(await countOf(db, "delivered"), delivered);
    };
    const deliver = async (...bodies: readonly unknown[]) => {
      const { outcome, explicitAcks, retryMessages } = await worker.queue(
        "hark",
        bodies.map((body, index) => ({ id: `m${index}`, body, attempts: 1 })),
      );
      assert.equal(outcome, "ok");
      return { acks: explicitAcks, retries: retryMessages };
    };
    /** Accepts texts that no worker sends until a message names them. */
    const acceptDue = async (sender: typeof one, count: number): Promise<readonly string[]> => {
      const scheduled_for = new Date(Date.now() + HOUR_MS).toISOString();
      const ids = await sender.sendBatch(count, { scheduled_for }, accepting.request);
      await db.write(["UPDATE outbox SET due_at = 1 WHERE due_at > 1"]);
      return ids;
    };
    const send = (service: string, ids: readonly unknown[]) => ({
      v: 1,
      kind: "send",
      service,
      channel: "sms",
      ids,
    });

    await t.step("sends an accepted batch", async () => {
      await one.sendBatch(MIN_QUEUED);
      await untilDelivered(MIN_QUEUED);
    });

    await t.step("begins an upload at once, and sends its parts side by side", async () => {
      const rows = Array.from({ length: 600 }, (_, n) => `07900900${100 + n % 900},${n}`);
      const uploaded = await reach(
        `/manage/services/${one.id}/jobs?template_id=${one.template_id}&allow_duplicates=true`,
        {
          method: "POST",
          headers: { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "text/csv" },
          body: ["phone number,name", ...rows, ""].join("\n"),
        },
      );
      const job = await uploaded.json();
      assert.equal(uploaded.status, 201, JSON.stringify(job));
      await untilDelivered(rows.length);
      const shown = await manage(reach, "GET", `/manage/services/${one.id}/jobs/${job.id}`);
      assert.equal(shown.body.status, "finished");
    });

    await t.step("claims repeated, foreign, unknown and out-of-order ids once", async () => {
      const [mine = [], theirs = []] = [await acceptDue(one, 3), await acceptDue(two, 2)];
      const unknown = crypto.randomUUID();
      const { acks, retries } = await deliver(
        send(one.id, [...mine.toReversed(), mine[0], ...theirs, unknown]),
        send(one.id, mine),
        send(two.id, mine),
      );
      assert.deepEqual([acks.toSorted(), retries], [["m0", "m1", "m2"], []]);
      await untilDelivered(3);
      assert.deepEqual((await deliver(send(one.id, mine))).acks, ["m0"]);
      await deliver(send(two.id, theirs));
      await untilDelivered(2);
    });

    await t.step("sends the other 499 of a message with a malformed id", async () => {
      const ids = await acceptDue(one, MAX_MESSAGE_IDS - 1);
      const { acks } = await deliver(send(one.id, ["poison", ...ids]));
      assert.deepEqual(acks, ["m0"]);
      await untilDelivered(ids.length);
    });

    await t.step("records messages that it cannot read, and waits for code that can", async () => {
      const tooMany = Array.from({ length: MAX_MESSAGE_IDS + 1 }, () => crypto.randomUUID());
      const { acks, retries } = await deliver(
        "not JSON",
        null,
        { ...send(one.id, tooMany) },
        { ...send(one.id, [crypto.randomUUID()]), v: 0 },
        { ...send(one.id, [crypto.randomUUID()]), v: 2 },
        { v: 1, kind: "job", service: one.id, channel: "sms", ids: [crypto.randomUUID()], part: 0 },
      );
      assert.deepEqual(acks.toSorted(), ["m0", "m1", "m2", "m3", "m5"]);
      const retried = retries.map(({ msgId, delaySeconds }) => [msgId, delaySeconds]);
      assert.deepEqual(retried, [["m4", NEWER_VERSION_RETRY_S]]);
      const { body } = await manage(reach, "GET", "/manage/queues/dead");
      assert.equal(body.count, 4);
      const reasons = body.dead_messages.map(
        (dead: Readonly<Record<string, unknown>>) => [dead.id, dead.kind, dead.reason],
      );
      assert.deepEqual(reasons.toSorted(), [
        ["m0", "unknown", "not-an-object"],
        ["m1", "unknown", "not-an-object"],
        ["m2", "unknown", "ids"],
        ["m3", "unknown", "old-version"],
      ]);
    });

    await t.step(
      "asks for a message again when the database is unavailable, and then sends",
      async () => {
        const ids = await acceptDue(one, 2);
        // The first call may be that for the settings of providers, which the consumer may do without.
        hrana.failNext(503);
        hrana.failNext(503);
        const { acks, retries } = await deliver(send(one.id, ids));
        const retried = retries.map(({ msgId, delaySeconds }) => [msgId, delaySeconds]);
        assert.deepEqual([acks, retried], [[], [["m0", FAILURE_RETRY_S]]]);
        await waitFor(
          "the message to be handled",
          async () => (await deliver(send(one.id, ids))).acks.length === 1,
        );
        await untilDelivered(2);
      },
    );

    await t.step(
      "shows what the queue gave up, and what was in it goes out all the same",
      async () => {
        const ids = await acceptDue(one, 2);
        const dead = [{ id: "gone", body: send(one.id, ids), attempts: 1 }];
        const result = await worker.queue("hark-dead", dead);
        assert.deepEqual(result.explicitAcks, ["gone"]);
        // Delivered once more: it is recorded once.
        await worker.queue("hark-dead", dead);
        const { body } = await manage(reach, "GET", "/manage/queues/dead");
        assert.equal(body.count, 5);
        const { died_at, ...shown } = body.dead_messages.find(
          ({ id }: { readonly id: string }) => id === "gone",
        );
        assert.ok(Date.now() - Date.parse(died_at) < HOUR_MS);
        assert.deepEqual(shown, {
          id: "gone",
          kind: "send",
          service_id: one.id,
          channel: "sms",
          ids: 2,
          reason: "retries",
        });
        assert.equal((await worker.scheduled()).outcome, "ok");
        await untilDelivered(2);
      },
    );
  },
);

Deno.test("the Worker: names a binding QUEUE that is no queue", WORKER_TEST, async () => {
  await using worker = await startWorker({
    script: await bundleOnce(),
    bindings: { ...BINDINGS, QUEUE: "hark" },
  });
  const answer = await worker.fetch("/v2/notifications");
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /QUEUE must be the binding of a producer of a queue/);
});
