import assert from "node:assert/strict";
import { MAX_CONTEXT_LENGTH } from "../../../domain/notification/process_context.ts";
import { bodyOf } from "../support.ts";
import { ROLE, SEND, type TestRegistry } from "./support.ts";
import { startWithTemplates } from "./send_support.ts";

const CONTEXT = {
  system: "Low-code Platform",
  application: "bpms",
  businessProcess: "add-lab",
  businessProcessDefinitionId: "add-lab:3:8d1c",
  businessProcessInstanceId: "3f1c0c5e-7d53-11ee-a7a1-0a58a9feac02",
  businessActivity: "Activity_1gs0dhj",
  businessActivityInstanceId: "Activity_1gs0dhj:4f2b",
};
const MESSAGE = {
  notification: { templateName: "hello", ignoreChannelPreferences: true },
  recipients: [{
    id: "olena",
    parameters: { name: "Олена" },
    channels: [{ channel: "inbox" }, { channel: "email", email: "olena@example.com" }],
  }],
};

const listOf = async (hark: TestRegistry, query: Readonly<Record<string, string>>) => {
  const path = `/manage/services/${hark.registryServiceId}/notifications`;
  const answer = await hark.manage("GET", `${path}?${new URLSearchParams(query)}`);
  return (await bodyOf(answer, 200)).notifications.map(({ id }: { id: string }) => id);
};

const timelineOf = async (hark: TestRegistry, id: string) => {
  const path = `/manage/services/${hark.registryServiceId}/notifications/${id}/timeline`;
  return await bodyOf(await hark.manage("GET", path), 200);
};

Deno.test("POST /api/notifications: a message's context is in the timeline of each of its notifications", async () => {
  await using hark = await startWithTemplates();
  const { notifications } = await hark.send({ context: { ...CONTEXT, other: "x" }, ...MESSAGE });
  await hark.settle();
  assert.equal(notifications.length, 2);
  for (const { id } of notifications) {
    const { notification_id, context, realm, events } = await timelineOf(hark, id);
    assert.deepEqual([notification_id, context, realm], [id, CONTEXT, undefined]);
    assert.equal(events[0].kind, "accepted");
  }
});

Deno.test("POST /api/notifications: null, empty and absent fields of a context are none", async () => {
  await using hark = await startWithTemplates();
  const contexts = [
    [undefined, undefined],
    [null, undefined],
    [{}, undefined],
    [{ system: null, application: "" }, undefined],
    [{ system: "s", application: "" }, { system: "s" }],
  ] as const;
  for (const [context, expected] of contexts) {
    const { notifications } = await hark.send({ ...MESSAGE, context });
    assert.deepEqual((await timelineOf(hark, notifications[0].id)).context, expected);
  }
});

Deno.test("GET …/notifications?process_instance=: finds what a process instance sent, newest first", async () => {
  await using hark = await startWithTemplates();
  const instance = CONTEXT.businessProcessInstanceId;
  const first = await hark.send({ context: CONTEXT, ...MESSAGE });
  await hark.send({ context: { businessProcessInstanceId: `${instance}0` }, ...MESSAGE });
  await hark.send({ context: { businessProcess: instance }, ...MESSAGE });
  await hark.send(MESSAGE);
  const second = await hark.send({ context: { businessProcessInstanceId: instance }, ...MESSAGE });
  await hark.settle();
  const ids = [...first.notifications, ...second.notifications]
    .map(({ id }: { id: string }) => id).toReversed();
  assert.deepEqual(await listOf(hark, { process_instance: instance }), ids);
  assert.deepEqual(
    await listOf(hark, { process_instance: instance, older_than: ids[1] ?? "" }),
    ids.slice(2),
  );
  assert.deepEqual(await listOf(hark, { process_instance: instance, reference: "r" }), []);
  for (const other of ["unknown", instance.toUpperCase(), ` ${instance}`, "'", "%"]) {
    assert.deepEqual(await listOf(hark, { process_instance: other }), [], other);
  }
  // A sender sees what was sent by keys of its own kind, by the same name; no other service sees any.
  const live = await hark.newKey();
  const v2 = "/v2/notifications";
  const query = new URLSearchParams({ process_instance: instance, template_type: "email" });
  const own = await bodyOf(await hark.as(live, "GET", `${v2}?${query}`), 200);
  const channelOf = new Map(
    [...first.notifications, ...second.notifications].map(({ id, channel }) => [id, channel]),
  );
  assert.deepEqual(
    own.notifications.map(({ id }: { id: string }) => id),
    ids.filter((id) => channelOf.get(id) === "email"),
  );
  assert.match(own.links.current, /process_instance=/);
  const other = await hark.newService();
  for (const key of [other.keys.live, await hark.newKey("test")]) {
    const none = await bodyOf(await hark.as(key, "GET", `${v2}?process_instance=${instance}`), 200);
    assert.deepEqual(none.notifications, []);
  }
});

Deno.test("POST /api/notifications: a context is bounded in all its fields together, and refused beyond", async () => {
  await using hark = await startWithTemplates();
  const half = MAX_CONTEXT_LENGTH / 2;
  const context = { system: "s".repeat(half), businessProcessInstanceId: "i".repeat(half) };
  await hark.send({ ...MESSAGE, context });
  const tooLong = { ...context, application: "a" };
  const before = (await listOf(hark, {})).length;
  const answer = await hark.admin("POST", SEND, { ...MESSAGE, context: tooLong });
  const { details } = await bodyOf(answer, 400);
  assert.equal(details.errors[0].field, "context");
  assert.match(details.errors[0].message, /at most 2000 characters in all/);
  for (const wrong of ["text", [], { system: 7 }, { businessProcessInstanceId: {} }]) {
    await bodyOf(await hark.admin("POST", SEND, { ...MESSAGE, context: wrong }), 400);
  }
  assert.equal((await listOf(hark, {})).length, before);
});

Deno.test("context: no field of it stands in the database or the log in clear", async () => {
  await using hark = await startWithTemplates();
  await hark.send({ context: CONTEXT, ...MESSAGE });
  await hark.settle();
  const [result] = await hark.db.read(["SELECT * FROM notifications"]);
  const stored = JSON.stringify(
    result?.rows.map((row) =>
      Object.values(row).map((value) =>
        value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value
      )
    ),
  );
  const logged = JSON.stringify(await hark.log());
  for (const value of Object.values(CONTEXT).slice(2)) {
    assert.ok(!stored.includes(value), value);
    assert.ok(!logged.includes(value), value);
  }
});

Deno.test("GET …/timeline: is shown without a context when the notification cannot be decrypted", async () => {
  await using hark = await startWithTemplates();
  const { notifications } = await hark.send({ context: CONTEXT, ...MESSAGE });
  await hark.settle();
  await hark.db.write(["UPDATE notifications SET sealed = zeroblob(64)"]);
  const { context, events } = await timelineOf(hark, notifications[0].id);
  assert.equal(context, undefined);
  assert.ok(events.length > 1);
  // The role of a sender gives no access to /manage.
  const path = `/manage/services/${hark.registryServiceId}/notifications`;
  const sender = hark.citizen("bpms", { roles: [ROLE] });
  assert.equal((await sender("GET", path)).status, 401);
});
