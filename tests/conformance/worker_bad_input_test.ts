/** The Worker build with its queue, against what a queue, a cron, a pinger and uploads may bring at once. */
import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { SETTINGS_TTL_MS } from "../../application/delivery/provider_health.ts";
import { MAX_DISPATCH_CALLS } from "../../application/dispatch_runs.ts";
import { MAX_MESSAGE_IDS } from "../../domain/delivery/work_message.ts";
import type { ServiceId } from "../../domain/ids.ts";
import { socketPathOf } from "../../routes/registry/inbox/socket_path.ts";
import { describeEvents, readEvents, STREAM } from "../routes/registry/inbox/support.ts";
import { pause, waitFor } from "../support/process.ts";
import { issueToken, PROPER_CLAIMS } from "../support/tokens.ts";
import { WORKER_TEST } from "../support/workerd.ts";
import { erase, openBadInputScene } from "./bad_input_scene.ts";
import { manage } from "./services.ts";

/** The life of the token of a stream, which ends with it. */
const STREAM_LIFE_S = 15;

Deno.test(
  "the Worker with a queue: consumers, crons and calls of a pinger at once send each message once",
  WORKER_TEST,
  async (t) => {
    await using scene = await openBadInputScene();
    const { acceptDue, copiesOf, db, deliver, ping, send, worker } = scene;

    await t.step(
      "inboxes' objects of another class: said once, at the start, and polled",
      async () => {
        const said = () =>
          scene.lines.filter((line) =>
            line.includes("INBOXES is bound to Durable Objects of another")
          );
        // No inbox has been used yet.
        await waitFor("the log to say so", () => said().length > 0);
        const sub = "ann";
        const path = socketPathOf({ serviceId: scene.service.id as ServiceId, recipientId: sub });
        await assert.rejects(worker.connect(path), /refused/);
        const token = await issueToken(scene.keys, { ...PROPER_CLAIMS, sub }, {
          now: Date.now(),
          lifeS: STREAM_LIFE_S,
        });
        const headers = { "x-access-token": token };
        const stream = await readEvents(await worker.fetch(STREAM, { headers })).rest();
        assert.deepEqual(describeEvents(stream), ["0 count 0/0"], "no socket is offered");
        assert.equal((await worker.scheduled()).outcome, "ok");
        assert.equal(said().length, 1);
        assert.ok(!scene.lines.some((line) => /stream-failed|inbox-notify-failed/.test(line)));
      },
    );

    await t.step("two consumers with the same ids, crons and calls beside them", async () => {
      const ids = await acceptDue("race", MAX_MESSAGE_IDS);
      const [one, two, first, second, ...pings] = await Promise.all([
        deliver(send(ids)),
        deliver(send(ids.toReversed()), send(ids)),
        worker.scheduled(),
        worker.scheduled(),
        ping(),
        ping(),
      ]);
      assert.deepEqual([one.acks, two.acks.toSorted()], [["m0"], ["m0", "m1"]]);
      assert.deepEqual([first.outcome, second.outcome], ["ok", "ok"]);
      assert.ok(pings.every((status) => [200, 202].includes(status)), pings.join());
      await waitFor("all to be sent", () => copiesOf("race").length === ids.length);
      assert.equal((await worker.scheduled()).outcome, "ok");
      assert.ok(copiesOf("race").every((copies) => copies === 1), "nothing is sent twice");
    });

    await t.step(
      "ids of deleted messages, and one that cannot be decrypted among 500",
      async () => {
        const ids = await acceptDue("poison", MAX_MESSAGE_IDS);
        const [poison = "", deleted = "", ...others] = ids;
        await db.write([{
          sql: "UPDATE notifications SET sealed = zeroblob(40) WHERE id = ?",
          args: [idBytes(poison)],
        }]);
        await erase(db, deleted);
        const { acks } = await deliver(send(ids), send([deleted]), send([poison]));
        assert.deepEqual(acks.toSorted(), ["m0", "m1", "m2"]);
        await waitFor("the others to be sent", () => copiesOf("poison").length === others.length);
        assert.ok(copiesOf("poison").every((copies) => copies === 1));
      },
    );

    await t.step("crons after another isolate has paused the provider", async () => {
      await using other = await scene.startAnother();
      const setPaused = async (paused: boolean) => {
        const path = "/manage/providers/postmark";
        assert.equal((await manage(other.fetch, "PUT", path, { paused })).status, 200);
      };
      await setPaused(true);
      const ids = await acceptDue("paused", 3);
      // This isolate has read its settings before, and knows nothing of the change.
      await pause(SETTINGS_TTL_MS);
      const crons = [worker.scheduled(), worker.scheduled()];
      for (const { outcome } of await Promise.all(crons)) assert.equal(outcome, "ok");
      assert.deepEqual(copiesOf("paused"), []);
      await setPaused(false);
      assert.equal((await other.scheduled()).outcome, "ok");
      assert.deepEqual(copiesOf("paused"), ids.map(() => 1));
    });

    await t.step("bodies that look like messages", async () => {
      const id = crypto.randomUUID();
      const bodies = [
        [send([id])],
        { ...send([id]), ids: { 0: id, length: 1 } },
        { ...send([id]), ids: [[id]] },
        { ...send([id]), ids: ["x".repeat(100_000)] },
        { ...send([id]), ids: Array(60_000).fill(1) },
        { ...send([id]), service: [scene.service.id] },
        { ...send([id]), channel: "constructor" },
        { ...send([id]), kind: "toString" },
        { ...send([id]), v: "1" },
        { ...send([id]), content: "Dear Ann" },
        { v: 1, kind: "job", service: scene.service.id, channel: "email", ids: [id], part: -1 },
        { v: 1, kind: "job", service: scene.service.id, channel: "email", ids: [id], part: 1e300 },
      ];
      const { acks, retries } = await deliver(...bodies);
      assert.deepEqual([acks.length, retries], [bodies.length, []]);
    });

    await t.step("a thousand calls of a pinger, and as many with a wrong token", async () => {
      const [wrong, right] = await Promise.all(
        ["another-token", undefined].map(async (token) => {
          const statuses: number[] = [];
          for (let wave = 0; wave < 10; wave++) {
            statuses.push(...await Promise.all(Array.from({ length: 100 }, () => ping(token))));
          }
          return Object.groupBy(statuses, (status) => status);
        }),
      );
      assert.ok(Object.keys(wrong ?? {}).every((status) => ["401", "429"].includes(status)));
      assert.ok(
        Object.keys(right ?? {}).every((status) => ["200", "202", "429"].includes(status)),
        Object.keys(right ?? {}).join(),
      );
      // Two calls came before. A minute that ends meanwhile allows as many again.
      assert.ok((right?.[429]?.length ?? 0) >= 1_000 - 2 * MAX_DISPATCH_CALLS);
      assert.equal((await worker.fetch("/healthz")).status, 200);
    });

    await t.step("spreadsheets at once wait for none of another request", async () => {
      const released = Promise.withResolvers<void>();
      const held = scene.holdUploads(released.promise);
      const left = new AbortController();
      const uploads = ["a", "b", "c", "d"].map((name) => scene.upload(name, left.signal));
      await waitFor("all uploads to be read", () => held() === uploads.length);
      left.abort();
      await Promise.allSettled(uploads);
      released.resolve();
      assert.equal(await scene.upload("e"), 201);
    });
  },
);
