import assert from "node:assert/strict";
import { INVITATION_LIMIT } from "../../../domain/accounts/limits.ts";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_messages.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, NO_ID, UUID } from "../support.ts";
import { newMember, newUser } from "./team_support.ts";

const SERVICES = "/manage/services";
const ANN = "ann@dept.example";
const BOB = "bob@dept.example";

Deno.test("GET …/members: lists and shows the team, and only of the service", async () => {
  await using hark = await startTestApplication({ alone: true });
  const [service, other] = [await hark.newService(), await hark.newService()];
  const path = `${SERVICES}/${service.id}/members`;
  assert.deepEqual(await bodyOf(await hark.manage("GET", path), 200), { members: [], links: {} });
  const ann = await newMember(hark, service.id, ANN, ["manage"]);
  const bob = await newMember(hark, service.id, BOB, ["send", "view"]);
  const { members } = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(members.map((member: { user_id: string }) => member.user_id), [ann, bob]);
  const { since, ...shown } = members[1];
  assert.match(since, /^\d{4}-.*Z$/);
  assert.deepEqual(shown, {
    user_id: bob,
    name: `Name of ${BOB}`,
    email_address: BOB,
    roles: ["view", "send"],
  });
  assert.deepEqual(await bodyOf(await hark.manage("GET", `${path}/${bob}`), 200), members[1]);
  const rest = await bodyOf(await hark.manage("GET", `${path}?after=${ann}`), 200);
  assert.deepEqual(rest.members, [members[1]]);
  for (const id of [NO_ID, "x"]) {
    const { detail } = await bodyOf(await hark.manage("GET", `${path}/${id}`), 404);
    assert.equal(detail, "The service has no such member");
  }
  await bodyOf(await hark.manage("GET", `${SERVICES}/${other.id}/members/${bob}`), 404);
  await bodyOf(await hark.manage("GET", `${path}?after=x`), 400);
  await bodyOf(await hark.manage("GET", `${path}?page=2`), 400);
});

Deno.test("PATCH and DELETE …/members/{user_id}: change a team, but keep one member with `manage`", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await hark.newService();
  const ann = await newMember(hark, service.id, ANN, ["manage"]);
  const bob = await newMember(hark, service.id, BOB, []);
  const path = `${SERVICES}/${service.id}/members`;
  const changed = await bodyOf(
    await hark.manage("PATCH", `${path}/${bob}`, { roles: ["keys", "view", "keys"] }),
    200,
  );
  assert.deepEqual(changed.roles, ["view", "keys"]);
  const last = "The service would have no member with the role ‘manage’";
  const refused = await hark.manage("PATCH", `${path}/${ann}`, { roles: ["view"] });
  assert.equal((await bodyOf(refused, 409)).detail, last);
  assert.equal((await bodyOf(await hark.manage("DELETE", `${path}/${ann}`), 409)).detail, last);
  for (
    const [body, field] of [
      [{}, "roles"],
      [{ roles: ["owner"] }, "roles.0"],
      [{ roles: "view" }, "roles"],
      [{ roles: [], name: "Ann" }, "name"],
    ] as const
  ) {
    const { errors } = await bodyOf(await hark.manage("PATCH", `${path}/${bob}`, body), 400);
    assert.deepEqual(errors.map((error: { field: string }) => error.field), [field]);
  }
  await bodyOf(await hark.manage("PATCH", `${path}/${NO_ID}`, { roles: [] }), 404);
  assert.equal((await hark.manage("DELETE", `${path}/${bob}`)).status, 204);
  await bodyOf(await hark.manage("DELETE", `${path}/${bob}`), 404);
  const { entries } = await bodyOf(
    await hark.manage("GET", `${SERVICES}/${service.id}/audit`),
    200,
  );
  assert.deepEqual(
    entries.slice(0, 2).map(({ at: _at, ...entry }: { at: string }) => entry),
    [
      {
        sequence: entries[0].sequence,
        actor: { kind: "admin-token" },
        action: "member-removed",
        subject: bob,
        facts: {},
      },
      {
        sequence: entries[0].sequence - 1,
        actor: { kind: "admin-token" },
        action: "member-roles-changed",
        subject: bob,
        facts: { roles: ["view", "keys"] },
      },
    ],
  );
});

Deno.test("POST …/invitations: sends a link in the service's language; send_again renews it, DELETE withdraws it", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await hark.newService({ name: "Бібліотека", language: "uk" });
  const path = `${SERVICES}/${service.id}/invitations`;
  const typed = "Ann@Dept.example";
  const invited = await bodyOf(
    await hark.manage("POST", path, { email_address: typed, roles: ["manage"] }),
    201,
  );
  assert.match(invited.id, UUID);
  assert.deepEqual(invited, {
    id: invited.id,
    email_address: typed,
    roles: ["manage"],
    invited_by: { kind: "admin-token" },
    created_at: invited.created_at,
    expires_at: invited.expires_at,
  });
  await hark.settle();
  const [message] = await hark.sent();
  assert.match(message?.text ?? "", /Оператор запрошує .*Бібліотека/);
  assert.match(message?.text ?? "", /\/invitations\/[\w-]{43}/);
  const listed = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(listed, { invitations: [invited], links: {} });
  const again = await hark.manage("POST", path, { email_address: typed, roles: [] });
  assert.deepEqual((await bodyOf(again, 409)).errors, [
    { field: "email_address", message: "is invited already" },
  ]);
  const renewed = await hark.manage("POST", `${path}/${invited.id}/send_again`);
  assert.equal((await bodyOf(renewed, 200)).id, invited.id);
  await hark.settle();
  assert.equal((await hark.sent()).length, 2);
  assert.equal((await hark.manage("DELETE", `${path}/${invited.id}`)).status, 204);
  await bodyOf(await hark.manage("DELETE", `${path}/${invited.id}`), 404);
  await bodyOf(await hark.manage("POST", `${path}/${invited.id}/send_again`), 404);
  await newMember(hark, service.id, BOB, ["view"]);
  const member = await hark.manage("POST", path, { email_address: BOB, roles: [] });
  assert.match((await bodyOf(member, 409)).detail, /is the address of a member/);
});

Deno.test("POST …/invitations: refuses bad input, the day's 101st, and Hark's own service", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await hark.newService();
  const path = `${SERVICES}/${service.id}/invitations`;
  for (
    const [body, field] of [
      [{ roles: [] }, "email_address"],
      [{ email_address: "ann", roles: [] }, "email_address"],
      [{ email_address: `${"a".repeat(1_000)}@b.example`, roles: [] }, "email_address"],
      [{ email_address: ANN }, "roles"],
      [{ email_address: ANN, roles: ["operator"] }, "roles.0"],
    ] as const
  ) {
    const { errors } = await bodyOf(await hark.manage("POST", path, body), 400);
    assert.deepEqual(errors.map((error: { field: string }) => error.field), [field]);
  }
  const invite = (at: string, address: string) =>
    hark.manage("POST", at, { email_address: address, roles: ["view"] });
  for (let n = 0; n < INVITATION_LIMIT.most; n++) {
    await bodyOf(await invite(path, `person${n}@dept.example`), 201, String(n));
  }
  const refused = await invite(path, "another@dept.example");
  assert.ok(Number(refused.headers.get("retry-after")) > 80_000);
  await bodyOf(refused, 429);
  const { invitations } = await bodyOf(await hark.manage("GET", path), 200);
  assert.equal(invitations.length, INVITATION_LIMIT.most);
  const next = await hark.manage("GET", `${path}?older_than=${invitations[97].id}`);
  assert.deepEqual((await bodyOf(next, 200)).invitations, invitations.slice(98));
  // The first message of accounts has created it.
  await bodyOf(await invite(`${SERVICES}/${OWN_SERVICE_ID}/invitations`, ANN), 404);
  const search = `${SERVICES}/${OWN_SERVICE_ID}/conversations/search`;
  await bodyOf(await hark.manage("POST", search, { phone_number: "07700900123" }), 403);
});

Deno.test("POST …/invitations: 409 where the deployment has no provider of e-mails", async () => {
  await using hark = await startTestApplication({ environment: { EMAIL_PROVIDER: "none" } });
  const { id } = await hark.newService();
  const body = { email_address: ANN, roles: [] };
  const refused = await hark.manage("POST", `${SERVICES}/${id}/invitations`, body);
  assert.equal((await bodyOf(refused, 409)).detail, "The deployment has no provider of e-mails");
});

Deno.test("GET …/audit and /manage/audit: filter and page the entries, newest first", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await hark.newService();
  const path = `${SERVICES}/${service.id}/audit`;
  const ann = await newMember(hark, service.id, ANN, ["manage"]);
  const { entries } = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(
    entries.map(({ sequence, action }: { sequence: number; action: string }) => [sequence, action]),
    [
      [6, "invitation-accepted"],
      [5, "invitation-created"],
      // The service's keys, one of each kind.
      [4, "key-created"],
      [3, "key-created"],
      [2, "key-created"],
      [1, "service-created"],
    ],
  );
  const sequences = async (query: string) =>
    (await bodyOf(await hark.manage("GET", `${path}?${query}`), 200)).entries
      .map(({ sequence }: { sequence: number }) => sequence);
  assert.deepEqual(await sequences("older_than=3"), [2, 1]);
  assert.deepEqual(await sequences("action=invitation-created"), [5]);
  assert.deepEqual(await sequences(`actor=${ann}`), []);
  assert.deepEqual(await sequences("since=2100-01-01T00:00:00Z"), []);
  assert.deepEqual(await sequences("until=2100-01-01T00:00:00%2B02:00"), [6, 5, 4, 3, 2, 1]);
  for (
    const query of [
      "older_than=0",
      "older_than=x",
      "action=x",
      "actor=x",
      "since=yesterday",
      "older=1",
    ]
  ) {
    await bodyOf(await hark.manage("GET", `${path}?${query}`), 400, query);
  }
  const installation = await bodyOf(await hark.manage("GET", "/manage/audit"), 200);
  assert.deepEqual(
    new Set(installation.entries.map(({ action }: { action: string }) => action)),
    new Set(["account-registered"]),
  );
});

Deno.test("POST /manage/operators: creates a link that works once; no answer of it is cached", async () => {
  await using hark = await startTestApplication({
    environment: { PUBLIC_URL: "https://hark.test" },
  });
  const made = await hark.manage("POST", "/manage/operators", { email_address: ANN });
  assert.equal(made.headers.get("cache-control"), "no-store");
  const { url, expires_at } = await bodyOf(made, 201);
  assert.match(url, /^https:\/\/hark\.test\/operators\/[\w-]{43}$/);
  const inMs = Date.parse(expires_at) - Date.now();
  assert.ok(inMs > 3_590_000 && inMs <= 3_600_000, String(inMs));
  for (const body of [{}, { email_address: "ann" }, { email_address: ANN, name: "Ann" }]) {
    await bodyOf(await hark.manage("POST", "/manage/operators", body), 400);
  }
  const { entries } = await bodyOf(await hark.manage("GET", "/manage/audit"), 200);
  assert.equal(entries[0].action, "operator-link-created");
  assert.deepEqual(entries[0].actor, { kind: "admin-token" });
  await newUser(hark, BOB);
});
