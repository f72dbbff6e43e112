import assert from "node:assert/strict";
import { CODE_VALID_MS } from "../../../domain/accounts/one_time_codes.ts";
import { countRows } from "../../contracts/isolate.ts";
import { NUMBER, openAccountsBench, PASSWORD, refusalOf, requestFrom, valueOf } from "./bench.ts";

const ADDRESS = "ann@dept.example";
const FORM = { name: "Ann Lee", password: PASSWORD, mobileNumber: NUMBER };

Deno.test("registration: creates an account after the mailbox and the number were proved", async () => {
  await using bench = await openAccountsBench();
  const { accounts, sent } = bench;
  valueOf(await accounts.registration.start(ADDRESS, requestFrom()));
  assert.equal(await accounts.operators.hasAnyUser(), false);
  const { path, token } = bench.linkTo(ADDRESS);
  assert.equal(path, `register/${token}`);
  assert.deepEqual(valueOf(await accounts.registration.open(token)), { emailAddress: ADDRESS });
  const opened = valueOf(await accounts.registration.complete(token, FORM, requestFrom()));
  assert.deepEqual([opened.stage, opened.next], ["first-factor", "text"]);
  const half = await bench.read(opened);
  assert.equal(half.stage, "first-factor");
  assert.equal(half.user.mobileNumber, undefined);
  assert.deepEqual(sent.map(({ name, to }) => [name, to]), [
    ["registration-link", ADDRESS],
    ["sign-in-code", "+447700900123"],
  ]);
  const state = await accounts.secondFactor.state(half);
  assert.equal(state.step, "text");
  assert.deepEqual(
    [state.sentCode?.numberEnding, state.sentCode?.triesLeft, state.sentCode?.status],
    ["123", 5, "created"],
  );
  const code = bench.codeTo("+447700900123");
  const whole = valueOf(await accounts.secondFactor.confirmText(half, code, false));
  assert.equal(whole.needsRecoveryCodes, true);
  assert.notEqual(whole.token, opened.token);
  assert.equal(await accounts.sessions.read(opened.token, undefined), undefined);
  const session = await bench.read(whole);
  assert.equal(session.stage, "complete");
  const { emailAddress, mobileNumber, name, isOperator } = session.user;
  assert.deepEqual([emailAddress, mobileNumber, name, isOperator], [
    ADDRESS,
    "+447700900123",
    "Ann Lee",
    false,
  ]);
});

Deno.test("registration.start: sends to an address with an account that it has one, with the same work", async () => {
  await using bench = await openAccountsBench();
  await bench.person(ADDRESS);
  valueOf(await bench.accounts.registration.start("new0@dept.example", requestFrom()));
  valueOf(await bench.accounts.registration.start(ADDRESS, requestFrom()));
  bench.calls();
  const known = valueOf(await bench.accounts.registration.start(ADDRESS, requestFrom()));
  const callsOfKnown = bench.calls();
  assert.equal(bench.sent.at(-1)?.name, "already-registered");
  const unknown = valueOf(
    await bench.accounts.registration.start("new@dept.example", requestFrom()),
  );
  assert.deepEqual(bench.calls(), callsOfKnown);
  assert.equal(bench.sent.at(-1)?.name, "registration-link");
  assert.equal(known, unknown);
});

Deno.test("registration.start: refuses an address that is not valid and a domain that may not register", async () => {
  await using bench = await openAccountsBench();
  const { registration } = bench.accounts;
  for (
    const [address, kind] of [
      ["ann", "email-address"],
      [".ann@@dept.example", "email-address"],
      ["ann@other.example", "domain-not-allowed"],
      ["ann@notdept.example", "domain-not-allowed"],
    ] as const
  ) {
    assert.equal(refusalOf(await registration.start(address, requestFrom())).kind, kind);
  }
  valueOf(await registration.start("ann@team.DEPT.example", requestFrom()));
  assert.equal(bench.sent.length, 1);
});

Deno.test("registration.start: sends 5 messages an hour and 10 a day to one address, and 30 an hour for one network", async () => {
  await using bench = await openAccountsBench();
  const { accounts, sent, time } = bench;
  const start = (address: string, from = "192.0.2.1") =>
    accounts.registration.start(address, requestFrom(from));
  for (let i = 0; i < 6; i++) valueOf(await start(ADDRESS, `198.51.${i}.1`));
  assert.equal(sent.length, 5);
  time.now += 60 * 60_000 - 1;
  valueOf(await start(ADDRESS, "198.51.10.1"));
  assert.equal(sent.length, 5);
  time.now += 1;
  for (let i = 0; i < 6; i++) valueOf(await start(ADDRESS, `198.51.${20 + i}.1`));
  assert.equal(sent.length, 10);
  time.now += 60 * 60_000;
  valueOf(await start(ADDRESS, "198.51.40.1"));
  assert.equal(sent.length, 10);
  for (let i = 0; i < 31; i++) valueOf(await start(`p${i}@dept.example`, `203.0.113.${i}`));
  assert.equal(sent.length, 40);
  valueOf(await start("q@dept.example", "203.0.114.1"));
  assert.equal(sent.length, 41);
});

Deno.test("registration.complete: takes a link once, for an hour, and not for an address with an account", async () => {
  await using bench = await openAccountsBench();
  const { accounts, time } = bench;
  const start = async () => {
    valueOf(await accounts.registration.start(ADDRESS, requestFrom()));
    return bench.linkTo(ADDRESS).token;
  };
  const complete = (token: string) => accounts.registration.complete(token, FORM, requestFrom());
  const [first, second] = [await start(), await start()];
  time.now += CODE_VALID_MS.registration;
  assert.deepEqual(refusalOf(await complete(first)), { kind: "link", because: "expired" });
  const [third, fourth] = [await start(), await start()];
  const racers = await Promise.all(Array.from({ length: 5 }, () => complete(third)));
  assert.equal(racers.filter(({ ok }) => ok).length, 1);
  for (const token of [third, fourth]) {
    assert.deepEqual(refusalOf(await complete(token)), { kind: "link", because: "used" });
    assert.equal((await accounts.registration.open(token)).ok, false);
  }
  for (const token of ["", "x", `${second.slice(1)}A`]) {
    assert.deepEqual(refusalOf(await complete(token)), { kind: "link", because: "unknown" });
  }
});

Deno.test("registration.complete: checks name, password and number, and leaves the link valid", async () => {
  await using bench = await openAccountsBench();
  const { registration } = bench.accounts;
  valueOf(await registration.start(ADDRESS, requestFrom()));
  const { token } = bench.linkTo(ADDRESS);
  for (
    const [field, refusal] of [
      [{ name: " \u200b " }, { kind: "name", because: "missing" }],
      [{ name: "é".repeat(256) }, { kind: "name", because: "too-long" }],
      [{ password: "elevenchars" }, { kind: "password", because: "too-short" }],
      [{ password: "ab".repeat(513) }, { kind: "password", because: "too-long" }],
      [{ password: "Example hark!" }, { kind: "password", because: "own-name" }],
      [{ mobileNumber: "020 7946 0018" }, { kind: "mobile-number", because: "not-mobile" }],
      [{ mobileNumber: "+380501234567" }, {
        kind: "mobile-number",
        because: "country-not-allowed",
      }],
      [{ mobileNumber: "" }, { kind: "mobile-number", because: "not-valid" }],
    ] as const
  ) {
    const form = { ...FORM, ...field };
    assert.deepEqual(refusalOf(await registration.complete(token, form, requestFrom())), refusal);
  }
  const form = { ...FORM, name: "<script>😀 עברית".repeat(10) };
  assert.equal((await registration.complete(token, form, requestFrom())).ok, true);
});

Deno.test("registration: a stranger who registers an address first gets nothing from its owner's link", async () => {
  await using bench = await openAccountsBench();
  const { accounts } = bench;
  // The stranger cannot give a password before the mailbox is proved; there is no account to take over.
  valueOf(await accounts.registration.start(ADDRESS, requestFrom("203.0.113.9")));
  const session = await bench.person(ADDRESS);
  assert.equal(session.user.emailAddress, ADDRESS);
  assert.equal(await countRows(bench.db, "users"), 1);
});
