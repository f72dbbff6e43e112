/** Every operation of `/manage` that changes something leaves one entry in the audit log, in the batch of the change. */
import assert from "node:assert/strict";
import { ADMIN_TOKEN, type TestApplication } from "../../support/application.ts";
import { startWatched, type Watched } from "../audited_changes.ts";
import {
  bodyOf,
  callAt,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  SECOND,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../support.ts";
import { newReadyService } from "../go_live_support.ts";
import { MESSAGE_CHANGES } from "./audited_message_changes.ts";
import {
  type Change,
  type Ids,
  SERVICE,
  SERVICE_CHANGES,
  type Values,
} from "./audited_service_changes.ts";
import { TEMPLATE_CHANGES } from "./audited_template_changes.ts";
import { readOperations } from "./operations.ts";
import { newMember, newUser } from "./team_support.ts";
import { test } from "../../support/runner.ts";

/** Sends a message, which is its own record: it names the message that it repeats. */
const RESEND = "POST /manage/services/{service_id}/notifications/{notification_id}/resend";

const CHANGES = [...SERVICE_CHANGES, ...TEMPLATE_CHANGES, ...MESSAGE_CHANGES];
const [ANN, BOB] = ["ann@example.com", "bob@example.com"];

/** Operations with another method than `GET` that only read. */
const READS: ReadonlySet<string> = new Set([
  `POST ${SERVICE}/notifications/search`,
  `POST ${SERVICE}/suppressions/search`,
  `POST ${SERVICE}/conversations/search`,
]);

/** An application with a service that has members, a delivered, a waiting and two failed messages. */
async function start(): Promise<Watched & { readonly ids: Ids }> {
  const clock = movableClock();
  const watched = await startWatched({ clock });
  const { hark } = watched;
  const service = await newServiceWithTemplates(hark);
  const send = (fields: Values) => sendText(hark, clock, service, fields);
  const soon = new Date(clock.now() + 60 * SECOND).toISOString();
  const later = new Date(clock.now() + 3_600 * SECOND).toISOString();
  const setActive = async (active: boolean) =>
    await bodyOf(await hark.manage("PATCH", `/manage/services/${service.id}`, { active }), 200);
  const failed = [await send({ scheduled_for: soon }), await send({ scheduled_for: soon })];
  // A message of an archived service ends as a technical failure.
  await setActive(false);
  clock.advance(60 * SECOND);
  await hark.settle();
  await setActive(true);
  const delivered = await send({});
  await hark.settle();
  return {
    ...watched,
    ids: {
      service_id: service.id,
      sms: service.sms,
      new_id: crypto.randomUUID(),
      ready_id: (await newReadyService(hark, clock)).id,
      kind: "delivery",
      name: "sandbox",
      failed_id: failed[0] ?? "",
      dropped_id: failed[1] ?? "",
      delivered_id: delivered,
      notification_id: await send({ scheduled_for: later }),
      manager_id: await newMember(hark, service.id, ANN, ["manage"]),
      user_id: await newMember(hark, service.id, BOB, ["send"]),
    },
  };
}

async function sendText(
  hark: TestApplication,
  clock: ReturnType<typeof movableClock>,
  service: ServiceWithTemplates,
  fields: Values,
): Promise<string> {
  const body = textTo(service, fields);
  return (await bodyOf(await callAt(hark, clock, service.keys.live, "POST", SMS, body), 201)).id;
}

async function call(hark: TestApplication, token: string, change: Change, ids: Ids) {
  const [method = "", path = ""] = change.operation.split(" ");
  const own = Object.fromEntries(
    Object.entries(change.ids ?? {}).map(([name, id]) => [name, ids[id] ?? id]),
  );
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => own[name] ?? ids[name] ?? "");
  const body = typeof change.body === "function" ? change.body(ids) : change.body;
  return await hark.request(address + (change.query?.(ids) ?? ""), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(typeof body === "string"
        ? { "content-type": "text/csv" }
        : body === undefined
        ? {}
        : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

for (const actor of ["admin-token", "management-token"]) {
  test.inside(`/manage: each change by the ${actor} has one entry in its batch, and a refused one has none`, async () => {
    await using watched = await start();
    const { hark } = watched;
    const ids = { ...watched.ids };
    const token = actor === "admin-token"
      ? ADMIN_TOKEN
      : (await bodyOf(await hark.manage("POST", "/manage/tokens", { name: "T" }), 201)).token;
    await watched.takeEntries();
    for (const [index, change] of CHANGES.entries()) {
      const label = `${index}: ${change.operation}`;
      const answer = await bodyOf(await call(hark, token, change, ids), change.status, label);
      if (change.keep !== undefined && answer?.id !== undefined) ids[change.keep] = answer.id;
      if (change.action === undefined) {
        assert.deepEqual(await watched.takeEntries(), [], label);
      } else await watched.assertOneEntry(actor, change.action, label);
    }
    const { entries } = await bodyOf(await hark.manage("GET", "/manage/audit"), 200);
    assert.ok(!JSON.stringify(entries).includes("Ann asked"));
  });
}

test.inside("/manage: the table of audited changes has each operation that changes something", async () => {
  await using watched = await startWatched();
  const listed = new Set(CHANGES.map(({ operation }) => operation));
  const missing = (await readOperations(watched.hark))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((operation) =>
      !operation.startsWith("GET ") && !READS.has(operation) && operation !== RESEND
    )
    .filter((operation) => !listed.has(operation));
  assert.deepEqual(missing, [], "operations without a row in CHANGES");
});

test.inside("/manage: a change that is refused for an unknown service or a read-only token has no entry", async () => {
  await using watched = await start();
  const { hark, ids } = watched;
  const readOnly = await bodyOf(
    await hark.manage("POST", "/manage/tokens", { name: "T", read_only: true }),
    201,
  );
  await newUser(hark, "di@example.com");
  await watched.takeEntries();
  for (const change of CHANGES) {
    const label = change.operation;
    await bodyOf(await call(hark, readOnly.token, change, ids), 403, label);
    if (label.includes("{service_id}")) {
      const stranger = { ...change, ids: { ...change.ids, service_id: NO_ID } };
      const answer = await call(hark, ADMIN_TOKEN, stranger, { ...ids, service_id: NO_ID });
      await answer.body?.cancel();
      assert.ok([400, 404].includes(answer.status), label);
    }
    assert.deepEqual(await watched.takeEntries(), [], label);
  }
});
