import assert from "node:assert/strict";
import { createClock } from "../../../../adapters/clock.ts";
import { announceMany, MIN_QUEUED } from "../../../../application/delivery/queued/announce_many.ts";
import {
  createAnnounceUnfinished,
  MAX_ANNOUNCED_JOBS,
  MAX_ANNOUNCED_ROWS,
} from "../../../../application/delivery/queued/announce_unfinished.ts";
import {
  createWorkAnnouncer,
  PARTS_AT_ONCE,
} from "../../../../application/delivery/queued/announce_work.ts";
import { announceJobs } from "../../../../application/jobs/announced_jobs.ts";
import { jobMessage, sendMessages } from "../../../../domain/delivery/work_message.ts";
import type { NotificationId, ServiceId } from "../../../../domain/ids.ts";
import type { DueRow } from "../../../../domain/ports/outbox.ts";
import type { QueuedMessage } from "../../../../domain/ports/work_queue.ts";
import type { Channel } from "../../../../domain/service/service.ts";
import { BACKENDS } from "../../../contracts/backends.ts";
import { START } from "../../../contracts/isolate.ts";
import { createJob, LEASE_MS, open } from "../../../contracts/jobs_contract.ts";

const MAX_DELAY_S = 60;

function openAnnouncer(now: () => number = () => START) {
  const put: QueuedMessage[] = [];
  const state = { fails: false };
  const announcer = createWorkAnnouncer({
    clock: createClock(now),
    log: () => {},
    queue: {
      maxDelayS: MAX_DELAY_S,
      put(messages) {
        if (state.fails) return Promise.reject(new Error("the queue is full"));
        put.push(...messages);
        return Promise.resolve();
      },
    },
  });
  return { announcer, put, state };
}

const newRow = (serviceId: ServiceId, channel: Channel = "sms"): DueRow => ({
  serviceId,
  channel,
  notificationId: crypto.randomUUID() as NotificationId,
});

const newServiceId = () => crypto.randomUUID() as ServiceId;

Deno.test("announceDue: puts a message for each service and channel, services in turn", async () => {
  const { announcer, put } = openAnnouncer();
  const [one, two] = [newServiceId(), newServiceId()];
  const many = Array.from({ length: 501 }, () => newRow(one));
  const [text, email] = [newRow(two), newRow(two, "email")];
  assert.equal(await announcer.announceDue([...many, text, email]), true);
  const [first, second] = sendMessages(
    one,
    "sms",
    many.map(({ notificationId }) => notificationId),
  );
  assert.deepEqual(put.map(({ message }) => message), [
    first,
    ...sendMessages(two, "sms", [text.notificationId]),
    ...sendMessages(two, "email", [email.notificationId]),
    second,
  ]);
  assert.equal(await announcer.announceDue([]), true);
});

Deno.test("announceJobs: announces jobs that begin now, later, by a start or a resumption, and fails with none", async () => {
  const [backend] = BACKENDS;
  assert(backend !== undefined);
  const { bench, sender, store: stored } = await open(backend);
  await using _ = bench;
  const { announcer, put, state } = openAnnouncer();
  let notAnnounced = 0;
  const store = announceJobs(stored, {
    announcer,
    clock: bench.clock,
    onNotAnnounced: () => void notAnnounced++,
  });
  const taken = () => put.splice(0).map(({ message, delayS = 0 }) => ({ message, delayS }));
  const partsOf = (job: Parameters<typeof jobMessage>[0], delayS = 0) =>
    Array.from(
      { length: PARTS_AT_ONCE },
      (_, part) => ({ message: jobMessage(job, part), delayS }),
    );

  const job = await createJob(store, sender, [1]);
  assert.deepEqual(taken(), partsOf(job));
  const scheduled = { status: "scheduled", scheduledFor: START + 30_001 } as const;
  const later = await createJob(store, sender, [1], scheduled);
  assert.deepEqual(taken(), partsOf(later, 31));
  const far = { ...scheduled, scheduledFor: START + (MAX_DELAY_S + 1) * 1_000 };
  await createJob(store, sender, [1], far);
  assert.deepEqual([taken(), notAnnounced], [[], 0], "the cron finds it at its time");

  const waiting = await createJob(store, sender, [1], { status: "ready to send" });
  assert.deepEqual(taken(), []);
  const { serviceId, id } = waiting;
  assert.equal(await store.start(serviceId, id, START), true);
  assert.deepEqual(taken(), partsOf(waiting));
  assert.equal(await store.start(serviceId, id, START), false);
  const entry = { chain: serviceId, actor: { kind: "system" }, subject: id } as const;
  await store.pause(serviceId, id, START, { ...entry, action: "job-paused" });
  assert.deepEqual(taken(), []);
  state.fails = true;
  assert.equal(await store.resume(serviceId, id, START, { ...entry, action: "job-resumed" }), true);
  assert.deepEqual([taken(), notAnnounced], [[], 1]);
});

Deno.test("createAnnounceUnfinished: announces what is due and not begun, but for channels that are held back", async () => {
  const [backend] = BACKENDS;
  assert(backend !== undefined);
  const { bench, sender, store, queue } = await open(backend);
  await using _ = bench;
  const now = START + LEASE_MS;
  const { announcer, put } = openAnnouncer(() => now);
  const job = await createJob(store, sender, [1, 1]);
  const rows = [newRow(sender.serviceId), newRow(sender.serviceId, "email")];
  const asked: Channel[] = [];
  await createAnnounceUnfinished({
    announcer,
    outbox: {
      listDue(_, channels, limit) {
        assert.equal(limit, MAX_ANNOUNCED_ROWS);
        asked.push(...channels);
        return Promise.resolve(rows.filter(({ channel }) => channels.includes(channel)));
      },
    },
    jobs: {
      async listDue(at, limit) {
        assert.equal(limit, MAX_ANNOUNCED_JOBS);
        return await queue.listDue(at, limit);
      },
    },
    clock: createClock(() => now),
    heldChannels: () => ["email"],
  })();
  assert.deepEqual(asked.toSorted(), ["diia", "inbox", "sms"]);
  assert.deepEqual(put.map(({ message }) => message), [
    ...sendMessages(
      sender.serviceId,
      "sms",
      rows.slice(0, 1).map(({ notificationId }) => notificationId),
    ),
    ...Array.from({ length: PARTS_AT_ONCE }, (_, part) => jobMessage(job, part)),
  ]);
});

Deno.test("announceMany: announces many notifications, and dispatches few, or when that fails", async () => {
  const serviceId = newServiceId();
  const run = async (count: number, isPut: boolean) => {
    let [dispatched, announced] = [0, 0];
    const dispatch = () => {
      dispatched++;
      return Promise.resolve();
    };
    const announceDue = (rows: readonly unknown[]) => {
      announced = rows.length;
      return Promise.resolve(isPut);
    };
    await announceMany(dispatch, { announceDue })(
      Array.from({ length: count }, () => newRow(serviceId)),
    );
    return { dispatched, announced };
  };
  assert.deepEqual(await run(MIN_QUEUED - 1, true), { dispatched: 1, announced: 0 });
  assert.deepEqual(await run(MIN_QUEUED, true), { dispatched: 0, announced: MIN_QUEUED });
  assert.deepEqual(await run(MIN_QUEUED, false), { dispatched: 1, announced: MIN_QUEUED });
});
