import assert from "node:assert/strict";
import { INSTALLATION, type NewAuditEntry } from "../../domain/accounts/audit.ts";
import { SECOND_FACTOR_LIMIT, SIGN_IN_LIMIT, windowCharges } from "../../domain/accounts/limits.ts";
import { ROLES } from "../../domain/accounts/roles.ts";
import type { InvitationId, ServiceId, SessionId, UserId } from "../../domain/ids.ts";
import { DEFAULT_SETTINGS } from "../../domain/service/service.ts";
import { openAccountStores } from "../../runtime/accounts.ts";
import type { Backend } from "./backends.ts";
import { type Bench, countRows, dump, type Isolate, openBench, START } from "./isolate.ts";

const ADDRESS = "ann@dept.example";
const NUMBER = "+447700900123";
const PASSWORD_HASH = "hash of a password";

const emailAddress = (address = ADDRESS) => ({ address, normalised: address.toLowerCase() });
const newToken = () =>
  crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });
const noCharges = { network: "here", chargesOf: () => [] };

function entry(
  action: NewAuditEntry["action"],
  chain: NewAuditEntry["chain"] = INSTALLATION,
): NewAuditEntry {
  return { chain, actor: { kind: "system" }, action };
}

const storesOf = ({ db, encryption, clock, contexts }: Isolate) =>
  openAccountStores({ db, encryption, clock, forget: (id) => contexts.forget(id) });

function newSession(token = newToken()) {
  return {
    id: crypto.randomUUID() as SessionId,
    token,
    browser: "Firefox",
    address: "192.0.2.7",
    expiresAt: START + 20 * 60 * 60_000,
  };
}

/** Registers an account, with a session of stage `first-factor`. */
async function register(stores: ReturnType<typeof storesOf>, address = ADDRESS) {
  const token = newToken();
  const link = { purpose: "registration", token, emailAddress: emailAddress(address) } as const;
  await stores.links.issue(link, noCharges, START);
  const session = newSession();
  const userId = crypto.randomUUID() as UserId;
  const user = await stores.accounts.register(
    { purpose: "registration", token },
    { id: userId, name: "Ann Lee", passwordHash: PASSWORD_HASH, language: "en" },
    session,
    entry("account-registered"),
    START,
  );
  assert.equal(user?.id, userId);
  return { userId, session, sessionId: session.id };
}

async function openTwo(backend: Backend): Promise<
  Bench & { readonly stores: readonly ReturnType<typeof storesOf>[] }
> {
  const bench = await openBench(backend);
  const other = await bench.another();
  return { ...bench, stores: [storesOf(bench), storesOf(other)] };
}

/** The contract of the stores of accounts, with two processes over one database. */
export function accountsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`accounts ${name} (${backend.name})`, run);

  test("register: of two processes with links to one address one creates the account", async () => {
    await using bench = await openTwo(backend);
    const tokens = [newToken(), newToken()];
    for (const token of tokens) {
      await bench.stores[0]?.links.issue(
        { purpose: "registration", token, emailAddress: emailAddress() },
        noCharges,
        START,
      );
    }
    const users = await Promise.all(
      tokens.map((token, index) =>
        bench.stores[index]?.accounts.register(
          { purpose: "registration", token },
          {
            id: crypto.randomUUID() as UserId,
            name: "Ann",
            passwordHash: PASSWORD_HASH,
            language: "uk",
          },
          newSession(),
          entry("account-registered"),
          START,
        )
      ),
    );
    assert.equal(users.filter((user) => user !== undefined).length, 1);
    assert.equal(await countRows(bench.db, "users"), 1);
    const entries = await bench.stores[1]?.audit.list(INSTALLATION, {
      olderThan: undefined,
      limit: 9,
    });
    assert.deepEqual(entries?.map(({ action }) => action), ["account-registered"]);
  });

  test("read: a session with person, memberships and service in one round trip", async () => {
    await using bench = await openTwo(backend);
    const [stores, others] = bench.stores;
    assert.ok(stores && others);
    const { userId, session } = await register(stores);
    const serviceId = crypto.randomUUID() as ServiceId;
    const service = { id: serviceId, name: "Library", settings: DEFAULT_SETTINGS };
    await stores.teams.createService(service, userId, entry("service-created", serviceId), START);
    const before = bench.database.connection?.roundTrips;
    const found = await stores.sessions.read(session.token, serviceId, START);
    if (before !== undefined) assert.equal(bench.database.connection?.roundTrips, before + 1);
    assert.equal(found?.user.name, "Ann Lee");
    assert.equal(found?.service?.name, "Library");
    assert.deepEqual(found?.memberships, [{ serviceId, roles: ROLES }]);
    assert.equal(await others.sessions.read(newToken(), serviceId, START), undefined);
    assert.equal((await others.sessions.read(session.token, undefined, START))?.service, undefined);
  });

  test("takeText: 30 wrong tries of two processes at once are exactly five", async () => {
    await using bench = await openTwo(backend);
    const [stores] = bench.stores;
    assert.ok(stores);
    const { userId, sessionId } = await register(stores);
    const code = { id: crypto.randomUUID(), sessionId, userId, number: NUMBER, code: "123456" };
    assert.deepEqual(await stores.secondFactors.issueText(code, () => [], START), {
      kind: "issued",
    });
    const promotion = { sessionId, userId, token: newToken(), rememberedBrowser: undefined };
    const taken = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        bench.stores[i % 2]?.secondFactors.takeText(
          promotion,
          String(i).padStart(6, "0"),
          () => entry("second-factor-given"),
          START,
        )),
    );
    assert.equal(taken.filter((result) => result?.kind === "wrong").length, 5);
    assert.equal(taken.filter((result) => result?.kind === "spent").length, 25);
  });

  test("takeText: of 8 racers in two processes one raises the session, with one entry", async () => {
    await using bench = await openTwo(backend);
    const [stores] = bench.stores;
    assert.ok(stores);
    const { userId, sessionId } = await register(stores);
    const code = { id: crypto.randomUUID(), sessionId, userId, number: NUMBER, code: "123456" };
    await stores.secondFactors.issueText(code, () => [], START);
    const tokens = Array.from({ length: 8 }, newToken);
    const taken = await Promise.all(
      tokens.map((token, i) =>
        bench.stores[i % 2]?.secondFactors.takeText(
          { sessionId, userId, token, rememberedBrowser: newToken() },
          "123456",
          () => entry("second-factor-given"),
          START,
        )
      ),
    );
    const winner = taken.findIndex((result) => result?.kind === "right");
    assert.equal(taken.filter((result) => result?.kind === "right").length, 1);
    for (const [index, token] of tokens.entries()) {
      const found = await stores.sessions.read(token, undefined, START);
      assert.equal(found?.stage, index === winner ? "complete" : undefined);
    }
    const entries = await stores.audit.list(INSTALLATION, { olderThan: undefined, limit: 9 });
    assert.deepEqual(entries.map(({ action }) => action), [
      "second-factor-given",
      "account-registered",
    ]);
  });

  test("countTry, begin: count at most the limit of concurrent tries, and a window ends", async () => {
    await using bench = await openTwo(backend);
    const [stores] = bench.stores;
    assert.ok(stores);
    const { userId } = await register(stores);
    const tries = await Promise.all(
      Array.from(
        { length: 12 },
        (_, i) => bench.stores[i % 2]?.secondFactors.countTry(userId, SECOND_FACTOR_LIMIT, START),
      ),
    );
    const allowed = tries.filter((result) => result?.limitedUntil === undefined);
    assert.equal(allowed.length, SECOND_FACTOR_LIMIT.most);
    const attempt = { emailAddress: ADDRESS, network: "here", rememberedBrowser: undefined };
    const begun = await Promise.all(
      Array.from(
        { length: 15 },
        (_, i) => bench.stores[i % 2]?.signIns.begin(attempt, SIGN_IN_LIMIT, START),
      ),
    );
    assert.equal(
      begun.filter((result) => result?.limitedUntil === undefined).length,
      SIGN_IN_LIMIT.most,
    );
    const end = START + SIGN_IN_LIMIT.perMs;
    assert.equal((await stores.signIns.begin(attempt, SIGN_IN_LIMIT, end - 1)).limitedUntil, end);
    assert.equal((await stores.signIns.begin(attempt, SIGN_IN_LIMIT, end)).limitedUntil, undefined);
  });

  test("issue: counts all charges or none, and a window of a clock that was ahead does not count", async () => {
    await using bench = await openTwo(backend);
    const [stores] = bench.stores;
    assert.ok(stores);
    const issue = async (now: number) => {
      const link = {
        purpose: "registration",
        token: newToken(),
        emailAddress: emailAddress(),
      } as const;
      const { isAllowed } = await stores.links.issue(link, {
        network: "here",
        chargesOf: ({ address, network }) => [
          ...windowCharges(`a:${address}`, [{ most: 2, perMs: 1000 }], now),
          ...windowCharges(`n:${network}`, [{ most: 3, perMs: 2000 }], now),
        ],
      }, now);
      return isAllowed;
    };
    const at = [0, 0, 0, 1000, 1000, 2000];
    const allowed: boolean[] = [];
    for (const offset of at) allowed.push(await issue(START + offset));
    assert.deepEqual(allowed, [true, true, false, true, false, true]);
    assert.equal(await issue(START - 600_000), true);
  });

  test("setRoles, removeMember: of two processes that take the last two managers' roles one succeeds", async () => {
    await using bench = await openTwo(backend);
    const [stores] = bench.stores;
    assert.ok(stores);
    const ann = await register(stores);
    const bob = await register(stores, "bob@dept.example");
    const serviceId = crypto.randomUUID() as ServiceId;
    const of = (action: NewAuditEntry["action"]) => entry(action, serviceId);
    const service = { id: serviceId, name: "Library", settings: DEFAULT_SETTINGS };
    await stores.teams.createService(service, ann.userId, of("service-created"), START);
    const invitation = {
      id: crypto.randomUUID() as InvitationId,
      serviceId,
      emailAddress: emailAddress("bob@dept.example"),
      roles: ["manage"] as const,
      token: newToken(),
      expiresAt: START + 1,
    };
    const issued = await stores.teams.invite(
      invitation,
      { service: [], address: () => [] },
      of("invitation-created"),
      START,
    );
    assert.equal(issued.kind, "invited");
    assert.equal(
      await stores.teams.acceptInvitation(
        invitation.token,
        ann.userId,
        of("invitation-accepted"),
        START,
      ),
      false,
    );
    assert.equal(
      await stores.teams.acceptInvitation(
        invitation.token,
        bob.userId,
        of("invitation-accepted"),
        START,
      ),
      true,
    );
    const changes = await Promise.all([
      stores.teams.setRoles(serviceId, ann.userId, ["view"], of("member-roles-changed"), START),
      bench.stores[1]?.teams.removeMember(serviceId, bob.userId, of("member-removed"), START),
    ]);
    assert.deepEqual(new Set(changes), new Set(["changed", "last-manager"]));
    const chains = await Array.fromAsync(stores.audit.verify());
    assert.deepEqual(chains.map(({ brokenAt }) => brokenAt), [undefined, undefined]);
  });

  test("no name, address, number, token or code is in the database as text", async () => {
    await using bench = await openTwo(backend);
    const [stores] = bench.stores;
    assert.ok(stores);
    const { userId, sessionId, session } = await register(stores);
    const code = { id: crypto.randomUUID(), sessionId, userId, number: NUMBER, code: "739155" };
    await stores.secondFactors.issueText(code, () => [], START);
    const promotion = { sessionId, userId, token: newToken(), rememberedBrowser: newToken() };
    await stores.secondFactors.takeText(
      promotion,
      "739155",
      () => entry("second-factor-given"),
      START,
    );
    await stores.secondFactors.startTotp(sessionId, userId, "JBSWY3DPEHPK3PXP", START);
    const text = JSON.stringify(await dump(bench.db));
    for (
      const secret of [
        ADDRESS,
        "Ann Lee",
        NUMBER,
        NUMBER.slice(1),
        "739155",
        "JBSWY3DPEHPK3PXP",
        "Firefox",
        "192.0.2.7",
        session.token,
        promotion.token,
        promotion.rememberedBrowser,
      ]
    ) assert.equal(text.includes(secret), false, secret);
  });
}
