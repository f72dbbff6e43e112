import assert from "node:assert/strict";
import { SIGN_IN_LIMIT } from "../../../domain/accounts/limits.ts";
import { SESSION_IDLE_MS, SESSION_MS } from "../../../domain/accounts/one_time_codes.ts";
import { openAccountsBench, PASSWORD, refusalOf, requestFrom, valueOf } from "./bench.ts";

const ADDRESS = "ann@dept.example";
const MOBILE = "+447700900123";

async function openWithPerson() {
  const bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  const signIn = (
    {
      password = PASSWORD,
      emailAddress = ADDRESS,
      from = "192.0.2.7",
      browser = undefined as string | undefined,
    } = {},
  ) => bench.accounts.signIn.withPassword({ emailAddress, password }, browser, requestFrom(from));
  return { ...bench, session, signIn };
}

/** The ids of the person's sessions that last. */
async function activeOf({ accounts, session }: Awaited<ReturnType<typeof openWithPerson>>) {
  return (await accounts.sessions.list(session)).filter(({ isActive }) => isActive)
    .map(({ id }) => id);
}

Deno.test("signIn.withPassword: opens a first-factor session and sends the code, in any spelling of the address", async () => {
  await using bench = await openWithPerson();
  for (const emailAddress of [ADDRESS, " ANN@Dept.Example "]) {
    const opened = valueOf(await bench.signIn({ emailAddress }));
    assert.deepEqual([opened.stage, opened.next], ["first-factor", "text"]);
    assert.equal(bench.sent.at(-1)?.to, MOBILE);
    assert.equal((await bench.read(opened)).stage, "first-factor");
  }
});

Deno.test("signIn.withPassword: does the same work for a known and an unknown address, right or wrong", async () => {
  await using bench = await openWithPerson();
  const work = async (run: () => Promise<unknown>) => {
    const before = bench.hashes();
    bench.calls();
    await run();
    return { ...bench.calls(), hashes: bench.hashes() - before };
  };
  const known = await work(() => bench.signIn({ password: "wrong wrong wrong" }));
  const unknown = await work(() => bench.signIn({ emailAddress: "no@dept.example" }));
  const noAddress = await work(() => bench.signIn({ emailAddress: "x".repeat(10_000) }));
  assert.deepEqual(known, { reads: 0, writes: 1, hashes: 1 });
  assert.deepEqual([unknown, noAddress], [known, known]);
});

Deno.test("signIn.withPassword: refuses for 15 minutes after 10 failures of the address from the network, and only there", async () => {
  await using bench = await openWithPerson();
  const wrong = { password: "wrong wrong wrong" };
  for (let i = 0; i < SIGN_IN_LIMIT.most; i++) {
    assert.equal(refusalOf(await bench.signIn(wrong)).kind, "wrong-credentials");
  }
  assert.deepEqual(refusalOf(await bench.signIn()), {
    kind: "too-many-failures",
    retryAfterS: 900,
  });
  assert.equal((await bench.signIn({ from: "192.0.3.7" })).ok, true);
  assert.equal(refusalOf(await bench.signIn({ from: "192.0.2.200" })).kind, "too-many-failures");
  bench.time.now += SIGN_IN_LIMIT.perMs - 1;
  assert.deepEqual(refusalOf(await bench.signIn()), { kind: "too-many-failures", retryAfterS: 1 });
  bench.time.now += 1;
  assert.equal((await bench.signIn()).ok, true);
});

Deno.test("signIn.withPassword: a success takes the failures back, and of many guesses at once ten are compared", async () => {
  await using bench = await openWithPerson();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < SIGN_IN_LIMIT.most - 1; i++) await bench.signIn({ password: "wrong" });
    assert.equal((await bench.signIn()).ok, true);
  }
  const before = bench.hashes();
  const guesses = await Promise.all(
    Array.from({ length: 20 }, (_, i) => bench.signIn({ password: `wrong wrong ${i}` })),
  );
  const kinds = guesses.map((guess) => refusalOf(guess).kind);
  assert.equal(kinds.filter((kind) => kind === "wrong-credentials").length, SIGN_IN_LIMIT.most);
  assert.equal(bench.hashes() - before, SIGN_IN_LIMIT.most);
});

Deno.test("signIn.withPassword: refuses a password over 1,024 bytes before it is hashed", async () => {
  await using bench = await openWithPerson();
  const before = bench.hashes();
  assert.equal(
    refusalOf(await bench.signIn({ password: "п".repeat(513) })).kind,
    "wrong-credentials",
  );
  assert.equal(bench.hashes(), before);
});

Deno.test("signIn.withPassword: refuses a blocked account as a wrong password, and ends its sessions", async () => {
  await using bench = await openWithPerson();
  const { manageAccount } = bench;
  valueOf(await manageAccount({ kind: "system" }, ADDRESS, "block"));
  assert.equal(refusalOf(await bench.signIn()).kind, "wrong-credentials");
  assert.deepEqual(await activeOf(bench), []);
  valueOf(await manageAccount({ kind: "system" }, ADDRESS, "unblock"));
  assert.equal((await bench.signIn()).ok, true);
  for (const [address, kind] of [["no@dept.example", "not-found"], ["x", "email-address"]]) {
    const refused = await manageAccount({ kind: "system" }, address ?? "", "block");
    assert.equal(refusalOf(refused).kind, kind);
  }
});

Deno.test("sessions.read: ends a session after 20 hours, and after 8 without a request; it notes at most every 5 minutes that it was seen", async () => {
  await using bench = await openWithPerson();
  const { secondFactor, sessions } = bench.accounts;
  const opened = valueOf(await bench.signIn());
  const whole = valueOf(
    await secondFactor.confirmText(await bench.read(opened), bench.codeTo(MOBILE), false),
  );
  const begun = bench.time.now;
  bench.calls();
  bench.time.now += 5 * 60_000 - 1;
  await bench.read(whole);
  assert.deepEqual(bench.calls(), { reads: 1, writes: 0 });
  bench.time.now += 1;
  await bench.read(whole);
  assert.deepEqual(bench.calls(), { reads: 1, writes: 1 });
  bench.time.now += SESSION_IDLE_MS - 1;
  await bench.read(whole);
  bench.time.now += SESSION_IDLE_MS;
  assert.equal(await sessions.read(whole.token, undefined), undefined);
  bench.time.now -= 60_000;
  await bench.read(whole);
  bench.time.now = begun + SESSION_MS - 1;
  await bench.read(whole);
  bench.time.now += 1;
  assert.equal(await sessions.read(whole.token, undefined), undefined);
  for (const token of ["", "nonsense", "x".repeat(100_000)]) {
    assert.equal(await sessions.read(token, undefined), undefined);
  }
});

Deno.test("sessions: lists them with browser and address, ends one, ends the others, signs out", async () => {
  await using bench = await openWithPerson();
  const { sessions } = bench.accounts;
  const others = [
    valueOf(await bench.signIn()),
    valueOf(await bench.signIn({ from: "2001:db8::1" })),
  ];
  const listed = await sessions.list(bench.session);
  assert.equal(listed.length, 3);
  assert.deepEqual(
    new Set(listed.map(({ browser, address }) => `${browser} ${address}`)),
    new Set(["Firefox 192.0.2.7", "Firefox 2001:db8::1"]),
  );
  const [first] = others;
  assert.ok(first);
  const { id } = await bench.read(first);
  assert.equal(await sessions.end(bench.session, id), true);
  assert.equal(await sessions.end(bench.session, id), false);
  assert.equal(await sessions.read(first.token, undefined), undefined);
  await sessions.endOthers(bench.session);
  assert.deepEqual(await activeOf(bench), [bench.session.id]);
  await sessions.signOut(bench.session);
  assert.deepEqual(await activeOf(bench), []);
  // Recent sign-ins stay in the list.
  assert.equal((await sessions.list(bench.session)).length, 3);
});

Deno.test("sessions.reauthenticate: gives the session a new token and 15 minutes", async () => {
  await using bench = await openWithPerson();
  const { settings, sessions } = bench.accounts;
  bench.time.now += 15 * 60_000 - 1;
  const request = requestFrom();
  assert.equal((await settings.startEmailChange(bench.session, "x", request)).ok, false);
  bench.time.now += 1;
  assert.deepEqual(
    refusalOf(await settings.startEmailChange(bench.session, "b@dept.example", request)),
    { kind: "reauthentication-needed" },
  );
  assert.equal(
    refusalOf(await sessions.reauthenticate(bench.session, "wrong")).kind,
    "wrong-credentials",
  );
  const renewed = valueOf(await sessions.reauthenticate(bench.session, PASSWORD));
  valueOf(
    await settings.startEmailChange(await bench.read(renewed), "b@dept.example", request),
  );
  for (let i = 0; i < SIGN_IN_LIMIT.most; i++) await sessions.reauthenticate(bench.session, "no");
  assert.equal(
    refusalOf(await sessions.reauthenticate(bench.session, PASSWORD)).kind,
    "too-many-failures",
  );
});

Deno.test("signIn.reset: sets a new password once, ends all sessions, keeps the second factor", async () => {
  await using bench = await openWithPerson();
  const { signIn } = bench.accounts;
  valueOf(await signIn.startReset(ADDRESS, requestFrom()));
  valueOf(await signIn.startReset(ADDRESS, requestFrom()));
  const { path, token } = bench.linkTo(ADDRESS);
  assert.equal(path, `sign-in/new-password/${token}`);
  assert.deepEqual(valueOf(await signIn.openReset(token)), { emailAddress: ADDRESS });
  assert.equal(refusalOf(await signIn.reset(token, "short")).kind, "password");
  const other = "eight yellow tricycles";
  const racers = await Promise.all([1, 2, 3].map(() => signIn.reset(token, other)));
  assert.equal(racers.filter(({ ok }) => ok).length, 1);
  assert.deepEqual(refusalOf(await signIn.openReset(token)), { kind: "link", because: "used" });
  assert.deepEqual(await activeOf(bench), []);
  assert.equal(refusalOf(await bench.signIn()).kind, "wrong-credentials");
  assert.equal(valueOf(await bench.signIn({ password: other })).next, "text");
});

Deno.test("signIn.startReset: does the same for an address without an account, which it tells so", async () => {
  await using bench = await openWithPerson();
  const { signIn } = bench.accounts;
  const reset = async (address: string) => {
    bench.calls();
    valueOf(await signIn.startReset(address, requestFrom()));
    return bench.calls();
  };
  await reset("warm@dept.example");
  await reset(ADDRESS);
  assert.deepEqual(await reset(ADDRESS), await reset("nobody@dept.example"));
  assert.deepEqual(bench.sent.slice(-2).map(({ name }) => name), [
    "password-reset-link",
    "no-account",
  ]);
});
