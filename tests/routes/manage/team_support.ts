/** People with accounts, for tests of the management API. */
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { INSTALLATION } from "../../../domain/accounts/audit.ts";
import type { Role } from "../../../domain/accounts/roles.ts";
import type { InvitationId, ServiceId, SessionId, UserId } from "../../../domain/ids.ts";
import { openAccountStores } from "../../../runtime/accounts.ts";
import { MASTER_KEY, type TestApplication } from "../../support/application.ts";

const SYSTEM = { kind: "system" } as const;

/** Opens the stores of accounts over the database of an application under test. */
export async function openStores(hark: Pick<TestApplication, "db">) {
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  return openAccountStores({ db: hark.db, encryption, clock: createClock(), forget: () => {} });
}

/** Creates an account, which is an operator's. The password is of no use. */
export async function newUser(hark: TestApplication, address: string): Promise<UserId> {
  const { accounts, links, secrets } = await openStores(hark);
  const [now, token, id] = [Date.now(), secrets.newToken(), crypto.randomUUID() as UserId];
  const emailAddress = { address, normalised: address };
  const entry = { chain: INSTALLATION, actor: SYSTEM, action: "account-registered" } as const;
  await links.issueByOperator({ purpose: "operator", token, emailAddress }, entry, now);
  const user = await accounts.register(
    { purpose: "operator", token },
    { id, name: `Name of ${address}`, passwordHash: "none", language: "en" },
    {
      id: crypto.randomUUID() as SessionId,
      token: secrets.newToken(),
      browser: "",
      address: undefined,
      expiresAt: now + 60_000,
    },
    entry,
    now,
  );
  assert.ok(user !== undefined);
  return id;
}

/** Creates an account and makes it a member of a service. */
export async function newMember(
  hark: TestApplication,
  serviceId: string,
  address: string,
  roles: readonly Role[],
): Promise<UserId> {
  const { teams, secrets } = await openStores(hark);
  const userId = await newUser(hark, address);
  const [now, token] = [Date.now(), secrets.newToken()];
  const chain = serviceId as ServiceId;
  const entry = { chain, actor: SYSTEM, action: "invitation-created" } as const;
  await teams.invite(
    {
      id: crypto.randomUUID() as InvitationId,
      serviceId: chain,
      emailAddress: { address, normalised: address },
      roles,
      token,
      expiresAt: now + 60_000,
    },
    { service: [], address: () => [] },
    entry,
    now,
  );
  assert.ok(
    await teams.acceptInvitation(token, userId, { ...entry, action: "invitation-accepted" }, now),
  );
  return userId;
}
