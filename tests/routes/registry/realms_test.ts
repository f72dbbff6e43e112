import assert from "node:assert/strict";
import { migrateEmpty } from "../../support/migrated.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { ADMIN_TOKEN } from "../../support/application.ts";
import { issueToken } from "../../support/tokens.ts";
import { bodyOf } from "../support.ts";
import { readEvents, ROUTES } from "./inbox/support.ts";
import { ROLE, SEND } from "./support.ts";
import {
  ADMINS,
  CITIZENS,
  messageOf,
  OFFICERS,
  REALMS,
  startRealms,
  type TestRealms,
} from "./realms_support.ts";
import { test } from "../../support/runner.ts";

const INBOX = "/api/notifications/inbox";
const CHANNEL = "/api/settings/me/channels/email";
const OLENA = { sub: "olena", roles: ["citizen"] };

async function startWithTemplates(environment = {}, options = {}): Promise<TestRealms> {
  const realms = await startRealms(environment, options);
  await realms.publish("inbox:hello", "<p>Hello ${name}</p>");
  await realms.publish("email:hello", "<p>Hello ${name}</p>");
  return realms;
}

const idsIn = async (realms: TestRealms, issuer: string, sub = "olena") =>
  (await bodyOf(await realms.as(issuer)({ sub }, "GET", INBOX), 200))
    .map(({ id }: { id: string }) => id);

Deno.test("ACCESS_TOKEN_REALMS: an officer and a citizen of one username have two inboxes", async () => {
  await using realms = await startWithTemplates();
  const { notifications } = await realms.send(
    messageOf([{ id: "olena", realm: "OFFICER" }, { id: "olena", realm: "CITIZEN" }]),
  );
  const [official, own] = notifications.map(({ id }: { id: string }) => id);
  assert.deepEqual(await idsIn(realms, OFFICERS), [official]);
  assert.deepEqual(await idsIn(realms, CITIZENS), [own]);
  const services = `/manage/services/${realms.hark.registryServiceId}`;
  const shown = await realms.hark.manage("GET", `${services}/notifications/${official}/timeline`);
  assert.equal((await bodyOf(shown, 200)).realm, "officer");
  // Neither can acknowledge the other's message, one by one or all together.
  const citizen = realms.as(CITIZENS);
  await bodyOf(await citizen(OLENA, "POST", `${INBOX}/${official}/ack`), 403);
  const all = await bodyOf(await citizen(OLENA, "POST", `${INBOX}/ack-all`), 200);
  assert.deepEqual(all, { acknowledged: 1 });
  const left = await bodyOf(await realms.as(OFFICERS)(OLENA, "GET", `${INBOX}/count`), 200);
  assert.deepEqual(left, { total: 1, unread: 1 });
});

Deno.test("ACCESS_TOKEN_REALMS: a stream has the events of its own realm's inbox only", async () => {
  await using realms = await startWithTemplates();
  const open = async (issuer: string) =>
    readEvents(await realms.as(issuer)(OLENA, "GET", `${INBOX}/stream`));
  await using officer = await open(OFFICERS);
  await using citizen = await open(CITIZENS);
  await officer.upTo("count");
  await citizen.upTo("count");
  const first = await realms.send(messageOf([{ id: "olena", realm: "CITIZEN" }]));
  const second = await realms.send(messageOf([{ id: "olena", realm: "OFFICER" }]));
  const seen = async (reader: typeof officer) =>
    (await reader.upTo("message")).find(({ event }) => event === "message")?.data.id;
  assert.equal(await seen(officer), second.notifications[0].id);
  assert.equal(await seen(citizen), first.notifications[0].id);
});

Deno.test("ACCESS_TOKEN_REALMS: a message without a realm is a citizen's, by every API", async () => {
  await using realms = await startWithTemplates();
  const { hark } = realms;
  const answer = await realms.send(messageOf([{ id: "olena" }, { id: "olena", realm: null }]));
  const services = `/manage/services/${hark.registryServiceId}`;
  const { key } = await bodyOf(
    await hark.manage("POST", `${services}/keys`, { name: "k", kind: "live" }),
    201,
  );
  const { templates } = await bodyOf(await hark.manage("GET", `${services}/templates`), 200);
  const { id: template_id } = templates.find((t: { channel: string }) => t.channel === "inbox");
  const body = { template_id, recipient_id: "olena", personalisation: { name: "O" } };
  const single = await bodyOf(await hark.as(key, "POST", "/v2/notifications/inbox", body), 201);
  const batch = await bodyOf(
    await hark.as(key, "POST", "/v2/notifications/batch", {
      notifications: [{ type: "inbox", ...body }],
    }),
    200,
  );
  const job = await hark.request(`${services}/jobs?template_id=${template_id}&name=j`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "text/csv" },
    body: "recipient id,name\nolena,O\n",
  });
  assert.equal(job.status, 201, await job.text());
  await hark.settle();
  const ids = [...answer.notifications, single, ...batch.notifications]
    .map(({ id }: { id: string }) => id);
  const read = await idsIn(realms, CITIZENS);
  assert.equal(read.length, ids.length + 1);
  for (const id of ids) assert.ok(read.includes(id), id);
  assert.deepEqual(await idsIn(realms, OFFICERS), []);
});

Deno.test("ACCESS_TOKEN_REALMS: a realm that no issuer has is refused, and says which there are", async () => {
  await using realms = await startWithTemplates({ ACCESS_TOKEN_REALMS: `${OFFICERS}=officer` });
  const { hark } = realms;
  const recipients = [{ id: "a", realm: "CITIZEN" }, { id: "b" }, { id: "c", realm: "OFFICER" }];
  const { notifications, refused } = await realms.send(messageOf(recipients));
  assert.deepEqual(
    notifications.map(({ recipientId }: { recipientId: string }) => recipientId),
    ["c"],
  );
  assert.deepEqual(
    refused.map((
      { recipient, channel, code }: Record<string, unknown>,
    ) => [recipient, channel, code]),
    [[0, "inbox", "realm-unknown"], [1, "inbox", "realm-unknown"]],
  );
  assert.match(refused[0].message, /^The recipient belongs to the realm CITIZEN, .*OFFICER/);
  assert.match(refused[1].message, /^The message names no realm, .* CITIZEN, .*OFFICER/);
  const { details } = await realms.send(messageOf([{ id: "a", realm: "CITIZEN" }]), 400);
  assert.match(details.errors[0].message, /^inbox: .*ACCESS_TOKEN_REALMS/);
  // The other APIs name no realm.
  const services = `/manage/services/${hark.registryServiceId}`;
  const newKey = { name: "k", kind: "live" };
  const { key } = await bodyOf(await hark.manage("POST", `${services}/keys`, newKey), 201);
  const { templates } = await bodyOf(await hark.manage("GET", `${services}/templates`), 200);
  const { id: template_id } = templates.find((t: { channel: string }) => t.channel === "inbox");
  const body = { template_id, recipient_id: "a", personalisation: { name: "O" } };
  const single = await bodyOf(await hark.as(key, "POST", "/v2/notifications/inbox", body), 400);
  assert.match(single.errors[0].message, /ACCESS_TOKEN_REALMS/);
  const items = { notifications: [{ type: "inbox", ...body }] };
  const batch = await hark.as(key, "POST", "/v2/notifications/batch", items);
  assert.match(await batch.text(), /ACCESS_TOKEN_REALMS/);
  const job = await hark.request(`${services}/jobs?template_id=${template_id}&name=j`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "text/csv" },
    body: "recipient id,name\na,O\n",
  });
  assert.equal(job.status, 400, await job.clone().text());
  assert.match(await job.text(), /ACCESS_TOKEN_REALMS/);
});

Deno.test("ACCESS_TOKEN_REALMS: only the verified issuer gives a realm", async () => {
  await using realms = await startWithTemplates();
  const { notifications } = await realms.send(messageOf([{ id: "olena", realm: "OFFICER" }]));
  // Claims of the token that speak of realms are not read.
  const claims = { ...OLENA, realm: "OFFICER", realms: ["officer"], roles: ["officer"] };
  assert.deepEqual(await bodyOf(await realms.as(CITIZENS)(claims, "GET", INBOX), 200), []);
  // The keys of one realm cannot sign for the other: both have a key of the same id.
  for (const [signer, iss] of [[CITIZENS, OFFICERS], [OFFICERS, CITIZENS], [ADMINS, OFFICERS]]) {
    const keys = realms.keys[signer ?? ""];
    assert.ok(keys !== undefined);
    const token = await issueToken(keys, { ...OLENA, iss }, { now: Date.now() });
    for (const [method, path] of ROUTES) {
      const answer = await bodyOf(await realms.withToken(token, method, path), 401);
      assert.match(answer.message, /not valid: issuer$/);
    }
  }
  for (
    const iss of [`${OFFICERS}/`, OFFICERS.toUpperCase(), `${OFFICERS},${CITIZENS}`, [OFFICERS]]
  ) {
    await bodyOf(await realms.as(OFFICERS)({ ...OLENA, iss }, "GET", INBOX), 401);
  }
  assert.deepEqual(await idsIn(realms, OFFICERS), [notifications[0].id]);
});

Deno.test("ACCESS_TOKEN_REALMS: a token of an issuer without a realm names no person", async () => {
  await using realms = await startWithTemplates();
  await realms.send(messageOf([{ id: "olena", realm: "CITIZEN" }]));
  const admin = realms.as(ADMINS);
  for (
    const [method, path] of [...ROUTES, ["GET", "/api/settings/me"], ["POST", `${CHANNEL}/verify`]]
  ) {
    const address = { address: "a@example.com" };
    const body = method === "POST" ? address : undefined;
    const answer = await admin(OLENA, method ?? "", path ?? "", body);
    const { message } = await bodyOf(answer, 403, path);
    assert.match(message, /no realm.*ACCESS_TOKEN_REALMS/);
  }
  // It still publishes and sends by its role.
  await bodyOf(
    await admin({ sub: "p", roles: [ROLE] }, "POST", SEND, messageOf([{ id: "olena" }])),
    202,
  );
});

Deno.test("ACCESS_TOKEN_REALMS: settings, passcodes and preferences are a person's of one realm", async () => {
  await using realms = await startWithTemplates();
  const { hark, server } = realms;
  const officer = realms.as(OFFICERS);
  const citizen = realms.as(CITIZENS);
  const address = "officer@example.com";
  await bodyOf(await officer(OLENA, "POST", `${CHANNEL}/verify`, { address }), 202);
  await server.idle();
  await hark.settle();
  const [mail] = await hark.sent();
  const proof = { address, verificationCode: /\b\d{6}\b/.exec(mail?.text ?? "")?.[0] };
  await bodyOf(await citizen(OLENA, "POST", `${CHANNEL}/activate`, proof), 400);
  const activated = await officer(OLENA, "POST", `${CHANNEL}/activate`, proof);
  assert.equal(activated.status, 200, await activated.text());
  const channelsOf = async (call: typeof officer) =>
    (await bodyOf(await call(OLENA, "GET", "/api/settings/me"), 200)).channels.length;
  assert.deepEqual([await channelsOf(officer), await channelsOf(citizen)], [1, 0]);
  const { notifications } = await realms.send(
    messageOf([{ id: "olena", realm: "CITIZEN" }, { id: "olena", realm: "OFFICER" }]),
  );
  assert.deepEqual(
    notifications.map(({ recipient, channel }: Record<string, unknown>) => [recipient, channel]),
    [[0, "inbox"], [1, "inbox"], [1, "email"]],
  );
  // A sender reads the settings of either.
  const read = async (query: string, status = 200) =>
    await bodyOf(
      await realms.as(ADMINS)({ sub: "p", roles: [ROLE] }, "GET", `/api/settings/olena${query}`),
      status,
    );
  assert.equal((await read("?realm=OFFICER")).channels.length, 1);
  for (const query of ["", "?realm=CITIZEN", "?realm=citizen"]) {
    assert.equal((await read(query)).channels.length, 0, query);
  }
  for (const query of ["?realm=", "?realm=admin"]) {
    assert.match((await read(query, 400)).message, /CITIZEN, OFFICER/);
  }
});

Deno.test("ACCESS_TOKEN_REALMS: a sender gets no answer to the request of a sender of another realm", async () => {
  await using realms = await startWithTemplates();
  const headers = { "idempotency-key": "one" };
  const message = messageOf([{ id: "taras" }]);
  for (const [issuer, status] of [[CITIZENS, 202], [OFFICERS, 422], [ADMINS, 422]] as const) {
    const sender = { sub: "olena", roles: [ROLE] };
    const answer = await realms.as(issuer)(sender, "POST", SEND, message, headers);
    await bodyOf(answer, status, issuer);
  }
});

test.inside("ACCESS_TOKEN_REALMS: what was stored before belongs to citizens", async () => {
  const db = await openDatabase({ url: ":memory:" });
  try {
    await migrateEmpty(db, Date.now());
    let before: string;
    {
      await using realms = await startWithTemplates({ ACCESS_TOKEN_REALMS: "" }, { db });
      const { notifications } = await realms.send(messageOf([{ id: "olena", realm: "OFFICER" }]));
      before = notifications[0].id;
      // Without realms an id is one person, whatever the issuer is.
      assert.deepEqual(await idsIn(realms, OFFICERS), [before]);
      assert.deepEqual(await idsIn(realms, CITIZENS), [before]);
    }
    await using realms = await startRealms({ ACCESS_TOKEN_REALMS: REALMS }, { db });
    assert.deepEqual(await idsIn(realms, CITIZENS), [before]);
    assert.deepEqual(await idsIn(realms, OFFICERS), []);
  } finally {
    db.close();
  }
});
