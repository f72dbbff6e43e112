import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, newServiceWithTemplates, NO_ID, SMS, textTo, UUID } from "../support.ts";

const SERVICES = "/manage/services";

type Shown = Readonly<Record<string, unknown>>;

/** A key without its last use: a server that runs its upkeep meanwhile has it written down. */
const withoutUse = ({ last_used_at: _, ...key }: Shown) => key;

Deno.test("POST …/keys: shows a key once, in the format that the official clients parse", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `${SERVICES}/${service.id}/keys`;
  const cases = [
    ["My Key", "live", "my_key"],
    ["Ключ № 1", "team", "__1"],
    ["Café-1", "test", "cafe1"],
    ["!!!", "live", ""],
    ["x".repeat(255), "live", "x".repeat(255)],
  ] as const;
  for (const [name, kind, safe] of cases) {
    const created = await bodyOf(await hark.manage("POST", path, { name, kind }), 201);
    const { key, ...shown } = created;
    assert.match(shown.id, UUID);
    const secret = key.slice(-36);
    assert.match(secret, UUID);
    assert.equal(key, `${safe}-${service.id}-${secret}`);
    assert.deepEqual(shown, {
      id: shown.id,
      name,
      kind,
      created_at: shown.created_at,
      revoked_at: null,
    });
    await bodyOf(await hark.as(key, "GET", "/v2/templates"), 200, name);
    const list = await (await hark.manage("GET", path)).text();
    assert.ok(!list.includes(secret));
    assert.deepEqual(
      withoutUse(JSON.parse(list).keys.find(({ id }: { id: string }) => id === shown.id)),
      shown,
    );
  }
});

Deno.test("POST …/keys: 409 for the name of a key in use, whatever its case and blanks", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [await hark.newService(), await hark.newService()];
  const path = `${SERVICES}/${service.id}/keys`;
  const make = (name: string, at = path) => hark.manage("POST", at, { name, kind: "live" });
  const first = await bodyOf(await make("My key"), 201);
  for (const name of ["My key", "MY KEY", "mykey", " my  key "]) {
    const answer = await make(name);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.deepEqual(await bodyOf(answer, 409, name), {
      type: "about:blank",
      title: "Conflict",
      status: 409,
      detail: "A key in use has this name",
      errors: [{ field: "name", message: "is the name of a key in use" }],
    });
  }
  await bodyOf(await make("My key", `${SERVICES}/${other.id}/keys`), 201);
  await bodyOf(await hark.manage("DELETE", `${path}/${first.id}`), 200);
  await bodyOf(await make("My key"), 201);
});

Deno.test("POST …/keys: reports all problems in one answer", async () => {
  await using hark = await startTestApplication();
  const { id } = await hark.newService();
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ["name", "kind"]],
    [{ name: "", kind: "normal", secret: "x" }, ["name", "kind", "secret"]],
    [{ name: "x".repeat(256), kind: "live" }, ["name"]],
    [{ name: 7, kind: null }, ["name", "kind"]],
    [{ name: "a\nb", kind: "live" }, ["name"]],
  ];
  for (const [body, fields] of cases) {
    const answer = await hark.manage("POST", `${SERVICES}/${id}/keys`, body);
    const { errors } = await bodyOf(answer, 400);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), fields);
  }
});

Deno.test("DELETE …/keys/{key_id}: revokes immediately and permanently, and only keys of the service", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const path = `${SERVICES}/${service.id}/keys`;
  const { keys } = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual(keys.map(({ kind }: { kind: string }) => kind).sort(), ["live", "team", "test"]);
  const live = keys.find(({ kind }: { kind: string }) => kind === "live");
  for (const at of [`${SERVICES}/${other.id}/keys/${live.id}`, `${path}/${NO_ID}`, `${path}/x`]) {
    assert.equal(
      (await bodyOf(await hark.manage("DELETE", at), 404, at)).detail,
      "The service has no such key",
    );
  }
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
  const revoked = await bodyOf(await hark.manage("DELETE", `${path}/${live.id}`), 200);
  assert.deepEqual(withoutUse(revoked), { ...live, revoked_at: revoked.revoked_at });
  assert.notEqual(revoked.revoked_at, null);
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 403);
  assert.deepEqual(await bodyOf(await hark.manage("DELETE", `${path}/${live.id}`), 200), revoked);
  await bodyOf(await hark.as(service.keys.test, "POST", SMS, textTo(service)), 201);
});
