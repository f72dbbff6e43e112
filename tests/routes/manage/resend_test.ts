import assert from "node:assert/strict";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_messages.ts";
import {
  ADMIN_TOKEN,
  startTestApplication,
  type TestApplication,
} from "../../support/application.ts";
import {
  bodyOf,
  countOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../support.ts";
import { createOwnService } from "./own_service_support.ts";

const pathOf = (service: { readonly id: string }, id: string) =>
  `/manage/services/${service.id}/notifications/${id}/resend`;

/** Sends a message and waits until it has ended. @returns its id */
async function sendOne(
  hark: TestApplication,
  service: ServiceWithTemplates,
  path: string,
  body: unknown,
  kind: "live" | "team" | "test" = "live",
): Promise<string> {
  const { id } = await bodyOf(await hark.as(service.keys[kind], "POST", path, body), 201);
  await hark.settle();
  return id;
}

Deno.test("POST …/notifications/{id}/resend: sends the same content again, and names the first", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const cases = [
    [SMS, textTo(service, { reference: "r 1" })],
    [EMAIL, emailTo(service)],
  ] as const;
  for (const [path, body] of cases) {
    const id = await sendOne(hark, service, path, body);
    const template = path === SMS ? service.sms : service.email;
    const changed = await hark.manage(
      "PUT",
      `/manage/services/${service.id}/templates/${template}`,
      {
        body: "Something else",
      },
    );
    await bodyOf(changed, 200);
    const again = await bodyOf(await hark.manage("POST", pathOf(service, id)), 201);
    assert.notEqual(again.id, id);
    assert.deepEqual(
      [again.resent_from, again.template_version, again.status, again.key_kind],
      [id, 1, "created", "live"],
    );
    await hark.settle();
    const sent = await hark.sent();
    const [first, second] = [id, again.id].map((one) =>
      sent.find(({ notification_id }) => notification_id === one)
    );
    assert.ok(first && second);
    assert.deepEqual(
      [first.to, first.subject, first.text],
      [second.to, second.subject, second.text],
    );
    const stored = await bodyOf(
      await hark.as(service.keys.live, "GET", `/v2/notifications/${again.id}`),
      200,
    );
    assert.deepEqual(
      [stored.status, stored.reference, stored.resent_from, stored.author_id],
      ["delivered", "reference" in body ? body.reference : null, undefined, undefined],
    );
  }
  const { notifications } = await bodyOf(
    await hark.manage("GET", `/manage/services/${service.id}/notifications`),
    200,
  );
  assert.deepEqual(
    notifications.map(({ resent_from }: { resent_from: string | null }) => resent_from === null),
    [false, true, false, true],
  );
});

Deno.test("POST …/notifications/{id}/resend: 404 for an unknown message and one of another service", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [await newServiceWithTemplates(hark), await hark.newService()];
  const id = await sendOne(hark, service, SMS, textTo(service));
  for (const path of [pathOf(other, id), pathOf(service, NO_ID), pathOf(service, "x")]) {
    const { detail } = await bodyOf(await hark.manage("POST", path), 404, path);
    assert.equal(detail, "The service has no such notification");
  }
});

Deno.test("POST …/notifications/{id}/resend: 409 until the message has ended", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const { id } = await bodyOf(
    await hark.as(service.keys.live, "POST", SMS, textTo(service, { scheduled_for: later })),
    201,
  );
  const { detail } = await bodyOf(await hark.manage("POST", pathOf(service, id)), 409);
  assert.equal(detail, "The notification has not ended: its status is created");
  const cancel = `/manage/services/${service.id}/notifications/${id}/cancel`;
  await bodyOf(await hark.manage("POST", cancel), 200);
  const again = await bodyOf(await hark.manage("POST", pathOf(service, id)), 201);
  assert.equal(again.scheduled_for, null);
});

Deno.test("POST …/notifications/{id}/resend: 409 when the message may not be sent now", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const base = `/manage/services/${service.id}`;
  const text = await sendOne(hark, service, SMS, textTo(service));
  const mail = await sendOne(hark, service, EMAIL, emailTo(service));
  const suppression = { channel: "email", recipient: "ann@example.com", reason: "asked" };
  await bodyOf(await hark.manage("POST", `${base}/suppressions`, suppression), 201);
  const sent = await countOf(hark, "notifications");
  const refused = async (id: string) =>
    (await bodyOf(await hark.manage("POST", pathOf(service, id)), 409)).detail;
  assert.equal(await refused(mail), "Can’t send to this recipient: they opted out");
  await bodyOf(await hark.manage("DELETE", `${base}/templates/${service.sms}`), 204);
  assert.equal(await refused(text), "Template has been deleted");
  await bodyOf(await hark.manage("PATCH", base, { active: false }), 200);
  assert.equal(await refused(text), "The service is archived");
  assert.equal(await countOf(hark, "notifications"), sent);
});

Deno.test("POST …/notifications/{id}/resend: an idempotency key sends once, and another message needs another key", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const ids = [
    await sendOne(hark, service, SMS, textTo(service)),
    await sendOne(hark, service, SMS, textTo(service)),
  ];
  const resend = (id = "") =>
    hark.request(pathOf(service, id), {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "idempotency-key": "key" },
    });
  const first = await bodyOf(await resend(ids[0]), 201);
  await hark.settle();
  const second = await resend(ids[0]);
  assert.equal(second.headers.get("idempotent-replayed"), "true");
  assert.deepEqual(await bodyOf(second, 201), first);
  await bodyOf(await resend(ids[1]), 422);
  assert.equal(await countOf(hark, "notifications"), 3);
});

Deno.test("POST …/notifications/{id}/resend?dry_run=true: answers what it would, and writes nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 2 } });
  const id = await sendOne(hark, service, SMS, textTo(service));
  const dry = `${pathOf(service, id)}?dry_run=true`;
  const checked = await bodyOf(await hark.manage("POST", dry), 200);
  assert.equal(checked.resent_from, id);
  assert.equal(await countOf(hark, "notifications"), 1);
  const again = await bodyOf(await hark.manage("POST", pathOf(service, id)), 201);
  const facts = ({ id: _, created_at: __, ...rest }: Record<string, unknown>) => rest;
  assert.deepEqual(facts(again), facts(checked));
  const limited = await hark.manage("POST", dry);
  assert.ok(limited.headers.has("retry-after"));
  await bodyOf(limited, 429);
  await bodyOf(await hark.manage("POST", pathOf(service, id)), 429);
  await bodyOf(await hark.manage("POST", `${pathOf(service, id)}?dry_run=1`), 400);
  assert.equal(await countOf(hark, "notifications"), 2);
});

Deno.test("POST …/notifications/{id}/resend: a test key's message is simulated again, and counts to no limit", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 0 } });
  const id = await sendOne(hark, service, SMS, textTo(service), "test");
  await hark.settle();
  const again = await bodyOf(await hark.manage("POST", pathOf(service, id)), 201);
  assert.equal(again.key_kind, "test");
});

Deno.test("POST …/notifications/{id}/resend: a row of a list becomes a message of its own", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const jobs = `/manage/services/${service.id}/jobs?template_id=${service.sms}`;
  const job = await bodyOf(
    await hark.manage("POST", jobs, { rows: [["phone number", "name"], ["07900 900123", "Ann"]] }),
    201,
  );
  await hark.settle();
  const list = `/manage/services/${service.id}/notifications`;
  const [row] = (await bodyOf(await hark.manage("GET", list), 200)).notifications;
  await bodyOf(await hark.manage("POST", pathOf(service, row.id)), 201);
  await hark.settle();
  assert.equal((await hark.sent()).length, 2);
  const counted = await hark.db.read([{
    sql: "SELECT rows FROM job_counts WHERE rows > 0 AND job_id = unhex(?, '-')",
    args: [job.id],
  }]);
  assert.deepEqual(counted[0]?.rows.map(({ rows }) => rows), [1]);
});

Deno.test("POST …/notifications/{id}/resend: the number stays the same when the service's country has changed", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { international_sms: true });
  const id = await sendOne(hark, service, SMS, textTo(service));
  await bodyOf(
    await hark.manage("PATCH", `/manage/services/${service.id}`, { country: "UA" }),
    200,
  );
  const again = await bodyOf(await hark.manage("POST", pathOf(service, id)), 201);
  assert.equal(again.to, "+447700900123");
});

Deno.test("POST …/notifications/{id}/resend: 403 for Hark's own messages", async () => {
  await using hark = await startTestApplication();
  await createOwnService(hark);
  await bodyOf(await hark.manage("POST", pathOf({ id: OWN_SERVICE_ID }, NO_ID)), 403);
});
