import assert from "node:assert/strict";
import { INSTALLATION } from "../../../domain/accounts/audit.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { VerifiedChain } from "../../../domain/ports/audit_store.ts";
import { openAccountStores } from "../../../runtime/accounts.ts";
import { openAuditRetention } from "../../../runtime/audit_retention.ts";
import { readAccountConfig } from "../../../runtime/account_variables.ts";
import { reencryptKeys } from "../../../adapters/libsql/keys/master_key.ts";
import { countRows, DAY_MS, MASTER_KEY } from "../../contracts/isolate.ts";
import { type AccountsBench, openAccountsBench, PASSWORD, requestFrom, valueOf } from "./bench.ts";

const ADDRESS = "ann@dept.example";
const CONFIG = readAccountConfig({}, "production");

const actions = async (bench: AccountsBench) =>
  (await bench.accounts.audit.list(INSTALLATION, { olderThan: undefined, limit: 100 }))
    .map(({ action }) => action).reverse();

async function verify({ db, encryption, clock }: AccountsBench): Promise<VerifiedChain[]> {
  const { audit } = openAccountStores({ db, encryption, clock, forget: () => {} });
  return await Array.fromAsync(audit.verify());
}

Deno.test("audit: has an entry of each step of an account, with the actor's name", async () => {
  await using bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  await bench.accounts.sessions.signOut(session);
  assert.deepEqual(await actions(bench), [
    "account-registered",
    "second-factor-given",
    "signed-out",
  ]);
  const [last] = await bench.accounts.audit.list(INSTALLATION, { olderThan: undefined, limit: 1 });
  assert.deepEqual([last?.sequence, last?.actorName, last?.at], [3, "Ann Lee", bench.time.now]);
});

Deno.test("audit: no entry for a step that was refused", async () => {
  await using bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  const before = await actions(bench);
  const { secondFactor, sessions, signIn } = bench.accounts;
  await signIn.withPassword({ emailAddress: ADDRESS, password: "wrong" }, undefined, requestFrom());
  await sessions.reauthenticate(session, "wrong");
  await secondFactor.confirmText(session, "000000", false);
  await secondFactor.confirmRecoveryCode(session, "aaaa-aaaa-aaaa-aaaa", false);
  await bench.accounts.registration.start(ADDRESS, requestFrom());
  assert.deepEqual(await actions(bench), before);
});

Deno.test("audit.list: filters by person, action and day, and pages by number", async () => {
  await using bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  const { audit, settings } = bench.accounts;
  const day = 24 * 60 * 60_000;
  for (let i = 0; i < 5; i++) valueOf(await settings.setName(session, `Ann ${i}`));
  bench.time.now += day;
  valueOf(await settings.setName(session, "Ann"));
  const query = { olderThan: undefined, limit: 3 };
  const list = async (more: Parameters<typeof audit.list>[1]) =>
    (await audit.list(INSTALLATION, more)).map(({ sequence }) => sequence);
  assert.deepEqual(await list(query), [8, 7, 6]);
  assert.deepEqual(await list({ ...query, olderThan: 6 }), [5, 4, 3]);
  assert.deepEqual(await list({ limit: 3, newerThan: 3 }), [6, 5, 4]);
  assert.deepEqual(await list({ limit: 3, newerThan: 7 }), [8]);
  assert.deepEqual(await list({ ...query, since: bench.time.now }), [8]);
  assert.deepEqual(await list({ ...query, until: bench.time.now }), [7, 6, 5]);
  assert.deepEqual(await list({ ...query, action: "account-registered" }), [1]);
  assert.deepEqual(await list({ ...query, actor: session.user.id }), [8, 7, 6]);
  assert.deepEqual(await list({ ...query, actor: crypto.randomUUID() as UserId }), []);
});

Deno.test("audit: entries of concurrent steps follow each other, of several processes too", async () => {
  await using bench = await openAccountsBench();
  await bench.person(ADDRESS);
  const other = await bench.another();
  const stores = [bench, other].map(({ db, encryption, clock }) =>
    openAccountStores({ db, encryption, clock, forget: () => {} })
  );
  await Promise.all(Array.from({ length: 20 }, (_, i) =>
    stores[i % 2]?.audit.append({
      chain: INSTALLATION,
      actor: { kind: "system" },
      action: "operator-link-created",
    }, bench.time.now)));
  const [chain] = await verify(bench);
  assert.deepEqual([chain?.chain, chain?.lastSequence, chain?.brokenAt], [
    "installation",
    22,
    undefined,
  ]);
  assert.match(chain?.lastMac ?? "", /^[0-9a-f]{64}$/);
});

/** A change of the file, and the number of the entry at which the chain is broken then. */
const FORGERIES = [
  ["UPDATE audit_log SET at = at + 1 WHERE sequence = 2", 2],
  ["UPDATE audit_log SET facts = '{}' WHERE sequence = 2", 2],
  ["UPDATE audit_log SET action = 'signed-out' WHERE sequence = 1", 1],
  ["UPDATE audit_log SET actor_kind = 'system' WHERE sequence = 3", 3],
  ["UPDATE audit_log SET actor_id = NULL WHERE sequence = 3", 3],
  ["UPDATE audit_log SET subject = 'x' WHERE sequence = 3", 3],
  ["UPDATE audit_log SET mac = zeroblob(32) WHERE sequence = 3", 3],
  ["DELETE FROM audit_log WHERE sequence = 2", 3],
  ["DELETE FROM audit_log WHERE sequence = 1", 2],
  ["UPDATE audit_log SET sequence = 9 WHERE sequence = 3", 4],
  ["UPDATE audit_log SET chain = randomblob(16) WHERE sequence = 2", 3],
  ["UPDATE audit_log SET at = -at WHERE sequence = 4", 4],
  ["UPDATE audit_log SET facts = facts || ' ' WHERE sequence = 4", 4],
  ["UPDATE audit_log SET subject = '' WHERE sequence = 4", 4],
  ["UPDATE audit_log SET actor_id = randomblob(16) WHERE sequence = 4", 4],
  ["UPDATE audit_log SET mac = randomblob(32) WHERE sequence = 4", 4],
] as const;

Deno.test("audit.verify: finds any entry that was changed, taken out or put in", async () => {
  for (const [change, brokenAt] of FORGERIES) {
    await using bench = await openAccountsBench();
    const session = await bench.person(ADDRESS);
    await bench.accounts.sessions.reauthenticate(session, PASSWORD);
    await bench.accounts.sessions.endOthers(session);
    await bench.db.write(["DROP TRIGGER audit_log_is_append_only", change]);
    const [chain] = await verify(bench);
    assert.equal(chain?.brokenAt, brokenAt, change);
  }
});

Deno.test("audit.verify: is tested with a change of each column of the audit log", async () => {
  await using bench = await openAccountsBench();
  const [columns] = await bench.db.read(["SELECT name FROM pragma_table_info('audit_log')"]);
  const changed = FORGERIES.map(([change]) => /SET (\w+) =/.exec(change)?.[1]);
  for (const { name } of columns?.rows ?? []) {
    assert.ok(changed.includes(String(name)), String(name));
  }
  assert.equal(columns?.rows.length, 9);
});

Deno.test("audit_log: an entry cannot be changed by a statement", async () => {
  await using bench = await openAccountsBench();
  await bench.person(ADDRESS);
  await assert.rejects(
    async () => await bench.db.write(["UPDATE audit_log SET facts = '{}'"]),
    /cannot be changed/,
  );
});

Deno.test("audit.verify: the chain of a service is its own", async () => {
  await using bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  const serviceId = await bench.newService(session);
  const chains = await verify(bench);
  assert.deepEqual(
    new Map(chains.map(({ chain, lastSequence }) => [chain, lastSequence])),
    new Map<string, number>([["installation", 2], [serviceId, 1]]),
  );
});

Deno.test("createAuditRetention: cuts old entries but the last, leaves a signed MAC, and verify goes on from there", async () => {
  await using bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  const { settings } = bench.accounts;
  const { db, encryption, clock, time } = bench;
  const retention = openAuditRetention({ db, encryption, clock }, {
    ...CONFIG,
    auditRetentionDays: 10,
  }, undefined);
  time.now += 5 * DAY_MS;
  valueOf(await settings.setName(session, "Ann B"));
  valueOf(await settings.setName(session, "Ann C"));
  time.now += 5 * DAY_MS;
  assert.equal(await retention.purge(time.now, 100), 0);
  time.now += 1;
  assert.equal(await retention.purge(time.now, 1), 1);
  assert.equal(await retention.purge(time.now, 100), 1);
  assert.equal(await retention.purge(time.now, 100), 0);
  assert.equal((await verify(bench))[0]?.brokenAt, undefined);
  time.now += 100 * DAY_MS;
  while (await retention.purge(time.now, 100) > 0);
  assert.deepEqual(await actions(bench), ["name-changed"]);
  valueOf(await settings.setName(session, "Ann D"));
  const [chain] = await verify(bench);
  assert.deepEqual([chain?.lastSequence, chain?.brokenAt], [5, undefined]);
  await db.write([
    "UPDATE audit_cuts SET sequence = 4, mac = (SELECT mac FROM audit_log WHERE sequence = 4)",
    "DELETE FROM audit_log WHERE sequence = 4",
  ]);
  assert.equal((await verify(bench))[0]?.brokenAt, 4);
});

Deno.test("createAccountRetention: deletes codes a day, sessions and invitations 30 days after their end", async () => {
  await using bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  const serviceId = await bench.newService(session);
  valueOf(
    await bench.accounts.invitations.invite(
      { kind: "admin-token" },
      serviceId,
      { emailAddress: "bob@dept.example", roles: [] },
      { isOperator: true, name: undefined, serviceName: "Library" },
      requestFrom(),
    ),
  );
  const { retention, time } = bench;
  const purge = async () => {
    while (await retention.purge(time.now, 100) > 0);
    const count = async (table: string) => await countRows(bench.db, table);
    return [await count("user_codes"), await count("sessions"), await count("invitations")];
  };
  time.now += 60 * 60_000 + DAY_MS;
  assert.deepEqual(await purge(), [1, 1, 1]);
  time.now += 1;
  assert.deepEqual(await purge(), [0, 1, 1]);
  time.now += 30 * DAY_MS;
  assert.deepEqual(await purge(), [0, 0, 1]);
  time.now += 7 * DAY_MS;
  assert.deepEqual(await purge(), [0, 0, 0]);
});

Deno.test("accounts: stay readable and the audit log verifiable when the master key was rotated", async () => {
  await using bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  const { token } = valueOf(await bench.accounts.sessions.reauthenticate(session, PASSWORD));
  const other = new Uint8Array(32).fill(9);
  const both = await bench.another([other, MASTER_KEY]);
  await reencryptKeys(both.db, both.encryption);
  const { db, encryption, clock } = await bench.another([other]);
  const stores = openAccountStores({ db, encryption, clock, forget: () => {} });
  const found = await stores.sessions.read(token, undefined, bench.time.now);
  assert.equal(found?.user.emailAddress, ADDRESS);
  await stores.audit.append(
    { chain: INSTALLATION, actor: { kind: "system" }, action: "signed-out" },
    bench.time.now,
  );
  const [chain] = await Array.fromAsync(stores.audit.verify());
  assert.deepEqual([chain?.lastSequence, chain?.brokenAt], [4, undefined]);
});
