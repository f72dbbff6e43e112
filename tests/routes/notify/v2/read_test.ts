import assert from "node:assert/strict";
import { startTestApplication } from "../../../support/application.ts";
import {
  assertError,
  bodyOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  type ServiceWithTemplates,
  SMS,
  textTo,
  TIMESTAMP,
} from "../../support.ts";
import type { TestApplication } from "../../../support/application.ts";
import { upload } from "../../manage/jobs_support.ts";

const LIST = "/v2/notifications";

async function send(
  hark: TestApplication,
  key: string,
  path: string,
  request: unknown,
): Promise<string> {
  return (await bodyOf(await hark.as(key, "POST", path, request), 201)).id;
}

/** Reads a notification, and the ids of a list. */
async function list(hark: TestApplication, key: string, query = "") {
  const body = await bodyOf(await hark.as(key, "GET", `${LIST}${query}`), 200, query);
  const ids: string[] = body.notifications.map(({ id }: { id: string }) => id);
  return { ids, links: body.links, notifications: body.notifications };
}

const sendText = (hark: TestApplication, service: ServiceWithTemplates, fields = {}) =>
  send(hark, service.keys.live, SMS, textTo(service, fields));
const sendEmail = (hark: TestApplication, service: ServiceWithTemplates, fields = {}) =>
  send(hark, service.keys.live, EMAIL, emailTo(service, fields));

Deno.test("GET /v2/notifications/{id}: returns every key of a text message and of an email", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const text = await sendText(hark, service, { reference: "r", phone_number: " 07700 900123 " });
  const url = "https://example.com/stop";
  const mail = await sendEmail(hark, service, { one_click_unsubscribe_url: url });
  const common = {
    line_1: null,
    line_2: null,
    line_3: null,
    line_4: null,
    line_5: null,
    line_6: null,
    postcode: null,
    created_by_name: null,
    scheduled_for: null,
    postage: null,
  };
  const read = (id: string) => hark.as(service.keys.live, "GET", `${LIST}/${id}`);

  const created = await bodyOf(await read(text), 200);
  assert.match(created.created_at, TIMESTAMP);
  await hark.settle();

  const sms = await bodyOf(await read(text), 200);
  assert.match(sms.sent_at, TIMESTAMP);
  assert.match(sms.completed_at, TIMESTAMP);
  assert.equal(sms.created_at, created.created_at);
  assert.deepEqual(sms, {
    ...common,
    id: text,
    reference: "r",
    type: "sms",
    email_address: null,
    phone_number: "07700 900123",
    status: "delivered",
    template: {
      id: service.sms,
      version: 1,
      uri: `http://hark.test/v2/template/${service.sms}/version/1`,
    },
    body: "Hi Ann",
    subject: null,
    created_at: sms.created_at,
    sent_at: sms.sent_at,
    completed_at: sms.completed_at,
    one_click_unsubscribe_url: null,
    is_cost_data_ready: false,
    cost_in_pounds: null,
    cost_details: { billable_sms_fragments: 1 },
  });

  const email = await bodyOf(await read(mail), 200);
  assert.deepEqual(email, {
    ...common,
    id: mail,
    reference: null,
    type: "email",
    email_address: "ann@example.com",
    phone_number: null,
    status: "delivered",
    template: {
      id: service.email,
      version: 1,
      uri: `http://hark.test/v2/template/${service.email}/version/1`,
    },
    body: "Dear Ann,\r\n\r\nYour card is ready.",
    subject: "Hello Ann",
    created_at: email.created_at,
    sent_at: email.sent_at,
    completed_at: email.completed_at,
    one_click_unsubscribe_url: url,
    is_cost_data_ready: true,
    cost_in_pounds: 0,
    cost_details: {},
  });
});

Deno.test("GET /v2/notifications/{id}: shows the sent content after the template changed", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const id = await sendText(hark, service);
  const path = `/manage/services/${service.id}/templates/${service.sms}`;
  await bodyOf(await hark.manage("PUT", path, { body: "Changed ((name))" }), 200);
  const read = await bodyOf(await hark.as(service.keys.live, "GET", `${LIST}/${id}`), 200);
  assert.equal(read.body, "Hi Ann");
  assert.equal(read.template.version, 1);
});

Deno.test("GET /v2/notifications/{id}: readable by every key of the service, and by no other service", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const other = await newServiceWithTemplates(hark);
  const id = await send(hark, service.keys.test, SMS, textTo(service));
  for (const key of Object.values(service.keys)) {
    await bodyOf(await hark.as(key, "GET", `${LIST}/${id.toUpperCase()}`), 200);
  }
  for (const [key, requested] of [[other.keys.live, id], [service.keys.live, NO_ID]] as const) {
    for (const path of [`${LIST}/${requested}`, `${LIST}/${requested}/pdf`]) {
      await assertError(await hark.as(key, "GET", path), 404, "NoResultFound", "No result found");
    }
  }
  await assertError(
    await hark.as(service.keys.live, "GET", `${LIST}/${id}/pdf`),
    400,
    "BadRequestError",
    "Notification is not a letter",
  );
});

Deno.test("GET /v2/notifications/{id}: 400 for an id that is not a UUID", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const wrong = [
    "sms",
    "1",
    `${NO_ID}0`,
    "%00",
    "%E0%A4%A",
    "a%2Fb",
    "x".repeat(5_000),
    "%F0%9F%98%80",
  ];
  for (const id of wrong) {
    for (const path of [`${LIST}/${id}`, `${LIST}/${id}/pdf`]) {
      await assertError(
        await hark.as(service.keys.live, "GET", path),
        400,
        "ValidationError",
        "notification_id is not a valid UUID",
        path,
      );
    }
  }
});

Deno.test("GET /v2/notifications: lists what keys of the same kind sent, newest first", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await hark.manage("PUT", `/manage/services/${service.id}/guests`, {
    email_addresses: [],
    phone_numbers: ["07700900123"],
  });
  const sent: Record<string, string[]> = { live: [], team: [], test: [] };
  for (let round = 0; round < 2; round++) {
    for (const [kind, key] of Object.entries(service.keys)) {
      sent[kind]?.unshift(await send(hark, key, SMS, textTo(service)));
    }
  }
  for (const [kind, key] of Object.entries(service.keys)) {
    assert.deepEqual((await list(hark, key)).ids, sent[kind], kind);
  }
  const another = await newServiceWithTemplates(hark);
  assert.deepEqual(await list(hark, another.keys.live), {
    ids: [],
    notifications: [],
    links: { current: "http://hark.test/v2/notifications" },
  });
});

Deno.test("GET /v2/notifications: filters by type, status and reference, and keeps the filters in its links", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const text = await sendText(hark, service, { reference: "a&b=ї" });
  const mail = await sendEmail(hark, service, { reference: "other" });
  const failed = await send(hark, service.keys.test, SMS, {
    ...textTo(service),
    phone_number: "07700900002",
  });
  await hark.settle();
  const { live, test } = service.keys;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [live, "", [mail, text]],
    [live, "?template_type=sms", [text]],
    [live, "?template_type=sms&template_type=email", [mail, text]],
    [live, "?template_type=letter", []],
    [live, "?template_type=letter&template_type=email", [mail]],
    [live, "?status=delivered", [mail, text]],
    [live, "?status=received", [mail, text]],
    [live, "?status=accepted", []],
    [live, "?status=created&status=sending", []],
    [live, "?status=cancelled", []],
    [live, "?status=failed", []],
    [live, "?reference=a%26b%3D%D1%97", [text]],
    [live, "?reference=a%26b%3D%D1%97&reference=other", [text]],
    [live, "?reference=", []],
    [live, "?reference=%00", []],
    [live, "?include_jobs=true", [mail, text]],
    [live, "?include_jobs=True&template_type=sms", [text]],
    [live, `?older_than=${mail}`, [text]],
    [live, `?older_than=${text}`, []],
    [live, `?older_than=${mail.replaceAll("-", "").toUpperCase()}`, [text]],
    [live, `?older_than=${NO_ID}`, []],
    [live, `?older_than=${mail}&status=delivered&template_type=email`, []],
    [test, "", [failed]],
    [test, "?status=failed", [failed]],
    [test, "?status=permanent-failure", [failed]],
    [test, "?status=delivered", []],
  ];
  for (const [key, query, ids] of cases) {
    const page = await list(hark, key, query);
    assert.deepEqual(page.ids, ids, query);
    const current = new URL(page.links.current);
    assert.equal(current.origin + current.pathname, "http://hark.test/v2/notifications");
    assert.deepEqual([...current.searchParams], [...new URLSearchParams(query)], query);
    const last = ids.at(-1);
    if (last === undefined) {
      assert.equal("next" in page.links, false, query);
      continue;
    }
    const next = new URL(page.links.next).searchParams;
    assert.deepEqual(next.getAll("older_than"), [last], query);
    for (const [name, value] of new URLSearchParams(query)) {
      if (name !== "older_than") assert.ok(next.getAll(name).includes(value), query);
    }
    const { pathname, search } = new URL(page.links.next);
    const after = await hark.as(key, "GET", pathname + search);
    assert.deepEqual((await bodyOf(after, 200)).notifications, [], query);
  }
});

Deno.test("GET /v2/notifications: lists rows of jobs with include_jobs only; items of a batch always", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const { live } = service.keys;
  const text = await sendText(hark, service, { reference: "r" });
  const rows = [
    ["phone number", "name", "reference"],
    ["07900900123", "Ann", "r"],
  ];
  const bulk = { name: "March", template_id: service.sms, rows };
  await bodyOf(await hark.as(live, "POST", `${LIST}/bulk`, bulk), 201);
  const csv = "phone number,name,reference\n07900900124,Bob,r\n";
  await bodyOf(await upload(hark, service, csv), 201);
  const part = { type: "sms", ...textTo(service) };
  const { notifications } = await bodyOf(
    await hark.as(live, "POST", `${LIST}/batch`, { notifications: [part] }),
    200,
  );
  const batched = notifications[0].id;
  await hark.settle();

  assert.deepEqual((await list(hark, live)).ids.toSorted(), [text, batched].toSorted());
  assert.deepEqual((await list(hark, live, "?reference=r")).ids, [text]);
  for (const word of ["true", "True"]) {
    const { ids } = await list(hark, live, `?include_jobs=${word}`);
    assert.equal(ids.length, 4);
    const ofReference = await list(hark, live, `?reference=r&include_jobs=${word}`);
    assert.equal(ofReference.ids.length, 3);
    for (const id of ids) await bodyOf(await hark.as(live, "GET", `${LIST}/${id}`), 200);
  }
  const managed = await hark.manage("GET", `/manage/services/${service.id}/notifications`);
  assert.equal((await bodyOf(managed, 200)).notifications.length, 4);
});

Deno.test("GET /v2/notifications: ignores an older_than of another service", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  await sendText(hark, service);
  const theirs = await sendText(hark, other);
  assert.deepEqual((await list(hark, service.keys.live, `?older_than=${theirs}`)).ids, []);
});

const STATUSES = "[cancelled, created, sending, sent, delivered, pending, failed, " +
  "technical-failure, temporary-failure, permanent-failure, pending-virus-check, " +
  "validation-failed, virus-scan-failed, returned-letter, accepted, received]";

Deno.test("GET /v2/notifications: refuses unknown filters", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["?status=elephant", [`status elephant is not one of ${STATUSES}`]],
    ["?status=", [`status  is not one of ${STATUSES}`]],
    ["?status=sent,failed", [`status sent,failed is not one of ${STATUSES}`]],
    ["?template_type=orange", ["template_type orange is not one of [sms, email, letter]"]],
    ["?include_jobs=false", ["include_jobs false is not one of [true, True]"]],
    ["?older_than=x", ["older_than is not a valid UUID"]],
    ["?page=2", ["Additional properties are not allowed (page was unexpected)"]],
    ["?status=x&template_type=y&b=1&a=2", [
      `status x is not one of ${STATUSES}`,
      "template_type y is not one of [sms, email, letter]",
      "Additional properties are not allowed (a, b were unexpected)",
    ]],
  ];
  for (const [query, messages] of cases) {
    assert.deepEqual(
      await bodyOf(await hark.as(service.keys.live, "GET", `${LIST}${query}`), 400, query),
      {
        status_code: 400,
        errors: messages.map((message) => ({ error: "ValidationError", message })),
      },
      query,
    );
  }
});

Deno.test("GET /v2/notifications: pages hold 250 notifications and link to the next page", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const ids: string[] = [];
  // A Worker on a busy machine refuses hundreds of messages at once with 503.
  while (ids.length < 251) {
    const requests = Array.from(
      { length: Math.min(25, 251 - ids.length) },
      () => sendText(hark, service),
    );
    ids.push(...await Promise.all(requests));
  }
  ids.sort().reverse();
  const first = await list(hark, service.keys.live, "?template_type=sms");
  assert.deepEqual(first.ids, ids.slice(0, 250));
  const second = await list(hark, service.keys.live, new URL(first.links.next).search);
  assert.deepEqual(second.ids, ids.slice(250));
  const third = await list(hark, service.keys.live, new URL(second.links.next).search);
  assert.deepEqual(third.ids, []);
  assert.equal("next" in third.links, false);
});

Deno.test("/v2: reads are refused at once after a key was revoked or a service archived", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const id = await sendText(hark, service);
  const paths = [LIST, `${LIST}/${id}`, "/v2/templates", `/v2/template/${service.sms}`];
  const manage = `/manage/services/${service.id}`;
  const { keys } = await bodyOf(await hark.manage("GET", `${manage}/keys`), 200);
  const live = keys.find(({ kind }: { kind: string }) => kind === "live");
  await bodyOf(await hark.as(service.keys.live, "GET", LIST), 200);
  await bodyOf(await hark.manage("DELETE", `${manage}/keys/${live.id}`), 200);
  for (const path of paths) {
    await assertError(
      await hark.as(service.keys.live, "GET", path),
      403,
      "AuthError",
      "Invalid token: API key revoked",
    );
    await bodyOf(await hark.as(service.keys.team, "GET", path), 200);
  }
  await bodyOf(await hark.manage("PATCH", manage, { active: false }), 200);
  for (const path of paths) {
    await assertError(
      await hark.as(service.keys.team, "GET", path),
      403,
      "AuthError",
      "Invalid token: service is archived",
    );
  }
});
