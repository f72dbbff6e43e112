import assert from "node:assert/strict";
import { INSTALLATION, type NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { ManagementTokenId, ServiceId } from "../../domain/ids.ts";
import type { NewManagementToken } from "../../domain/ports/management_token_store.ts";
import { openAccountStores } from "../../runtime/accounts.ts";
import type { Backend } from "./backends.ts";
import { countRows, type Isolate, newSender, openBench, START } from "./isolate.ts";

const HOUR_MS = 3_600_000;

const newSecret = () =>
  crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });

const tokensOf = ({ db, encryption, clock }: Isolate) =>
  openAccountStores({ db, encryption, clock, forget: () => {} });

const entry = (action: NewAuditEntry["action"]): NewAuditEntry => ({
  chain: INSTALLATION,
  actor: { kind: "admin-token" },
  action,
});

function newToken(fields: Partial<NewManagementToken> = {}): NewManagementToken {
  return {
    id: crypto.randomUUID() as ManagementTokenId,
    name: "Backups",
    serviceId: undefined,
    isReadOnly: false,
    expiresAt: undefined,
    secret: newSecret(),
    ...fields,
  };
}

/** The contract of the store of management tokens, with two processes over one database. */
export function managementTokensContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`management tokens ${name} (${backend.name})`, run);

  test("create: stores a token with its audit entry, found by its secret in one round trip", async () => {
    await using bench = await openBench(backend);
    const { serviceId } = await newSender(bench);
    const { managementTokens: tokens, audit } = tokensOf(bench);
    const other = tokensOf(await bench.another()).managementTokens;
    const token = newToken({ serviceId, isReadOnly: true, expiresAt: START + 9 });
    const created = await tokens.create(token, entry("management-token-created"), START);
    const { secret, ...shown } = token;
    assert.deepEqual(created, {
      ...shown,
      createdAt: START,
      revokedAt: undefined,
      lastUsedAt: undefined,
    });
    await other.find(newSecret());
    const before = bench.database.connection?.roundTrips;
    assert.deepEqual(await other.find(secret), created);
    if (before !== undefined) assert.equal(bench.database.connection?.roundTrips, before + 1);
    assert.equal(await other.find(newSecret()), undefined);
    assert.equal(await other.find(token.id), undefined);
    const entries = await audit.list(INSTALLATION, { olderThan: undefined, limit: 9 });
    assert.deepEqual(entries.map(({ action }) => action), ["management-token-created"]);
  });

  test("create: writes nothing for an id that is taken or a service that does not exist", async () => {
    await using bench = await openBench(backend);
    const { managementTokens: tokens } = tokensOf(bench);
    const other = tokensOf(await bench.another()).managementTokens;
    const token = newToken();
    const made = entry("management-token-created");
    const both = await Promise.all([
      tokens.create(token, made, START),
      other.create({ ...token, secret: newSecret() }, made, START),
    ]);
    assert.equal(both.filter((result) => result === "already-created").length, 1);
    assert.equal(await tokens.create(token, made, START), "already-created");
    const nowhere = newToken({ serviceId: crypto.randomUUID() as ServiceId });
    assert.equal(await tokens.create(nowhere, made, START), "no-service");
    assert.equal(await countRows(bench.db, "management_tokens"), 1);
    assert.equal(await countRows(bench.db, "audit_log"), 1);
  });

  test("revoke: is idempotent, with one audit entry, also of two processes at once", async () => {
    await using bench = await openBench(backend);
    const { managementTokens: tokens } = tokensOf(bench);
    const other = tokensOf(await bench.another()).managementTokens;
    const token = newToken();
    await tokens.create(token, entry("management-token-created"), START);
    const revoked = entry("management-token-revoked");
    const both = await Promise.all([
      tokens.revoke(token.id, revoked, START + 1),
      other.revoke(token.id, revoked, START + 1),
    ]);
    assert.deepEqual(both.map((result) => result?.revokedAt), [START + 1, START + 1]);
    assert.equal((await tokens.revoke(token.id, revoked, START + 2))?.revokedAt, START + 1);
    assert.equal((await other.find(token.secret))?.revokedAt, START + 1);
    assert.deepEqual(await other.get(token.id), await other.find(token.secret));
    assert.equal(await countRows(bench.db, "audit_log"), 2);
    const unknown = crypto.randomUUID() as ManagementTokenId;
    assert.equal(await tokens.revoke(unknown, revoked, START), undefined);
    assert.equal(await tokens.get(unknown), undefined);
  });

  test("noteUse: keeps the later use; list: pages the tokens, newest first", async () => {
    await using bench = await openBench(backend);
    const { managementTokens: tokens } = tokensOf(bench);
    const all = [newToken(), newToken(), newToken()];
    for (const [index, token] of all.entries()) {
      await tokens.create(token, entry("management-token-created"), START + index);
    }
    const [first, second, third] = all;
    assert.ok(first && second && third);
    const page = await tokens.list({}, 2);
    assert.deepEqual(page.map(({ id }) => id), [third.id, second.id]);
    assert.deepEqual((await tokens.list({ olderThan: second.id }, 2)).map(({ id }) => id), [
      first.id,
    ]);
    const newer = await tokens.list({ newerThan: first.id }, 1);
    assert.deepEqual(newer.map(({ id }) => id), [second.id]);
    const newest = await tokens.list({ newerThan: first.id }, 3);
    assert.deepEqual(newest.map(({ id }) => id), [third.id, second.id]);
    await tokens.noteUse(first.id, START - HOUR_MS, START);
    await tokens.noteUse(first.id, START - 1, START + HOUR_MS - 1);
    assert.equal((await tokens.find(first.secret))?.lastUsedAt, START);
    await tokens.noteUse(first.id, START, START + HOUR_MS);
    assert.equal((await tokens.find(first.secret))?.lastUsedAt, START + HOUR_MS);
  });
}
