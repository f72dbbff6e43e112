import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  assertError,
  bodyOf,
  callAt,
  HOUR,
  movableClock,
  newServiceWithTemplates,
  SMS,
  textTo,
} from "../support.ts";
import { test } from "../../support/runner.ts";

const keysOf = (serviceId: string) => `/manage/services/${serviceId}/keys`;

async function lastUse(hark: TestApplication, serviceId: string, keyId: string) {
  await hark.backgroundWork.purge(new AbortController().signal);
  const { keys } = await bodyOf(await hark.manage("GET", keysOf(serviceId)), 200);
  return keys.find(({ id }: { id: string }) => id === keyId).last_used_at;
}

Deno.test("POST …/keys: a key with expires_at works until then, also when its service is cached", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const path = keysOf(service.id);
  const expires_at = new Date(clock.now() + HOUR).toISOString();
  const body = { name: "Short", kind: "live", expires_at };
  const made = await bodyOf(await hark.manage("POST", path, body), 201);
  assert.equal(made.expires_at, expires_at);
  const send = () => callAt(hark, clock, made.key, "POST", SMS, textTo(service));
  clock.advance(HOUR - 1);
  await bodyOf(await send(), 201);
  clock.advance(1);
  await assertError(await send(), 403, "AuthError", "Invalid token: API key expired");
  await bodyOf(await callAt(hark, clock, made.key, "GET", "/v2/templates"), 403);
  const { keys } = await bodyOf(await hark.manage("GET", path), 200);
  const { key: _key, ...shown } = made;
  assert.deepEqual(keys.find(({ id }: { id: string }) => id === made.id).expires_at, expires_at);
  assert.equal((await bodyOf(await hark.manage("DELETE", `${path}/${made.id}`), 200)).id, shown.id);
  for (const wrong of ["soon", new Date(clock.now()).toISOString(), 7, {}]) {
    const refused = await hark.manage("POST", path, { ...body, name: "X", expires_at: wrong });
    const { errors } = await bodyOf(refused, 400);
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), ["expires_at"]);
  }
  const forever = { ...body, name: "Long", expires_at: null };
  const { id } = await bodyOf(await hark.manage("POST", path, forever), 201);
  const last = (await bodyOf(await hark.manage("GET", path), 200)).keys.at(-1);
  assert.deepEqual([last.id, "expires_at" in last, "last_used_at" in last], [id, false, false]);
});

test.inside("GET …/keys: has the last use of a key, exact to an hour; a use raises no revision", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const { keys } = await bodyOf(await hark.manage("GET", keysOf(service.id)), 200);
  const { id } = keys.find(({ kind }: { kind: string }) => kind === "live");
  const revision = async () => {
    const [result] = await hark.db.read(["SELECT revision FROM services"]);
    return result?.rows[0]?.["revision"];
  };
  const before = await revision();
  assert.equal(await lastUse(hark, service.id, id), undefined);
  const first = new Date(clock.now()).toISOString();
  await bodyOf(await callAt(hark, clock, service.keys.live, "POST", SMS, textTo(service)), 201);
  assert.equal(await lastUse(hark, service.id, id), first);
  clock.advance(HOUR - 1);
  await bodyOf(await callAt(hark, clock, service.keys.live, "GET", "/v2/templates"), 200);
  assert.equal(await lastUse(hark, service.id, id), first);
  clock.advance(1);
  const second = new Date(clock.now()).toISOString();
  await bodyOf(await callAt(hark, clock, service.keys.live, "GET", "/v2/templates"), 200);
  assert.equal(await lastUse(hark, service.id, id), second);
  assert.equal(await revision(), before);
});
