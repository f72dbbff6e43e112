import assert from "node:assert/strict";
import { createDeadMessageStore } from "../../../adapters/libsql/queues/dead_messages.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf } from "../support.ts";

const AT = Date.UTC(2026, 10, 30, 8, 41);

Deno.test(
  "GET /manage/queues/dead: lists the messages that died, the newest first, and counts them",
  async () => {
    await using hark = await startTestApplication();
    const ask = async () => await bodyOf(await hark.manage("GET", "/manage/queues/dead"), 200);
    assert.deepEqual(await ask(), { dead_messages: [], count: 0 });
    const { id } = await hark.newService();
    const store = createDeadMessageStore(hark.db);
    const job = {
      id: "one",
      kind: "job",
      serviceId: id as ServiceId,
      channel: "email",
      ids: 1,
    } as const;
    await store.record([{ ...job, reason: "retries" }], AT);
    await store.record([{ id: "two", kind: "unknown", ids: 0, reason: "old-version" }], AT + 1);
    assert.deepEqual(await ask(), {
      dead_messages: [
        {
          id: "two",
          kind: "unknown",
          service_id: null,
          channel: null,
          ids: 0,
          reason: "old-version",
          died_at: "2026-11-30T08:41:00.001Z",
        },
        {
          id: "one",
          kind: "job",
          service_id: id,
          channel: "email",
          ids: 1,
          reason: "retries",
          died_at: "2026-11-30T08:41:00.000Z",
        },
      ],
      count: 2,
    });
  },
);

Deno.test("GET /manage/queues/dead: answers 401 without the operator's token, and 400 to a query", async () => {
  await using hark = await startTestApplication();
  assert.equal((await hark.request("/manage/queues/dead")).status, 401);
  await bodyOf(await hark.manage("GET", "/manage/queues/dead?channel=sms"), 400);
});
