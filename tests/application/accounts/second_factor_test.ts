import assert from "node:assert/strict";
import { TOTP } from "otpauth";
import { Secret } from "otpauth";
import { TEXT_LIMITS } from "../../../domain/accounts/limits.ts";
import {
  CODE_VALID_MS,
  MAX_TEXT_TRIES,
  TEXT_AGAIN_MS,
} from "../../../domain/accounts/one_time_codes.ts";
import { NUMBER, openAccountsBench, PASSWORD, refusalOf, requestFrom, valueOf } from "./bench.ts";

const ADDRESS = "ann@dept.example";
const MOBILE = "+447700900123";

async function openWithPerson() {
  const bench = await openAccountsBench();
  const session = await bench.person(ADDRESS);
  bench.time.now += TEXT_AGAIN_MS;
  const signIn = async (rememberedBrowser?: string) =>
    valueOf(
      await bench.accounts.signIn.withPassword(
        { emailAddress: ADDRESS, password: PASSWORD },
        rememberedBrowser,
        requestFrom(),
      ),
    );
  const half = async () => await bench.read(await signIn());
  return { ...bench, session, signIn, half };
}

/** A code that is not this one. */
function wrongCode(code: string, by = 1): string {
  return String((Number(code) + by) % 1_000_000).padStart(6, "0");
}

function totpCode(secret: string, at: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
}

Deno.test("secondFactor.confirmText: 30 guesses at once count as exactly 5 tries", async () => {
  await using bench = await openWithPerson();
  const half = await bench.half();
  const code = bench.codeTo(MOBILE);
  const guesses = await Promise.all(
    Array.from(
      { length: 30 },
      (_, i) => bench.accounts.secondFactor.confirmText(half, wrongCode(code, i + 1), false),
    ),
  );
  const refusals = guesses.map(refusalOf);
  assert.equal(refusals.filter(({ kind }) => kind === "wrong-code").length, MAX_TEXT_TRIES);
  assert.equal(refusals.filter(({ kind }) => kind === "code-spent").length, 25);
  assert.equal(
    refusalOf(await bench.accounts.secondFactor.confirmText(half, code, false)).kind,
    "code-spent",
  );
});

Deno.test("secondFactor.confirmText: of 8 racers with the right code one completes the session", async () => {
  await using bench = await openWithPerson();
  const half = await bench.half();
  const code = bench.codeTo(MOBILE);
  const racers = await Promise.all(
    Array.from({ length: 8 }, () => bench.accounts.secondFactor.confirmText(half, code, false)),
  );
  assert.equal(racers.filter(({ ok }) => ok).length, 1);
  for (const racer of racers) {
    if (!racer.ok) assert.equal(racer.refusal.kind, "code-used");
  }
  assert.equal((await bench.accounts.sessions.list(half)).length, 2);
});

Deno.test("secondFactor.confirmText: the fifth try may be right, a code lasts 10 minutes, only the last one counts", async () => {
  await using bench = await openWithPerson();
  const { secondFactor } = bench.accounts;
  const half = await bench.half();
  const first = bench.codeTo(MOBILE);
  for (let i = 1; i < MAX_TEXT_TRIES; i++) {
    assert.deepEqual(
      refusalOf(await secondFactor.confirmText(half, wrongCode(first, i), false)),
      { kind: "wrong-code", triesLeft: MAX_TEXT_TRIES - i },
    );
  }
  for (const typed of ["", "12345", "1234567", "abcdef"]) {
    assert.equal(refusalOf(await secondFactor.confirmText(half, typed, false)).kind, "not-a-code");
  }
  const spaced = ` ${first.slice(0, 3)} ${first.slice(3)} `;
  assert.equal((await secondFactor.confirmText(half, spaced, false)).ok, true);

  const again = await bench.half();
  const second = bench.codeTo(MOBILE);
  bench.time.now += CODE_VALID_MS.text;
  assert.equal(
    refusalOf(await secondFactor.confirmText(again, second, false)).kind,
    "code-expired",
  );
  valueOf(await secondFactor.sendText(again, requestFrom()));
  const third = bench.codeTo(MOBILE);
  bench.time.now += TEXT_AGAIN_MS;
  valueOf(await secondFactor.sendText(again, requestFrom()));
  if (third !== bench.codeTo(MOBILE)) {
    assert.equal(refusalOf(await secondFactor.confirmText(again, third, false)).kind, "wrong-code");
  }
  bench.time.now += CODE_VALID_MS.text - 1;
  assert.equal((await secondFactor.confirmText(again, bench.codeTo(MOBILE), false)).ok, true);
});

Deno.test("secondFactor.sendText: a new code after 60 seconds, 5 an hour of a person", async () => {
  await using bench = await openAccountsBench();
  const { registration, secondFactor } = bench.accounts;
  valueOf(await registration.start(ADDRESS, requestFrom()));
  const form = { name: "Ann", password: PASSWORD, mobileNumber: NUMBER };
  const opened = valueOf(
    await registration.complete(bench.linkTo(ADDRESS).token, form, requestFrom()),
  );
  const half = await bench.read(opened);
  const begun = bench.time.now;
  bench.time.now += TEXT_AGAIN_MS - 1;
  assert.deepEqual(refusalOf(await secondFactor.sendText(half, requestFrom())), {
    kind: "too-soon",
    retryAfterS: 1,
  });
  bench.time.now += 1;
  const [{ most, perMs }] = TEXT_LIMITS.user;
  for (let i = 1; i < most; i++) {
    valueOf(await secondFactor.sendText(half, requestFrom()));
    bench.time.now += TEXT_AGAIN_MS;
  }
  assert.deepEqual(refusalOf(await secondFactor.sendText(half, requestFrom())), {
    kind: "too-many-codes",
    retryAfterS: (begun + perMs - bench.time.now) / 1000,
  });
  assert.equal(bench.sent.filter(({ name }) => name === "sign-in-code").length, most);
  bench.time.now = begun + perMs;
  valueOf(await secondFactor.sendText(half, requestFrom()));
});

Deno.test("secondFactor.sendText: 10 codes an hour to one number, and 200 of the deployment", async () => {
  await using bench = await openAccountsBench();
  const counted = () => bench.sent.filter(({ name }) => name === "sign-in-code").length;
  const register = async (index: number, mobileNumber: string) => {
    const address = `p${index}@dept.example`;
    const request = requestFrom(`10.${index % 200}.1.1`);
    valueOf(await bench.accounts.registration.start(address, request));
    const form = { name: "Ann", password: PASSWORD, mobileNumber };
    return valueOf(
      await bench.accounts.registration.complete(bench.linkTo(address).token, form, request),
    );
  };
  for (let i = 0; i < 10; i++) assert.equal((await register(i, NUMBER)).next, "text");
  assert.equal((await register(10, NUMBER)).next, "enrol-number");
  assert.equal(counted(), 10);
  const [{ most }] = TEXT_LIMITS.deployment;
  for (let i = counted(); i < most; i++) {
    assert.equal((await register(100 + i, `07700 900${String(200 + i)}`)).next, "text");
  }
  assert.deepEqual(bench.logged, []);
  assert.equal((await register(999, "07700 900999")).next, "enrol-number");
  assert.equal((await register(998, "07700 900998")).next, "enrol-number");
  assert.equal(counted(), most);
  assert.deepEqual(bench.logged.map(({ event }) => event), ["warning"]);
});

Deno.test("secondFactor: a session with the password alone cannot set up another factor", async () => {
  await using bench = await openWithPerson();
  const { secondFactor } = bench.accounts;
  const half = await bench.half();
  assert.equal(
    refusalOf(await secondFactor.proveNumber(half, "07700 900999", requestFrom())).kind,
    "not-allowed",
  );
  assert.equal(refusalOf(await secondFactor.startTotp(half)).kind, "not-allowed");
  assert.equal(
    refusalOf(await secondFactor.createRecoveryCodes(half, crypto.randomUUID())).kind,
    "reauthentication-needed",
  );
  assert.equal(refusalOf(await secondFactor.removeTotp(half)).kind, "reauthentication-needed");
});

Deno.test("secondFactor: a number that was to be proved before the account had a factor does not replace it", async () => {
  await using bench = await openAccountsBench();
  const { registration, secondFactor, signIn } = bench.accounts;
  valueOf(await registration.start(ADDRESS, requestFrom()));
  const form = { name: "Ann", password: PASSWORD, mobileNumber: NUMBER };
  const opened = valueOf(
    await registration.complete(bench.linkTo(ADDRESS).token, form, requestFrom()),
  );
  const stranger = valueOf(
    await signIn.withPassword(
      { emailAddress: ADDRESS, password: PASSWORD },
      undefined,
      requestFrom(),
    ),
  );
  const strangers = await bench.read(stranger);
  valueOf(await secondFactor.proveNumber(strangers, "07700 900999", requestFrom()));
  const half = await bench.read(opened);
  valueOf(await secondFactor.confirmText(half, bench.codeTo(MOBILE), false));
  assert.equal(
    refusalOf(await secondFactor.confirmText(strangers, bench.codeTo("+447700900999"), false)).kind,
    "not-allowed",
  );
});

Deno.test("secondFactor.proveNumber: changes the number of a complete session after re-authentication", async () => {
  await using bench = await openWithPerson();
  const { secondFactor, sessions } = bench.accounts;
  valueOf(await secondFactor.proveNumber(bench.session, "07700 900999", requestFrom()));
  const changed = valueOf(
    await secondFactor.confirmText(bench.session, bench.codeTo("+447700900999"), false),
  );
  const session = await bench.read(changed);
  assert.equal(session.user.mobileNumber, "+447700900999");
  const [entry] = await bench.accounts.audit.list("installation", {
    olderThan: undefined,
    limit: 1,
  });
  assert.equal(entry?.action, "mobile-number-changed");
  assert.equal(await sessions.read("x", undefined), undefined);
  bench.time.now += 15 * 60_000;
  assert.equal(
    refusalOf(await secondFactor.proveNumber(session, NUMBER, requestFrom())).kind,
    "reauthentication-needed",
  );
});

Deno.test("secondFactor: TOTP takes one step before and after, and no step twice", async () => {
  await using bench = await openWithPerson();
  const { secondFactor } = bench.accounts;
  const { secret, uri } = valueOf(await secondFactor.startTotp(bench.session));
  assert.match(uri, /^otpauth:\/\/totp\/Hark:ann%40dept\.example\?/);
  assert.deepEqual(
    refusalOf(
      await secondFactor.addTotp(bench.session, totpCode(secret, bench.time.now + 600_000)),
    ),
    { kind: "wrong-code", triesLeft: 4 },
  );
  const added = valueOf(
    await secondFactor.addTotp(bench.session, totpCode(secret, bench.time.now)),
  );
  assert.equal((await bench.read(added)).user.hasTotp, true);
  const half = await bench.read(await bench.signIn());
  assert.equal((await secondFactor.state(half)).step, "totp");
  // The step of the set-up was used.
  assert.equal(
    refusalOf(await secondFactor.confirmTotp(half, totpCode(secret, bench.time.now), false)).kind,
    "code-used",
  );
  const next = totpCode(secret, bench.time.now + 30_000);
  const racers = await Promise.all(
    [1, 2, 3].map(() => secondFactor.confirmTotp(half, next, false)),
  );
  assert.equal(racers.filter(({ ok }) => ok).length, 1);
  assert.equal(
    refusalOf(
      await secondFactor.confirmTotp(
        await bench.half(),
        totpCode(secret, bench.time.now - 30_000),
        false,
      ),
    ).kind,
    "code-used",
  );
});

Deno.test("secondFactor.confirmTotp: refuses for 15 minutes after 5 wrong codes", async () => {
  await using bench = await openWithPerson();
  const { secondFactor } = bench.accounts;
  const { secret } = valueOf(await secondFactor.startTotp(bench.session));
  valueOf(await secondFactor.addTotp(bench.session, totpCode(secret, bench.time.now)));
  bench.time.now += 60_000;
  const half = await bench.half();
  const wrong = wrongCode(totpCode(secret, bench.time.now), 7);
  for (let i = 0; i < 5; i++) {
    assert.equal(refusalOf(await secondFactor.confirmTotp(half, wrong, false)).kind, "wrong-code");
  }
  const right = () => secondFactor.confirmTotp(half, totpCode(secret, bench.time.now), false);
  assert.deepEqual(refusalOf(await right()), { kind: "too-many-failures", retryAfterS: 900 });
  bench.time.now += 15 * 60_000;
  assert.equal((await right()).ok, true);
});

Deno.test("secondFactor: ten recovery codes, each once, replaced by new ones", async () => {
  await using bench = await openWithPerson();
  const { secondFactor } = bench.accounts;
  const codes = valueOf(await secondFactor.createRecoveryCodes(bench.session, crypto.randomUUID()));
  assert.equal(new Set(codes).size, 10);
  assert.match(codes[0] ?? "", /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
  const confirm = async (code: string) =>
    await secondFactor.confirmRecoveryCode(await bench.half(), code, false);
  const used = valueOf(await confirm(` ${codes[0]?.toUpperCase()} `));
  assert.equal(used.needsRecoveryCodes, false);
  assert.equal(refusalOf(await confirm(codes[0] ?? "")).kind, "code-used");
  assert.equal(refusalOf(await confirm("aaaa-aaaa-aaaa-aaaa")).kind, "wrong-code");
  valueOf(await secondFactor.createRecoveryCodes(bench.session, crypto.randomUUID()));
  assert.equal(refusalOf(await confirm(codes[1] ?? "")).kind, "wrong-code");
});

Deno.test("secondFactor: recovery codes of a form that is sent twice are created once, also at the same time", async () => {
  await using bench = await openWithPerson();
  const { secondFactor } = bench.accounts;
  const setId = crypto.randomUUID();
  const create = () => secondFactor.createRecoveryCodes(bench.session, setId);
  const results = await Promise.all([create(), create()]);
  results.push(await create());
  const created = results.flatMap((result) => result.ok ? [result.value] : []);
  assert.equal(created.length, 1);
  assert.deepEqual(
    results.flatMap((result) => result.ok ? [] : [result.refusal.kind]),
    ["already-created", "already-created"],
  );
  const [code = ""] = created[0] ?? [];
  valueOf(await secondFactor.confirmRecoveryCode(await bench.half(), code, false));
  // A used code is still the mark of its set.
  assert.equal(refusalOf(await create()).kind, "already-created");
});

Deno.test("secondFactor: a remembered browser needs no second factor for 30 days, and is forgotten with a change", async () => {
  await using bench = await openWithPerson();
  const { secondFactor, settings } = bench.accounts;
  const half = await bench.half();
  const { rememberedBrowser } = valueOf(
    await secondFactor.confirmText(half, bench.codeTo(MOBILE), true),
  );
  assert.ok(rememberedBrowser);
  assert.equal(rememberedBrowser.expiresAt, bench.time.now + 30 * 24 * 60 * 60_000);
  const { token } = rememberedBrowser;
  assert.deepEqual((await bench.signIn(token)).stage, "complete");
  assert.deepEqual((await bench.signIn(`${token.slice(1)}A`)).stage, "first-factor");
  valueOf(await settings.setPassword(bench.session, PASSWORD));
  assert.equal((await bench.signIn(token)).stage, "first-factor");
});

Deno.test("secondFactor: without an SMS provider an authenticator app takes its place", async () => {
  await using bench = await openAccountsBench({ policy: { hasSms: false } });
  const { registration, secondFactor } = bench.accounts;
  valueOf(await registration.start(ADDRESS, requestFrom()));
  const form = { name: "Ann", password: PASSWORD, mobileNumber: "" };
  const opened = valueOf(
    await registration.complete(bench.linkTo(ADDRESS).token, form, requestFrom()),
  );
  assert.equal(opened.next, "enrol-totp");
  const half = await bench.read(opened);
  assert.equal(refusalOf(await secondFactor.sendText(half, requestFrom())).kind, "no-number");
  const { secret } = valueOf(await secondFactor.startTotp(half));
  const whole = valueOf(await secondFactor.addTotp(half, totpCode(secret, bench.time.now)));
  const session = await bench.read(whole);
  assert.deepEqual([session.stage, session.user.hasTotp], ["complete", true]);
  assert.equal(refusalOf(await secondFactor.removeTotp(session)).kind, "not-allowed");
});

Deno.test("manageAccount new-factor: ends sessions, password and factor; the mailbox leads to a new password and factor", async () => {
  await using bench = await openWithPerson();
  const { secondFactor, sessions, signIn } = bench.accounts;
  const codes = valueOf(await secondFactor.createRecoveryCodes(bench.session, crypto.randomUUID()));
  valueOf(await bench.manageAccount({ kind: "system" }, ADDRESS, "new-factor"));
  assert.deepEqual((await sessions.list(bench.session)).filter(({ isActive }) => isActive), []);
  const withPassword = (password: string) =>
    signIn.withPassword({ emailAddress: ADDRESS, password }, undefined, requestFrom());
  assert.equal(refusalOf(await withPassword(PASSWORD)).kind, "wrong-credentials");
  valueOf(await signIn.startReset(ADDRESS, requestFrom()));
  const password = "eight yellow tricycles";
  valueOf(await signIn.reset(bench.linkTo(ADDRESS).token, password));
  const opened = valueOf(await withPassword(password));
  assert.equal(opened.next, "enrol-number");
  const half = await bench.read(opened);
  assert.equal(
    refusalOf(await secondFactor.confirmRecoveryCode(half, codes[0] ?? "", false)).kind,
    "wrong-code",
  );
  valueOf(await secondFactor.proveNumber(half, "07700 900999", requestFrom()));
  const code = bench.codeTo("+447700900999");
  assert.equal((await secondFactor.confirmText(half, code, false)).ok, true);
});

Deno.test("secondFactor.sendText: sends to the countries of today only, also when the number was proved", async () => {
  await using bench = await openAccountsBench({ policy: { signInCountries: ["UA"] } });
  const session = await bench.person(ADDRESS, "+380501234567");
  bench.time.now += TEXT_AGAIN_MS;
  const abroad = { ...session, user: { ...session.user, mobileNumber: MOBILE } };
  assert.equal(
    refusalOf(await bench.accounts.secondFactor.sendText(abroad, requestFrom())).kind,
    "no-number",
  );
  valueOf(await bench.accounts.secondFactor.sendText(session, requestFrom()));
});
