import assert from "node:assert/strict";
import { MAX_MANAGEMENT_TOKENS } from "../../../domain/accounts/management_tokens.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  bodyOf,
  callAt,
  HOUR,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  SECOND,
  SMS,
  textTo,
  UUID,
} from "../support.ts";
import { test } from "../../support/runner.ts";

const TOKENS = "/manage/tokens";
const SERVICES = "/manage/services";

/** Calls the management API with a token. */
function callWith(
  hark: TestApplication,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  return hark.request(path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function newToken(
  hark: TestApplication,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly id: string; readonly token: string }> {
  return await bodyOf(await hark.manage("POST", TOKENS, { name: "Token", ...fields }), 201);
}

Deno.test("POST /manage/tokens: shows a token once, which works until it is revoked", async () => {
  await using hark = await startTestApplication({ alone: true });
  const made = await hark.manage("POST", TOKENS, { name: " Backups " });
  assert.equal(made.headers.get("cache-control"), "no-store");
  const { token, ...shown } = await bodyOf(made, 201);
  assert.match(token, /^hark_[\w-]{43}$/);
  assert.match(shown.id, UUID);
  assert.deepEqual(shown, {
    id: shown.id,
    name: "Backups",
    service_id: null,
    read_only: false,
    created_at: shown.created_at,
    expires_at: null,
    revoked_at: null,
    last_used_at: null,
  });
  const list = await (await hark.manage("GET", TOKENS)).text();
  assert.ok(!list.includes(token));
  assert.deepEqual(JSON.parse(list), { tokens: [shown], links: {} });
  await bodyOf(await callWith(hark, token, "GET", SERVICES), 200);
  await bodyOf(await callWith(hark, token, "POST", SERVICES, { name: "Library" }), 201);
  await bodyOf(await callWith(hark, token, "POST", TOKENS, { name: "Second" }), 201);
  const revoked = await bodyOf(await hark.manage("DELETE", `${TOKENS}/${shown.id}`), 200);
  assert.notEqual(revoked.revoked_at, null);
  const refused = await callWith(hark, token, "GET", SERVICES);
  assert.equal(refused.headers.get("www-authenticate"), "Bearer");
  assert.equal((await bodyOf(refused, 401)).detail, "The management token was revoked");
  assert.deepEqual(
    await bodyOf(await hark.manage("DELETE", `${TOKENS}/${shown.id}`), 200),
    revoked,
  );
  for (const id of [NO_ID, "x"]) {
    const { detail } = await bodyOf(await hark.manage("DELETE", `${TOKENS}/${id}`), 404);
    assert.equal(detail, "There is no such management token");
  }
  const { entries } = await bodyOf(await hark.manage("GET", "/manage/audit"), 200);
  const admin = { kind: "admin-token" };
  assert.deepEqual(
    entries.map(({ actor, action, facts }: Record<string, unknown>) => [actor, action, facts]),
    [
      [admin, "management-token-revoked", {}],
      [
        { kind: "management-token", id: shown.id },
        "management-token-created",
        { scope: "all", read_only: false },
      ],
      [admin, "management-token-created", { scope: "all", read_only: false }],
    ],
  );
});

Deno.test("POST /manage/tokens: refuses bad input, and the 1,001st token in use", async () => {
  await using hark = await startTestApplication({ alone: true });
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ["name"]],
    [{ name: "" }, ["name"]],
    [{ name: "x".repeat(256) }, ["name"]],
    [{ name: "a\nb" }, ["name"]],
    [{ name: "x", service_id: "x", read_only: "yes", expires_at: "soon", scope: "all" }, [
      "expires_at",
      "read_only",
      "scope",
      "service_id",
    ]],
    [{ name: "x", service_id: NO_ID }, ["service_id"]],
    [{ name: "x", expires_at: new Date(Date.now() - 1_000).toISOString() }, ["expires_at"]],
  ];
  for (const [body, fields] of cases) {
    const { errors } = await bodyOf(await hark.manage("POST", TOKENS, body), 400);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field).sort(), fields);
  }
  await hark.db.write([{
    sql: `INSERT INTO management_tokens (id, token_hash, name, read_only, created_at)
      WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
      SELECT randomblob(16), randomblob(32), 'Token', 1, n FROM n`,
    args: [MAX_MANAGEMENT_TOKENS - 1],
  }]);
  const { id } = await newToken(hark);
  const refused = await hark.manage("POST", TOKENS, { name: "One more" });
  assert.match((await bodyOf(refused, 409)).detail, /1000 management tokens in use/);
  await bodyOf(await hark.manage("DELETE", `${TOKENS}/${id}`), 200);
  await newToken(hark);
  let [path, listed] = [TOKENS, 0];
  for (let page = 0; page < 5; page++) {
    const { tokens, links } = await bodyOf(await hark.manage("GET", path), 200);
    listed += tokens.length;
    path = links.next ?? "";
    if (path === "") break;
  }
  assert.equal(listed, MAX_MANAGEMENT_TOKENS + 1);
});

Deno.test("/manage: a token expires at its time; its last use is written once an hour", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const expires_at = new Date(clock.now() + 2 * HOUR).toISOString();
  const { id, token } = await newToken(hark, { expires_at });
  const lastUse = async () => {
    const { tokens } = await bodyOf(await hark.manage("GET", TOKENS), 200);
    return Date.parse(tokens.find((one: { id: string }) => one.id === id).last_used_at);
  };
  const first = clock.now();
  await bodyOf(await callWith(hark, token, "GET", SERVICES), 200);
  assert.equal(await lastUse(), first);
  clock.advance(HOUR - 1);
  await bodyOf(await callWith(hark, token, "GET", SERVICES), 200);
  assert.equal(await lastUse(), first);
  clock.advance(1);
  await bodyOf(await callWith(hark, token, "GET", SERVICES), 200);
  assert.equal(await lastUse(), first + HOUR);
  clock.advance(HOUR - 1);
  await bodyOf(await callWith(hark, token, "GET", SERVICES), 200);
  clock.advance(1);
  const refused = await callWith(hark, token, "GET", SERVICES);
  assert.equal((await bodyOf(refused, 401)).detail, "The management token has expired");
});

test.inside("/manage: a wrong management token is a guess, an expired or revoked one is none", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock, remoteAddress: "192.0.2.7" });
  const { token } = await newToken(hark, {
    expires_at: new Date(clock.now() + 1_000).toISOString(),
  });
  const wrong = `hark_${"a".repeat(43)}`;
  for (const text of [wrong, `${token}x`, token.slice(0, -1), "hark_"]) {
    await bodyOf(await callWith(hark, text, "GET", SERVICES), 401);
  }
  clock.advance(1_000);
  await bodyOf(await callWith(hark, token, "GET", SERVICES), 401);
  const events = (await hark.log()).filter(({ event }) => event === "credential-refused");
  assert.deepEqual(events.map(({ credential, reason }) => [credential, reason]), [
    ["management-token", "wrong"],
    ["admin-token", "wrong"],
    ["admin-token", "wrong"],
    ["admin-token", "wrong"],
    ["management-token", "expired"],
  ]);
  assert.ok(!JSON.stringify(await hark.log()).includes(token.slice(5)));
});

/** What creating a service with its keys and templates, and a suppression, records. */
const SET_UP: ReadonlySet<string> = new Set([
  "service-created",
  "key-created",
  "template-created",
  "recipient-suppressed",
]);

Deno.test("/manage: reads of messages by a token of all services are in the service's audit log, before the answer", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark);
  const sent = await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
  const { id, token } = await newToken(hark, { read_only: false });
  const own = await newToken(hark, { service_id: service.id });
  const path = `${SERVICES}/${service.id}`;
  const reads: readonly (readonly [string, string, unknown?])[] = [
    ["GET", "notifications"],
    ["POST", "notifications/search", { to: "07700900123" }],
    ["GET", `notifications/${sent.id}/timeline`],
    ["POST", "conversations/search", { phone_number: "07700900123" }],
    ["GET", "unsubscribe_requests"],
    ["GET", "suppressions"],
    ["POST", "suppressions/search", { channel: "sms", recipient: "07700900123" }],
    ["GET", "jobs"],
  ];
  for (const [method, read, body] of reads) {
    await bodyOf(await callWith(hark, token, method, `${path}/${read}`, body), 200, read);
    await bodyOf(await callWith(hark, own.token, method, `${path}/${read}`, body), 200, read);
    await bodyOf(await hark.manage(method, `${path}/${read}`, body), 200, read);
  }
  // No read of messages.
  for (const other of ["", "/templates", "/keys", "/audit", "/statistics", "/members"]) {
    await bodyOf(await callWith(hark, token, "GET", path + other), 200, other);
  }
  const newOne = { channel: "sms", recipient: "07700900999", reason: "Asked" };
  await bodyOf(await callWith(hark, token, "POST", `${path}/suppressions`, newOne), 201);
  await bodyOf(await callWith(hark, token, "GET", `${SERVICES}/${NO_ID}/notifications`), 404);
  const { entries } = await bodyOf(await hark.manage("GET", `${path}/audit`), 200);
  assert.deepEqual(
    entries.filter(({ action }: { action: string }) => !SET_UP.has(action))
      .map(({ actor, action, facts }: Record<string, unknown>) => ({ actor, action, facts }))
      .reverse(),
    reads.map(([, read]) => ({
      actor: { kind: "management-token", id },
      action: "messages-read",
      facts: { list: read.split("/")[0] },
    })),
  );
  assert.ok(!JSON.stringify(entries).includes("7700900"));
});

Deno.test("POST …/cancel: a token of all services that cancels again what was cancelled has read it", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const scheduled_for = new Date(clock.now() + HOUR).toISOString();
  const { id } = await bodyOf(
    await callAt(hark, clock, service.keys.live, "POST", SMS, textTo(service, { scheduled_for })),
    201,
  );
  const { token } = await newToken(hark, { read_only: false });
  const path = `${SERVICES}/${service.id}`;
  for (const _ of ["first", "again"]) {
    clock.advance(SECOND);
    const cancelled = await callWith(hark, token, "POST", `${path}/notifications/${id}/cancel`);
    assert.equal((await bodyOf(cancelled, 200)).status, "cancelled");
  }
  const { entries } = await bodyOf(await hark.manage("GET", `${path}/audit`), 200);
  assert.deepEqual(
    entries.slice(0, 2).map(({ action }: { action: string }) => action),
    ["messages-read", "message-cancelled"],
  );
});

Deno.test("/manage: a token of one service cannot go live, raise its limits or take a number", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await hark.newService({ mode: "trial" });
  const { token } = await newToken(hark, { service_id: service.id });
  const path = `${SERVICES}/${service.id}`;
  const cases = [
    [{ mode: "live" }, ["mode"]],
    [{ name: "X", rate_limit_per_minute: 1, daily_limits: { sms: 9 } }, [
      "rate_limit_per_minute",
      "daily_limits",
    ]],
  ] as const;
  for (const [body, fields] of cases) {
    const { errors, detail } = await bodyOf(await callWith(hark, token, "PATCH", path, body), 403);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), fields);
    assert.equal(detail, `${fields[0]} is changed by operators only`);
    await bodyOf(await hark.manage("PATCH", path, { ...body, mode: "trial" }), 200);
  }
  const changed = await callWith(hark, token, "PATCH", path, { name: "Library", language: "uk" });
  assert.equal((await bodyOf(changed, 200)).name, "Library");
  const number = { number: "60006" };
  await bodyOf(await callWith(hark, token, "POST", `${path}/inbound_numbers`, number), 403);
  await bodyOf(await hark.manage("POST", `${path}/inbound_numbers`, number), 201);
});
