import assert from "node:assert/strict";
import { createQueueRoutes, MAX_QUEUES_SHOWN } from "../../../routes/manage/queues.ts";
import type { Queue } from "../../../domain/ports/queue_store.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { startTestApplication } from "../../support/application.ts";
import {
  bodyOf,
  callAt,
  EMAIL,
  emailTo,
  movableClock,
  newServiceWithTemplates,
  SECOND,
  SMS,
  textTo,
} from "../support.ts";
import { test } from "../../support/runner.ts";

Deno.test("GET /manage/queues: shows what waits, the longest first, and filters by channel and service", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const [one, two] = [await newServiceWithTemplates(hark), await newServiceWithTemplates(hark)];
  // What is due waits: other runners' servers send by themselves.
  await bodyOf(await hark.manage("PUT", "/manage/providers/sandbox", { paused: true }), 200);
  const at = (seconds: number) => new Date(clock.now() + seconds * SECOND).toISOString();
  const send = async (key: string, path: string, body: unknown) =>
    await bodyOf(await callAt(hark, clock, key, "POST", path, body), 201);
  await send(one.keys.live, SMS, textTo(one, { scheduled_for: at(120) }));
  await send(one.keys.live, SMS, textTo(one, { scheduled_for: at(9_000) }));
  await send(two.keys.live, EMAIL, emailTo(two, { scheduled_for: at(60) }));
  const ask = async (search = "") =>
    await bodyOf(await hark.manage("GET", `/manage/queues${search}`), 200);
  clock.advance(180 * SECOND);
  const email = {
    channel: "email",
    service_id: two.id,
    stage: "to-send",
    provider: null,
    due: 1,
    leased: 0,
    waiting: 0,
    oldest_due_at: "2031-05-14T12:01:00.000Z",
    oldest_due_s: 120,
  };
  const sms = {
    ...email,
    channel: "sms",
    service_id: one.id,
    waiting: 1,
    oldest_due_at: "2031-05-14T12:02:00.000Z",
    oldest_due_s: 60,
  };
  assert.deepEqual(await ask(), { queues: [email, sms], complete: true });
  assert.deepEqual(await ask("?channel=sms"), { queues: [sms], complete: true });
  assert.deepEqual(await ask(`?service_id=${two.id}`), { queues: [email], complete: true });
  assert.deepEqual(await ask(`?channel=diia`), { queues: [], complete: true });
});

Deno.test("GET /manage/queues: answers 401 without the operator's token, and 400 to a query that is not valid", async () => {
  await using hark = await startTestApplication();
  assert.equal((await hark.request("/manage/queues")).status, 401);
  for (const search of ["?channel=letter", "?service_id=x", "?provider=post"]) {
    await bodyOf(await hark.manage("GET", `/manage/queues${search}`), 400, search);
  }
});

for (
  const [count, complete] of [[MAX_QUEUES_SHOWN, true], [MAX_QUEUES_SHOWN + 1, false]] as const
) {
  test.inside(`GET /manage/queues: shows ${MAX_QUEUES_SHOWN} queues of ${count}`, async () => {
    const queues = Array.from({ length: count }, (_, at): Queue => ({
      channel: "sms",
      serviceId: String(at) as ServiceId,
      stage: "to-send",
      provider: null,
      due: 1,
      leased: 0,
      waiting: 0,
      oldestDueAt: at,
    }));
    const app = createQueueRoutes({
      clock: movableClock(),
      queues: {
        read: () => Promise.resolve({ queues, isComplete: true }),
        oldestDue: () => Promise.resolve(new Map()),
      },
    });
    const body = await bodyOf(await app.request("/"), 200);
    assert.deepEqual([body.queues.length, body.complete], [MAX_QUEUES_SHOWN, complete]);
  });
}
