import assert from "node:assert/strict";
import { parseName } from "../../../domain/accounts/account_form.ts";
import { secondsUntil, windowCharges } from "../../../domain/accounts/limits.ts";
import { endingOf, parseMobileNumber } from "../../../domain/accounts/mobile_number.ts";
import {
  isToken,
  parseCode,
  parseRecoveryCode,
  presentRecoveryCode,
} from "../../../domain/accounts/one_time_codes.ts";
import { OWN_MESSAGES, ownTemplates } from "../../../domain/accounts/own_messages.ts";
import { checkPassword, MAX_PASSWORD_BYTES } from "../../../domain/accounts/password_rules.ts";
import { mayRegister } from "../../../domain/accounts/registration_domains.ts";
import { nextStep } from "../../../domain/accounts/sign_in.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";

Deno.test("checkPassword: accepts 12 characters and 1,024 bytes, in any script", () => {
  for (
    const password of [
      "seven green bicycles",
      "correct-horse7battery",
      "зелений велосипед сім",
      "x9!k2$m4#p6q",
      "a1b2c3d4e5f6".slice(0, 6) + "é".repeat(2) + "kwzyt",
      `ab1c!${"xyzw9".repeat(204)}`.slice(0, MAX_PASSWORD_BYTES - 1) + "!",
    ]
  ) assert.equal(checkPassword(password, ["Ann Lee", "ann@dept.example"]), undefined, password);
});

Deno.test("checkPassword: refuses short, long, simple, own and common passwords", () => {
  for (
    const [password, fault] of [
      ["", "too-short"],
      ["elevenchars", "too-short"],
      ["😀".repeat(11), "too-short"],
      ["a".repeat(MAX_PASSWORD_BYTES + 1), "too-long"],
      ["п".repeat(MAX_PASSWORD_BYTES / 2 + 1), "too-long"],
      ["aaaaaaaaaaaa", "too-simple"],
      ["abcabcabcabc", "too-simple"],
      ["123456789012", "too-simple"],
      ["098765432109", "too-simple"],
      ["qwertyuiopas", "too-simple"],
      ["абвгґдеєжзиі", "too-simple"],
      ["anderson1985", "own-name"],
      ["Department.1", "own-name"],
      ["harkpassword1", "own-name"],
      ["1Q2w3e4r5t6y", "too-common"],
      ["correcthorsebatterystaple", "too-common"],
    ] as const
  ) {
    assert.equal(
      checkPassword(password, ["Anderson Lee", "lee@department.example"]),
      fault,
      password,
    );
  }
});

Deno.test("mayRegister: domains and their subdomains, also internationalised, or all", () => {
  const domains = ["dept.gov.example", "xn--80ak6aa92e.example"];
  assert.equal(mayRegister("ann@dept.gov.example", domains), true);
  assert.equal(mayRegister("ann@team.dept.gov.example", domains), true);
  assert.equal(mayRegister("ann@gov.example", domains), false);
  assert.equal(mayRegister("ann@evildept.gov.example", domains), false);
  assert.equal(mayRegister("ann@dept.gov.example.evil.example", domains), false);
  assert.equal(mayRegister("ann@аррӏе.example", domains), true);
  assert.equal(mayRegister("ann@any.example", ["*"]), true);
  assert.equal(mayRegister("ann@any.example", []), false);
});

Deno.test("parseMobileNumber: mobile numbers of the countries, in any spelling", () => {
  for (const typed of ["07700 900123", "+44 7700 900123", "0044-7700-900123", "(07700) 900 123"]) {
    assert.deepEqual(parseMobileNumber(typed, ["GB"]), { ok: true, value: "+447700900123" });
  }
  assert.deepEqual(parseMobileNumber("050 123 45 67", ["GB", "UA"]), {
    ok: true,
    value: "+380501234567",
  });
  assert.deepEqual(parseMobileNumber("+380501234567", ["*"]), { ok: true, value: "+380501234567" });
  for (
    const [typed, because] of [
      ["", "not-valid"],
      ["12", "not-valid"],
      ["not a number", "not-valid"],
      ["020 7946 0018", "not-mobile"],
      ["+380501234567", "country-not-allowed"],
    ] as const
  ) {
    assert.deepEqual(parseMobileNumber(typed, ["GB"]), {
      ok: false,
      refusal: { kind: "mobile-number", because },
    });
  }
  assert.equal(endingOf("+447700900123"), "123");
});

Deno.test("nextStep: the app first, else a text, else what sets one of them up", () => {
  const user = { hasTotp: false, mobileNumber: "+447700900123" };
  const none = { hasTotp: false, mobileNumber: undefined };
  assert.equal(nextStep("complete", none, { hasSms: true }), "done");
  assert.equal(nextStep("first-factor", user, { hasSms: true }), "text");
  assert.equal(nextStep("first-factor", { ...user, hasTotp: true }, { hasSms: true }), "totp");
  assert.equal(nextStep("first-factor", { ...none, hasTotp: true }, { hasSms: false }), "totp");
  assert.equal(nextStep("first-factor", none, { hasSms: true }), "enrol-number");
  assert.equal(nextStep("first-factor", user, { hasSms: false }), "enrol-totp");
});

Deno.test("parseCode, parseRecoveryCode, isToken: the forms of codes as typed", () => {
  assert.equal(parseCode(" 123-456\n"), "123456");
  for (const typed of ["12345", "1234567", "12345a", "١٢٣٤٥٦", ""]) {
    assert.equal(parseCode(typed), undefined);
  }
  const code = "abcd2345efgh67ij";
  assert.equal(presentRecoveryCode(code), "abcd-2345-efgh-67ij");
  assert.equal(parseRecoveryCode(" ABCD-2345-efgh 67ij"), code);
  assert.equal(parseRecoveryCode("abcd-1345-efgh-67ij"), undefined);
  assert.equal(isToken("A".repeat(43)), true);
  for (const text of ["", "A".repeat(42), "A".repeat(44), `${"A".repeat(42)}=`]) {
    assert.equal(isToken(text), false);
  }
});

Deno.test("parseName: one line without control characters, up to 255 characters", () => {
  assert.deepEqual(parseName("  Ann\t\n Lee\u0000 "), { ok: true, value: "Ann Lee" });
  assert.equal(parseName("😀".repeat(255)).ok, true);
  assert.equal(parseName("😀".repeat(256)).ok, false);
  for (const blank of ["", "   ", "\u200b\u2060", "\u00a0"]) {
    assert.equal(parseName(blank).ok, false);
  }
});

Deno.test("parseName: refuses invisible characters, by which a name looks like another", () => {
  for (const name of ["Ann\u202eeeL", "Ann\u2066Lee", "An\u200bn Lee"]) {
    assert.deepEqual(parseName(name), {
      ok: false,
      refusal: { kind: "name", because: "invisible" },
    });
  }
});

Deno.test("windowCharges: name the counter by its limit, so that a changed limit starts anew", () => {
  assert.deepEqual(windowCharges("x", [{ most: 5, perMs: 1000 }], 10), [
    { scope: "account:x:5/1000", most: 5, expiresAt: 1010 },
  ]);
  assert.equal(secondsUntil(1_001, 0), 2);
  assert.equal(secondsUntil(0, 5_000), 1);
});

Deno.test("ownTemplates: both languages of each message, with the same placeholders, each id once", () => {
  const templates = ownTemplates();
  assert.equal(new Set(templates.map(({ id }) => id)).size, templates.length);
  assert.equal(templates.length, 2 * Object.keys(OWN_MESSAGES).length);
  const placeholdersOf = (body: string) => [...body.matchAll(/\(\(\w+\)\)/g)].flat().sort();
  for (const { texts, channel } of Object.values(OWN_MESSAGES)) {
    assert.deepEqual(placeholdersOf(texts.en.body), placeholdersOf(texts.uk.body));
    assert.equal("subject" in texts.en, channel === "email");
  }
  for (const { channel, subject, body } of templates) {
    parseTemplate({ channel, syntax: "notify", subject, body });
  }
});
