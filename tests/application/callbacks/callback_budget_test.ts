import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import {
  createInvocation,
  perInvocation,
  runInvocation,
} from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../adapters/invocation/plans.ts";
import { createCallbackPass, PASS_SIZE } from "../../../application/callbacks/callback_pass.ts";
import {
  CALLS_A_CALLBACK,
  createCallbackWorker,
  sendDueCallbacks,
} from "../../../application/callbacks/callback_worker.ts";
import { UNLIMITED } from "../../../application/work_budget.ts";
import { HEALTHY } from "../../../domain/callbacks/callback_result.ts";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type {
  CallbackOutbox,
  DeliveryRecord,
  LeasedCallback,
} from "../../../domain/ports/callback_outbox.ts";

const { signal } = new AbortController();
const NOW = Date.UTC(2031, 4, 14);

function newCallback(): LeasedCallback {
  return {
    serviceId: crypto.randomUUID() as ServiceId,
    kind: "delivery",
    token: "t",
    secrets: { url: "https://a.example/", bearerToken: "0123456789", signingSecret: "whsec_AAAA" },
    health: HEALTHY,
    position: 0,
    replay: undefined,
  };
}

/** An outbox with callbacks that are due once each. `count` is called for each call of the database. */
function outboxOf(due: LeasedCallback[], count: () => void = () => {}) {
  const records: DeliveryRecord[] = [];
  const counted = <T>(value: T) => {
    count();
    return Promise.resolve(value);
  };
  const outbox: CallbackOutbox = {
    lookEveryMs: 0,
    hasDue: () => counted(due.length > 0),
    claim: (_now, _until, limit) => counted(due.splice(0, limit)),
    readWaiting: () => counted([]),
    record(_callback, result) {
      records.push(...result.records);
      return counted(true);
    },
    renewLeases: () => Promise.resolve(),
  };
  return { outbox, records };
}

Deno.test("createCallbackWorker: an invocation waits for none of the callbacks of one that was ended", async () => {
  const { outbox } = outboxOf([newCallback()]);
  const worker = createCallbackWorker({
    clock: createClock(() => NOW),
    log: () => {},
    outbox,
    runPass: () => new Promise(() => {}),
    perInvocation,
  });
  const inInvocation = <T>(work: () => T): T =>
    runInvocation(createInvocation("event", PLAN_LIMITS.paid), work);
  await inInvocation(() => worker.start(signal));
  await inInvocation(() => sendDueCallbacks(worker, signal));
  assert.equal(inInvocation(() => worker.isServing()), false);
});

for (const [callbacks, calls] of [[1, 15], [1, 40], [5, 40], [40, 400]] as const) {
  Deno.test(`createCallbackWorker: makes and records calls of ${callbacks} callbacks within ${calls} calls`, async () => {
    let left: number = calls;
    let posted = 0;
    const count = () => void left--;
    const due = Array.from({ length: callbacks }, newCallback);
    const { outbox, records } = outboxOf(due, count);
    const clock = createClock(() => NOW);
    const runPass = createCallbackPass({
      clock,
      outbox,
      events: {
        read(serviceId, { after = 0, limit }) {
          count();
          const length = Math.min(limit, PASS_SIZE - after);
          const events = Array.from({ length }, (_, n) => ({
            serviceId,
            sequence: after + n + 1,
            type: "delivered" as const,
            at: NOW,
            notificationId: crypto.randomUUID() as NotificationId,
            keyKind: "live" as const,
            status: "delivered" as const,
            notification: undefined,
          }));
          return Promise.resolve({ events, next: after + length, oldest: 1, last: PASS_SIZE });
        },
        readNumbered: () => Promise.resolve([]),
      },
      async send() {
        // The signature is made before the call is counted.
        await new Promise((resolve) => setTimeout(resolve, 0));
        count();
        posted++;
        return { status: 204 };
      },
      log: () => {},
    });
    const budget = { ...UNLIMITED, callsLeft: () => left };
    const worker = createCallbackWorker({ clock, log: () => {}, outbox, runPass, budget });
    await sendDueCallbacks(worker, signal, () => left >= CALLS_A_CALLBACK);
    assert.ok(left >= 0, `${-left} calls too many`);
    assert.ok(posted > 0);
    assert.equal(records.filter(({ dueAt }) => dueAt === undefined).length, posted);
  });
}
