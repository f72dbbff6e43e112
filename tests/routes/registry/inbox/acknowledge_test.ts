import assert from "node:assert/strict";
import { createClock } from "../../../../adapters/clock.ts";
import { ACKNOWLEDGE_STEP } from "../../../../routes/registry/inbox/app.ts";
import { startTestApplication } from "../../../support/application.ts";
import { bodyOf, NO_ID } from "../../support.ts";
import { ACK_ALL, ackOf, assertProblem, COUNT, INBOX } from "./support.ts";
import { test } from "../../../support/runner.ts";

Deno.test("POST /api/notifications/inbox/{id}/ack: marks a message once and answers with an empty body", async () => {
  await using hark = await startTestApplication({ registry: true });
  const id = await hark.putMessage("citizen-1");
  const citizen = hark.citizen("citizen-1");
  for (const spelt of [id, id, id.toUpperCase(), id.replaceAll("-", "")]) {
    const response = await citizen("POST", ackOf(spelt));
    assert.deepEqual([response.status, await response.text()], [200, ""]);
    assert.equal(response.headers.get("cache-control"), "no-store");
  }
  const [message] = await bodyOf(await citizen("GET", INBOX), 200);
  assert.equal(message.isAcknowledged, true);
  assert.deepEqual(await bodyOf(await citizen("GET", COUNT), 200), { total: 1, unread: 0 });
});

Deno.test("POST /api/notifications/inbox/{id}/ack: 403 for another person's message, 404 for an unknown one, 400 for an invalid id", async () => {
  await using hark = await startTestApplication({ registry: true });
  const id = await hark.putMessage("citizen-1");
  const other = hark.citizen("citizen-2");
  await assertProblem(await other("POST", ackOf(id)), "403 FORBIDDEN");
  await assertProblem(await other("POST", ackOf(NO_ID)), "404 NOT_FOUND");
  for (const bad of ["1", "ack", `${id}0`, "%00", "'--", "%F0%9F%93%AC"]) {
    const { details } = await assertProblem(
      await other("POST", ackOf(bad)),
      "400 BAD_REQUEST",
      bad,
    );
    assert.deepEqual(details, {
      errors: [{ field: "id", message: "must be the id of a message, a UUID" }],
    });
  }
  const [message] = await bodyOf(await hark.citizen("citizen-1")("GET", INBOX), 200);
  assert.equal(message.isAcknowledged, false);
});

test.inside("POST /api/notifications/inbox/ack-all: marks all messages of the caller, in several writes", async () => {
  await using hark = await startTestApplication({ registry: true });
  const { registry } = hark;
  if (registry === undefined) throw new Error("the registry API is off");
  const { serviceId, inboxes } = registry;
  await hark.putMessage("citizen-2");
  const { newNotificationId } = createClock();
  const total = ACKNOWLEDGE_STEP + 1;
  await inboxes.putAll(Array.from({ length: total }, () => ({
    inbox: { serviceId, recipientId: "citizen-1" },
    message: {
      id: newNotificationId(),
      subject: "Many",
      body: "Many",
      localised: {},
    },
  })));
  const citizen = hark.citizen("citizen-1");
  assert.deepEqual(await bodyOf(await citizen("POST", ACK_ALL), 200), { acknowledged: total });
  assert.deepEqual(await bodyOf(await citizen("POST", ACK_ALL), 200), { acknowledged: 0 });
  assert.deepEqual(await bodyOf(await citizen("GET", COUNT), 200), { total, unread: 0 });
  assert.deepEqual(
    await bodyOf(await hark.citizen("citizen-2")("GET", COUNT), 200),
    { total: 1, unread: 1 },
  );
});

test.inside("POST /api/notifications/inbox/ack-all: does not mark messages that arrive meanwhile", async () => {
  await using hark = await startTestApplication({ registry: true });
  const { registry } = hark;
  if (registry === undefined) throw new Error("the registry API is off");
  const { inboxes } = registry;
  await hark.putMessage("citizen-1");
  const acknowledgeAll = inboxes.acknowledgeAll.bind(inboxes);
  Object.assign(inboxes, {
    acknowledgeAll: async (...args: Parameters<typeof acknowledgeAll>) => {
      await hark.putMessage("citizen-1");
      return await acknowledgeAll(...args);
    },
  });
  const citizen = hark.citizen("citizen-1");
  assert.deepEqual(await bodyOf(await citizen("POST", ACK_ALL), 200), { acknowledged: 1 });
  assert.deepEqual(await bodyOf(await citizen("GET", COUNT), 200), { total: 2, unread: 1 });
});
