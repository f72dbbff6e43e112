import assert from "node:assert/strict";
import { INVITATION_LIMIT } from "../../../domain/accounts/limits.ts";
import { INVITATION_VALID_MS } from "../../../domain/accounts/one_time_codes.ts";
import { may, type Role, ROLES } from "../../../domain/accounts/roles.ts";
import { accessTo, type Session } from "../../../domain/accounts/account.ts";
import type { InvitationId, ServiceId, UserId } from "../../../domain/ids.ts";
import { countRows } from "../../contracts/isolate.ts";
import { isGuest } from "../../../domain/recipient/recipient.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import {
  type AccountsBench,
  NUMBER,
  openAccountsBench,
  PASSWORD,
  refusalOf,
  requestFrom,
  valueOf,
} from "./bench.ts";

const ANN = "ann@dept.example";
const BOB = "bob@dept.example";

const actorOf = ({ user }: Session) => ({ kind: "user", id: user.id }) as const;

async function openWithService() {
  const bench = await openAccountsBench();
  const ann = await bench.person(ANN);
  const serviceId = await bench.newService(ann);
  return { ...bench, ann, serviceId };
}

function invite(
  { accounts }: AccountsBench,
  inviter: Session,
  serviceId: ServiceId,
  emailAddress: string,
  roles: readonly Role[] = ["view"],
) {
  const { name, isOperator } = inviter.user;
  return accounts.invitations.invite(
    actorOf(inviter),
    serviceId,
    { emailAddress, roles },
    { name, isOperator, serviceName: "Library" },
    requestFrom(),
  );
}

Deno.test("services.create: makes its creator a member with all roles, in trial mode, listed by name", async () => {
  await using bench = await openWithService();
  const { accounts, ann, serviceId } = bench;
  await bench.newService(ann, "Archive");
  const listed = await accounts.services.list(ann);
  assert.deepEqual(listed.map(({ service, roles }) => [service.name, service.mode, roles]), [
    ["Archive", "trial", ROLES],
    ["Library", "trial", ROLES],
  ]);
  assert.deepEqual(
    (await accounts.members.list(serviceId)).map(({ emailAddress }) => emailAddress),
    [
      ANN,
    ],
  );
  const taken = { id: serviceId, name: "Other", settings: DEFAULT_SETTINGS };
  assert.equal(valueOf(await accounts.services.create(ann, taken)).name, "Library");
  const bob = await bench.person(BOB, "07700 900456");
  assert.equal((await accounts.services.create(bob, taken)).ok, false);
  const half = { ...ann, stage: "first-factor" } as const;
  const fresh = { ...taken, id: crypto.randomUUID() as ServiceId };
  assert.equal(refusalOf(await accounts.services.create(half, fresh)).kind, "not-allowed");
});

Deno.test("sessions.read: has the service for its members and for operators only", async () => {
  await using bench = await openWithService();
  const { serviceId } = bench;
  const bob = await bench.person(BOB, "07700 900456");
  const { token } = valueOf(await bench.accounts.sessions.reauthenticate(bob, PASSWORD));
  assert.equal((await bench.read({ token }, serviceId)).service, undefined);
  const link = valueOf(
    await bench.accounts.operators.createLink({ kind: "system" }, BOB, "https://hark.test/"),
  );
  await bench.promote(bob, link.url.split("/").at(-1) ?? "");
  bench.calls();
  const operator = await bench.read({ token }, serviceId);
  assert.deepEqual(bench.calls(), { reads: 1, writes: 0 });
  assert.equal(operator.service?.name, "Library");
  assert.equal(may(accessTo(operator, serviceId), "change-team"), true);
  assert.equal(may(accessTo(operator, serviceId), "see-messages"), false);
});

Deno.test("invitations: an invited person registers, gives the second factor, and accepts", async () => {
  await using bench = await openWithService();
  const { accounts, ann, serviceId } = bench;
  const invitation = valueOf(await invite(bench, ann, serviceId, BOB, ["send", "templates"]));
  assert.equal(invitation.expiresAt, bench.time.now + INVITATION_VALID_MS);
  const message = bench.sent.at(-1);
  assert.deepEqual([message?.name, message?.to, message?.values.inviter, message?.values.service], [
    "invitation",
    BOB,
    "Ann Lee",
    "Library",
  ]);
  const { path, token } = bench.linkTo(BOB);
  assert.equal(path, `invitations/${token}`);
  const opened = valueOf(await accounts.invitations.open(token));
  assert.deepEqual([opened.serviceName, opened.inviterName, opened.hasAccount], [
    "Library",
    "Ann Lee",
    false,
  ]);
  const form = { name: "Bob", password: PASSWORD, mobileNumber: "07700 900456" };
  const session = valueOf(await accounts.invitations.register(token, form, requestFrom()));
  const half = await bench.read(session);
  assert.equal(refusalOf(await accounts.invitations.accept(half, token)).kind, "another-address");
  const whole = valueOf(
    await accounts.secondFactor.confirmText(half, bench.codeTo("+447700900456"), false),
  );
  const bob = await bench.read(whole);
  assert.equal(refusalOf(await accounts.invitations.accept(ann, token)).kind, "another-address");
  const racers = await Promise.all([1, 2, 3].map(() => accounts.invitations.accept(bob, token)));
  assert.equal(racers.filter(({ ok }) => ok).length, 1);
  const member = await bench.read(whole, serviceId);
  assert.deepEqual(member.memberships, [{ serviceId, roles: ["send", "templates"] }]);
  assert.equal(member.service?.id, serviceId);
  assert.deepEqual(refusalOf(await accounts.invitations.open(token)), {
    kind: "link",
    because: "used",
  });
  assert.equal(refusalOf(await invite(bench, ann, serviceId, BOB)).kind, "already-member");
});

Deno.test("invitations.invite: refuses an address that is invited, and a domain that may not register unless an operator invites", async () => {
  await using bench = await openWithService();
  const { accounts, ann, serviceId } = bench;
  valueOf(await invite(bench, ann, serviceId, BOB));
  assert.equal(
    refusalOf(await invite(bench, ann, serviceId, ` ${BOB.toUpperCase()}`)).kind,
    "already-invited",
  );
  assert.equal(refusalOf(await invite(bench, ann, serviceId, "bob")).kind, "email-address");
  const outside = "eve@other.example";
  assert.equal(refusalOf(await invite(bench, ann, serviceId, outside)).kind, "domain-not-allowed");
  const operator = { ...ann, user: { ...ann.user, isOperator: true } };
  valueOf(await invite(bench, operator, serviceId, outside));
  assert.equal((await accounts.invitations.list(serviceId)).length, 2);
  bench.time.now += INVITATION_VALID_MS;
  assert.deepEqual(refusalOf(await accounts.invitations.open(bench.linkTo(BOB).token)), {
    kind: "link",
    because: "expired",
  });
  valueOf(await invite(bench, ann, serviceId, BOB));
});

Deno.test("invitations: sent again gets a new link, and withdrawn works no more", async () => {
  await using bench = await openWithService();
  const { accounts: { invitations }, ann, serviceId } = bench;
  const { id } = valueOf(await invite(bench, ann, serviceId, BOB));
  const first = bench.linkTo(BOB).token;
  const inviter = { name: "Ann Lee", serviceName: "Library" };
  const again = (which: InvitationId) =>
    invitations.sendAgain(actorOf(ann), serviceId, which, inviter, requestFrom());
  valueOf(await again(id));
  const second = bench.linkTo(BOB).token;
  assert.equal(refusalOf(await invitations.open(first)).because, "unknown");
  assert.equal((await invitations.open(second)).ok, true);
  valueOf(await invitations.withdraw(actorOf(ann), serviceId, id));
  assert.equal(refusalOf(await invitations.open(second)).because, "withdrawn");
  assert.deepEqual(await invitations.list(serviceId), []);
  assert.equal(
    refusalOf(await invitations.withdraw(actorOf(ann), serviceId, id)).kind,
    "not-found",
  );
  assert.equal(refusalOf(await again(id)).kind, "not-found");
  const elsewhere = await bench.newService(ann);
  const third = valueOf(await invite(bench, ann, serviceId, "third@dept.example"));
  assert.equal(
    refusalOf(await invitations.withdraw(actorOf(ann), elsewhere, third.id)).kind,
    "not-found",
  );
});

Deno.test("invitations.invite: 100 a day of a service, and the limits of the address hold", async () => {
  await using bench = await openWithService();
  const { ann, serviceId } = bench;
  for (let i = 0; i < INVITATION_LIMIT.most; i++) {
    valueOf(await invite(bench, ann, serviceId, `p${i}@dept.example`));
  }
  const over = await invite(bench, ann, serviceId, "over@dept.example");
  assert.deepEqual(refusalOf(over), { kind: "too-many-invitations", retryAfterS: 86_400 });
  bench.time.now += INVITATION_LIMIT.perMs;
  const { id } = valueOf(await invite(bench, ann, serviceId, BOB));
  const inviter = { name: "Ann Lee", serviceName: "Library" };
  const before = bench.sent.length;
  for (let i = 0; i < 6; i++) {
    valueOf(
      await bench.accounts.invitations.sendAgain(
        actorOf(ann),
        serviceId,
        id,
        inviter,
        requestFrom(),
      ),
    );
  }
  assert.equal(bench.sent.length - before, 4);
});

Deno.test("members: keep at least one with manage, also of concurrent changes", async () => {
  await using bench = await openWithService();
  const { accounts: { members, invitations }, ann, serviceId } = bench;
  const bob = await bench.person(BOB, "07700 900456");
  valueOf(await invite(bench, ann, serviceId, BOB));
  valueOf(await invitations.accept(bob, bench.linkTo(BOB).token));
  const setRoles = (who: Session, roles: readonly Role[]) =>
    members.setRoles(actorOf(ann), serviceId, who.user.id, roles);
  assert.equal(refusalOf(await setRoles(ann, ["view"])).kind, "last-manager");
  const remove = (who: Session) => members.remove(actorOf(ann), serviceId, who.user.id);
  assert.equal(refusalOf(await remove(ann)).kind, "last-manager");
  valueOf(await setRoles(ann, ["manage"]));
  valueOf(await setRoles(bob, ["manage", "view"]));
  const both = await Promise.all([setRoles(ann, []), remove(bob)]);
  assert.equal(both.filter(({ ok }) => ok).length, 1);
  const managers = (await members.list(serviceId)).filter(({ roles }) => roles.includes("manage"));
  assert.equal(managers.length, 1);
  const stranger = { ...bob, user: { ...bob.user, id: crypto.randomUUID() as UserId } };
  assert.equal(refusalOf(await setRoles(stranger, ["view"])).kind, "not-found");
  assert.equal(refusalOf(await remove(stranger)).kind, "not-found");
});

Deno.test("members: a removed member's session has the service no more", async () => {
  await using bench = await openWithService();
  const { accounts, ann, serviceId } = bench;
  const bob = await bench.person(BOB, "07700 900456");
  valueOf(await invite(bench, ann, serviceId, BOB, ["keys"]));
  valueOf(await accounts.invitations.accept(bob, bench.linkTo(BOB).token));
  const { token } = valueOf(await accounts.sessions.reauthenticate(bob, PASSWORD));
  assert.equal(
    may(accessTo(await bench.read({ token }, serviceId), serviceId), "change-keys"),
    true,
  );
  valueOf(await accounts.members.remove(actorOf(ann), serviceId, bob.user.id));
  const after = await bench.read({ token }, serviceId);
  assert.equal(after.service, undefined);
  assert.equal(may(accessTo(after, serviceId), "see-overview"), false);
});

Deno.test("settings: change name, password and address, with a message to the address before, and deactivate", async () => {
  await using bench = await openWithService();
  const { accounts: { members, settings, signIn }, ann, serviceId } = bench;
  valueOf(await settings.setName(ann, "  Ann \n Smith "));
  assert.equal((await members.list(serviceId))[0]?.name, "Ann Smith");
  valueOf(await settings.startEmailChange(ann, "ann.smith@dept.example", requestFrom()));
  const { path, token } = bench.linkTo("ann.smith@dept.example");
  assert.equal(path, `account/email/${token}`);
  assert.equal((await members.list(serviceId))[0]?.emailAddress, ANN);
  valueOf(await settings.openEmailChange(token));
  valueOf(await settings.completeEmailChange(token, requestFrom()));
  assert.deepEqual([bench.sent.at(-1)?.name, bench.sent.at(-1)?.to], ["email-changed", ANN]);
  assert.equal(
    refusalOf(await settings.completeEmailChange(token, requestFrom())).because,
    "used",
  );
  assert.equal((await members.list(serviceId))[0]?.emailAddress, "ann.smith@dept.example");
  const sign = (emailAddress: string, password: string) =>
    signIn.withPassword({ emailAddress, password }, undefined, requestFrom());
  assert.equal((await sign(ANN, PASSWORD)).ok, false);
  const password = "eight yellow tricycles";
  valueOf(await settings.setPassword(ann, password));
  assert.equal((await sign("ann.smith@dept.example", password)).ok, true);
  assert.equal(refusalOf(await settings.deactivate(ann)).kind, "last-manager");
  const bob = await bench.person(BOB, "07700 900456");
  valueOf(await settings.deactivate(bob));
  assert.equal((await sign(BOB, PASSWORD)).ok, false);
  assert.equal(await countRows(bench.db, "users"), 1);
  // The address is free again.
  assert.equal((await bench.person(BOB, NUMBER)).user.name, "Ann Lee");
});

Deno.test("operators: the link makes an account an operator's, new or not, once", async () => {
  await using bench = await openAccountsBench({
    policy: { registrationDomains: [], hasEmail: false },
  });
  const { accounts } = bench;
  const tokenFor = async (address: string) => {
    const link = await accounts.operators.createLink(
      { kind: "admin-token" },
      address,
      "https://hark.test/",
    );
    return valueOf(link).url.replace("https://hark.test/operators/", "");
  };
  const token = await tokenFor(ANN);
  assert.deepEqual(valueOf(await accounts.operators.open(token)), {
    emailAddress: ANN,
    hasAccount: false,
  });
  const form = { name: "Ann", password: PASSWORD, mobileNumber: NUMBER };
  const opened = valueOf(await accounts.operators.register(token, form, requestFrom()));
  const half = await bench.read(opened);
  assert.deepEqual([half.user.isOperator, half.stage], [true, "first-factor"]);
  assert.equal((await accounts.operators.register(token, form, requestFrom())).ok, false);
  assert.equal(
    refusalOf(await accounts.registration.start(BOB, requestFrom())).kind,
    "no-email-provider",
  );
  assert.equal(
    refusalOf(await accounts.operators.createLink({ kind: "system" }, "x", "/")).kind,
    "email-address",
  );
  const other = await tokenFor(BOB);
  assert.equal(
    refusalOf(await accounts.operators.accept({ ...half, stage: "complete" }, other)).kind,
    "another-address",
  );
  bench.time.now += 60 * 60_000;
  assert.deepEqual(refusalOf(await accounts.operators.open(other)), {
    kind: "link",
    because: "expired",
  });
});

Deno.test("SendingContexts.load: the guests have the team's proved addresses as keyed hashes, as they change", async () => {
  await using bench = await openWithService();
  const { accounts, ann, contexts, serviceId } = bench;
  const guests = async () => {
    const context = await contexts.load(serviceId, { fresh: false });
    assert.ok(context);
    const { guests } = context;
    // Nothing in the cached context tells an address or a number of the team.
    const kept = JSON.stringify(guests);
    for (const part of ["ann@", "bob@", "robert@", "7700900123", "7700900456"]) {
      assert.ok(!kept.includes(part), part);
    }
    return guests;
  };
  const areGuests = async (recipients: readonly string[]) => {
    const list = await guests();
    return recipients.map((recipient) => isGuest(recipient, list));
  };
  const everybody = [ANN, NUMBER, BOB, "07700 900456", "robert@dept.example", "guest@x.example"];
  assert.deepEqual(await areGuests(everybody), [true, true, false, false, false, false]);
  assert.equal((await guests()).team?.hashes.length, 2);
  await bench.management.setGuests(serviceId, {
    emailAddresses: ["guest@x.example"],
    phoneNumbers: [],
  }, bench.time.now);
  const bob = await bench.person(BOB, "07700 900456");
  valueOf(await invite(bench, ann, serviceId, BOB));
  valueOf(await accounts.invitations.accept(bob, bench.linkTo(BOB).token));
  assert.deepEqual(await areGuests(everybody), [true, true, true, true, false, true]);
  valueOf(await accounts.settings.startEmailChange(bob, "robert@dept.example", requestFrom()));
  const { token } = bench.linkTo("robert@dept.example");
  valueOf(await accounts.settings.completeEmailChange(token, requestFrom()));
  assert.deepEqual(await areGuests(everybody), [true, true, false, true, true, true]);
  const { manageAccount } = bench;
  valueOf(await manageAccount({ kind: "admin-token" }, "robert@dept.example", "block"));
  assert.deepEqual(await areGuests(everybody), [true, true, false, false, false, true]);
  // Another process has it cached: the revision tells it.
  const elsewhere = await bench.another();
  await elsewhere.contexts.load(serviceId, { fresh: false });
  valueOf(await manageAccount({ kind: "admin-token" }, "robert@dept.example", "unblock"));
  valueOf(await accounts.members.remove(actorOf(ann), serviceId, bob.user.id));
  const fresh = await elsewhere.contexts.load(serviceId, { fresh: true });
  assert.deepEqual(
    everybody.map((recipient) => fresh && isGuest(recipient, fresh.guests)),
    [true, true, false, false, false, true],
  );
});

Deno.test("SendingContexts.load: a spelling of a team member's address is a guest, another channel's is not", async () => {
  await using bench = await openWithService();
  const context = await bench.contexts.load(bench.serviceId, { fresh: false });
  assert.ok(context);
  const { guests } = context;
  for (
    const [recipient, channel] of [[" ANN@Dept.Example ", "email"], [
      "+447700900123",
      "sms",
    ]] as const
  ) {
    assert.equal(isGuest(recipient, guests, { channel }), true, recipient);
  }
  for (const recipient of ["", "a", "ann+1@dept.example", "07700 900124"]) {
    assert.equal(isGuest(recipient, guests), false, recipient);
  }
});
