import assert from "node:assert/strict";
import { MAX_LISTED } from "../../../routes/manage/schemas.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, EMAIL, emailTo, newServiceWithTemplates, NO_ID, SMS, textTo } from "../support.ts";

const SERVICES = "/manage/services";
const idsOf = (notifications: readonly { id: string }[]) => notifications.map(({ id }) => id);

Deno.test("PUT …/guests: keeps at most five of each, as typed", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [await hark.newService(), await hark.newService({ country: "UA" })];
  const path = `${SERVICES}/${service.id}/guests`;
  const incomplete = await hark.manage("PUT", path, { phone_numbers: [] });
  assert.deepEqual((await bodyOf(incomplete, 400)).errors, [
    { field: "email_addresses", message: "is missing" },
  ]);
  const none = { email_addresses: [], phone_numbers: [] };
  assert.deepEqual(await bodyOf(await hark.manage("GET", path), 200), none);
  const most = {
    email_addresses: ["A@example.com", "b@example.com", "c@d.co.uk", "d'e@f.com", "g+h@i.com"],
    phone_numbers: [
      "07700 900123",
      "+447700900124",
      "+33612345678",
      "020 7946 0958",
      "447797123456",
    ],
  };
  for (const guests of [most, { ...most, phone_numbers: [] }, none]) {
    assert.deepEqual(await bodyOf(await hark.manage("PUT", path, guests), 200), guests);
    assert.deepEqual(await bodyOf(await hark.manage("GET", path), 200), guests);
  }
  const local = { email_addresses: [], phone_numbers: ["067 123 45 67"] };
  await bodyOf(await hark.manage("PUT", `${SERVICES}/${other.id}/guests`, local), 200);

  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ["email_addresses", "phone_numbers"]],
    [{ email_addresses: {}, phone_numbers: null }, [
      "email_addresses",
      "phone_numbers",
    ]],
    [{ ...none, email_addresses: ["nobody", "a@example.com", "", 7] }, [
      "email_addresses.0",
      "email_addresses.2",
      "email_addresses.3",
    ]],
    [{ ...none, phone_numbers: ["1", "067 123 45 67", "07700900123"] }, [
      "phone_numbers.0",
      "phone_numbers.1",
    ]],
    [{ ...none, email_addresses: Array(6).fill("a@example.com") }, ["email_addresses"]],
    [{ ...none, phone_numbers: Array(6).fill("07700900123") }, ["phone_numbers"]],
    [{ ...none, names: [] }, ["names"]],
  ];
  for (const [body, fields] of cases) {
    const answer = await hark.manage("PUT", path, body);
    const text = JSON.stringify(body);
    const { errors } = await bodyOf(answer, 400, text);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), fields, text);
  }
  assert.deepEqual(await bodyOf(await hark.manage("GET", path), 200), none);
});

Deno.test("GET …/notifications: lists notifications of every kind of key, without content", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const text = await bodyOf(
    await hark.as(service.keys.test, "POST", SMS, textTo(service, { reference: "r 1" })),
    201,
  );
  const mail = await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, emailTo(service)), 201);
  await hark.settle();
  const path = `${SERVICES}/${service.id}/notifications`;
  const answer = await hark.manage("GET", path);
  const body = await answer.text();
  assert.ok(!body.includes("Hi Ann") && !body.includes("Your card"));
  const { notifications, links } = JSON.parse(body);
  assert.deepEqual(links, {});
  assert.deepEqual(idsOf(notifications), [mail.id, text.id]);
  const [, shown] = notifications;
  assert.deepEqual(shown, {
    id: text.id,
    channel: "sms",
    key_kind: "test",
    status: "delivered",
    reference: "r 1",
    to: "07700900123",
    resent_from: null,
    template_id: service.sms,
    template_version: 1,
    provider: shown.provider,
    complained_at: null,
    created_at: shown.created_at,
    scheduled_for: null,
    valid_until: null,
    sent_at: shown.sent_at,
    completed_at: shown.completed_at,
  });
  const queries: readonly (readonly [string, readonly string[]])[] = [
    ["?reference=r+1", [text.id]],
    ["?reference=r", []],
    [`?older_than=${mail.id}`, [text.id]],
    [`?older_than=${NO_ID}`, []],
    ["?to=07700900123", [text.id]],
    ["?to=%2B44%207700%20900%20123", [text.id]],
    ["?to=ANN@example.com", [mail.id]],
    ["?to=bob@example.com", []],
    ["?to=", []],
    ["?to=%00", []],
  ];
  for (const [query, ids] of queries) {
    const listed = await bodyOf(await hark.manage("GET", path + query), 200, query);
    assert.deepEqual(idsOf(listed.notifications), ids, query);
    assert.deepEqual(listed.links, {}, query);
  }
  const wrong = await hark.manage("GET", `${path}?older_than=x`);
  assert.equal((await bodyOf(wrong, 400)).detail, "older_than must be a notification's id");
});

Deno.test("GET …/notifications and …/timeline: show the service's own notifications only", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const { id } = await bodyOf(await hark.as(other.keys.live, "POST", SMS, textTo(other)), 201);
  const path = `${SERVICES}/${service.id}/notifications`;
  for (const query of ["", "?to=07700900123"]) {
    assert.deepEqual((await bodyOf(await hark.manage("GET", path + query), 200)).notifications, []);
  }
  for (const requested of [id, NO_ID, "x"]) {
    const answer = await hark.manage("GET", `${path}/${requested}/timeline`);
    assert.equal((await bodyOf(answer, 404)).detail, "The service has no such notification");
  }
  const theirs = `${SERVICES}/${other.id}/notifications/${id}/timeline`;
  await bodyOf(await hark.manage("GET", theirs), 200);
});

Deno.test(`GET …/notifications: ${MAX_LISTED} a page; links keep the filter`, async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const request = { type: "sms", ...textTo(service, { reference: "a&b" }) };
  const sent = await bodyOf(
    await hark.as(service.keys.test, "POST", "/v2/notifications/batch", {
      notifications: Array.from({ length: MAX_LISTED + 1 }, () => request),
    }),
    200,
  );
  const ids = idsOf(sent.notifications).sort().reverse();
  const path = `${SERVICES}/${service.id}/notifications?reference=a%26b`;
  const first = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(idsOf(first.notifications), ids.slice(0, MAX_LISTED));
  const second = await bodyOf(await hark.manage("GET", first.links.next), 200);
  assert.deepEqual(idsOf(second.notifications), ids.slice(MAX_LISTED));
  assert.deepEqual(second.links, {});
});
