import assert from "node:assert/strict";
import {
  type CallbackPassPorts,
  createCallbackPass,
  MAX_CALLS_OF_CALLBACK,
  MAX_PASS_MS,
  MAX_WAITING,
  PASS_SIZE,
} from "../../../application/callbacks/callback_pass.ts";
import {
  createCallbackWorker,
  MAX_CALLBACKS_AT_ONCE,
} from "../../../application/callbacks/callback_worker.ts";
import { HEALTHY } from "../../../domain/callbacks/callback_result.ts";
import { createClock } from "../../../adapters/clock.ts";
import type { ServiceEvent } from "../../../domain/events/service_event.ts";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import type { LeasedCallback, WaitingDelivery } from "../../../domain/ports/callback_outbox.ts";

const NOW = Date.UTC(2031, 4, 14);
const { signal } = new AbortController();
const serviceId = crypto.randomUUID() as ServiceId;

const LEASED: LeasedCallback = {
  serviceId,
  kind: "delivery",
  token: "t",
  secrets: { url: "https://a.example/", bearerToken: "0123456789", signingSecret: "whsec_AAAA" },
  health: HEALTHY,
  position: 0,
  replay: undefined,
};

function eventOf(sequence: number, subject = sequence): ServiceEvent {
  return {
    serviceId,
    sequence,
    type: "delivered",
    at: NOW,
    notificationId: `00000000-0000-4000-8000-${
      String(subject).padStart(12, "0")
    }` as NotificationId,
    keyKind: "live",
    status: "delivered",
    notification: undefined,
  };
}

function waitingOf(number: number, dueAt = NOW, subject = number): WaitingDelivery {
  const subjectId = eventOf(number, subject).notificationId;
  return { number, subjectId, dueAt, tries: 1, payload: undefined };
}

interface Stage {
  readonly waiting?: readonly WaitingDelivery[];
  readonly events?: readonly ServiceEvent[];
  readonly send?: CallbackPassPorts["send"];
  readonly monotonic?: () => number;
  readonly oldest?: number;
  readonly logged?: LogEntry[];
}

/** A pass over what waits and what is in the log. */
function passOf(
  { waiting = [], events = [], send, monotonic, oldest = 1, logged = [] }: Stage,
) {
  return createCallbackPass({
    clock: { now: () => NOW, random: () => 0, monotonic: monotonic ?? (() => 0) },
    outbox: { readWaiting: () => Promise.resolve(waiting) },
    events: {
      read: (_id, { after = 0, limit }) => {
        const page = events.filter(({ sequence }) => sequence > after).slice(0, limit);
        const next = page.at(-1)?.sequence ?? after;
        return Promise.resolve({ events: page, next, oldest, last: events.length });
      },
      readNumbered: (_id, numbers) => Promise.resolve(numbers.map((number) => eventOf(number))),
    },
    send: send ?? (() => Promise.resolve({ status: 200 })),
    log: (entry) => logged.push(entry),
  });
}

const eventsUpTo = (count: number) => Array.from({ length: count }, (_, n) => eventOf(n + 1));

Deno.test(`createCallbackPass: takes ${PASS_SIZE} deliveries, and has ${MAX_CALLS_OF_CALLBACK} calls in flight`, async () => {
  let inFlight = 0;
  let most = 0;
  const result = await passOf({
    events: eventsUpTo(PASS_SIZE + 1),
    async send() {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 0));
      inFlight--;
      return { status: 200 };
    },
  })(LEASED, signal);
  assert.deepEqual([result?.records.length, result?.position], [PASS_SIZE, PASS_SIZE]);
  assert.equal(most, MAX_CALLS_OF_CALLBACK);
});

Deno.test(`createCallbackPass: takes no further event while ${MAX_WAITING} deliveries wait`, async () => {
  const waitingFor = (count: number) =>
    Array.from({ length: count }, (_, n) => waitingOf(n + 1, NOW + 1));
  const events = eventsUpTo(MAX_WAITING + 1);
  const at = { ...LEASED, position: MAX_WAITING };
  assert.equal(await passOf({ events, waiting: waitingFor(MAX_WAITING) })(at, signal), undefined);
  const result = await passOf({ events, waiting: waitingFor(MAX_WAITING - 1) })(at, signal);
  assert.equal(result?.records.length, 1);
});

Deno.test("createCallbackPass: starts no call after its time, and keeps what it has not sent", async () => {
  let now = 0;
  const result = await passOf({
    events: eventsUpTo(20),
    monotonic: () => now,
    send: () => {
      now = MAX_PASS_MS;
      return Promise.resolve({ status: 200 });
    },
  })(LEASED, signal);
  const states = result?.records.map(({ state }) => state) ?? [];
  assert.equal(states.length, 20);
  const done = states.filter((state) => state === "done").length;
  assert.ok(done >= 1 && done <= MAX_CALLS_OF_CALLBACK, `${done}`);
  assert.ok(result?.records.every(({ state, dueAt }) => state === "done" || dueAt === NOW));
});

Deno.test("createCallbackPass: a call that an invocation could not make stays due, is no try, and says nothing of the endpoint", async () => {
  const result = await passOf({
    events: [eventOf(1), eventOf(2, 1)],
    send: () => Promise.resolve({ failure: "not-called" }),
  })(LEASED, signal);
  const facts = result?.records.map((
    { number, state, tries, dueAt },
  ) => [number, state, tries, dueAt]);
  assert.deepEqual(facts, [[1, "waiting", 0, NOW], [2, "waiting", 0, NOW]]);
  assert.deepEqual(result?.health, HEALTHY);
});

Deno.test("createCallbackPass: sends the events of one notification one by one, and holds back those after a failure", async () => {
  const order: number[] = [];
  const result = await passOf({
    events: [eventOf(1, 7), eventOf(2, 7), eventOf(3, 8), eventOf(4, 7)],
    send: (_secrets, { number = 0 }) => {
      order.push(number);
      return Promise.resolve({ status: number === 2 ? 500 : 200 });
    },
  })(LEASED, signal);
  assert.deepEqual(order.filter((number) => number !== 3), [1, 2]);
  const states = Object.fromEntries(
    result?.records.map(({ number, state }) => [number, state]) ?? [],
  );
  assert.deepEqual(states, { 1: "done", 2: "waiting", 3: "done", 4: "waiting" });
});

Deno.test("createCallbackPass: sends nothing of a notification before what waits of it", async () => {
  const sent: number[] = [];
  const result = await passOf({
    waiting: [waitingOf(1, NOW + 9, 7)],
    events: [eventOf(2, 7), eventOf(3)],
    send: (_secrets, { number = 0 }) => {
      sent.push(number);
      return Promise.resolve({ status: 200 });
    },
  })({ ...LEASED, position: 1 }, signal);
  assert.deepEqual(sent, [3]);
  const held = result?.records.find(({ number }) => number === 2);
  assert.deepEqual([held?.state, held?.dueAt, held?.tries], ["waiting", NOW + 9, 0]);
});

Deno.test("createCallbackPass: logs how many events were deleted before they could be sent", async () => {
  const logged: LogEntry[] = [];
  const result = await passOf({ events: [eventOf(8)], oldest: 8, logged })(LEASED, signal);
  assert.equal(result?.records.length, 1);
  assert.deepEqual(logged, [
    { event: "callback-events-deleted", service_id: serviceId, kind: "delivery", count: 7 },
  ]);
});

Deno.test("createCallbackPass: probes an endpoint that fails with one delivery", async () => {
  const health = { failures: 9, pausedUntil: NOW };
  const result = await passOf({ events: eventsUpTo(9) })({ ...LEASED, health }, signal);
  assert.deepEqual([result?.records.length, result?.hasRecovered], [1, true]);
});

Deno.test(`createCallbackWorker: serves ${MAX_CALLBACKS_AT_ONCE} callbacks at once`, async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  const limits: number[] = [];
  const worker = createCallbackWorker({
    clock: createClock(() => NOW),
    log: () => {},
    runPass: () => held,
    outbox: {
      lookEveryMs: 0,
      hasDue: () => Promise.resolve(true),
      claim: (_now, _until, limit) => {
        limits.push(limit);
        return Promise.resolve(Array.from({ length: Math.min(limit, 30) }, () => LEASED));
      },
      readWaiting: () => Promise.resolve([]),
      record: () => Promise.resolve(true),
      renewLeases: () => Promise.resolve(),
    },
  });
  while (await worker.start(signal));
  assert.deepEqual(limits, [MAX_CALLBACKS_AT_ONCE, MAX_CALLBACKS_AT_ONCE - 30]);
  release(undefined);
  while (worker.isServing()) await worker.freed();
});
