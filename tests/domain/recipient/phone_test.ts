import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { COUNTRY_PREFIXES } from "../../../domain/recipient/country_prefixes.ts";
import {
  allowPhone,
  parsePhone,
  PHONE_MESSAGES,
  type PhoneCode,
  type PhoneNumber,
} from "../../../domain/recipient/phone.ts";

function parsed(typed: string, country?: string): PhoneNumber {
  const result = parsePhone(typed, country === undefined ? {} : { country });
  assert.ok(result.ok, `${JSON.stringify(typed)} is refused`);
  return result.value;
}

function codeOf(typed: string): PhoneCode | undefined {
  const result = parsePhone(typed);
  return result.ok ? undefined : result.refusal.code;
}

Deno.test("parsePhone: parses a British mobile number in any spelling", () => {
  for (
    const typed of [
      "07900900123",
      "7900900123",
      "+447900900123",
      "00447900900123",
      "447900900123",
      "+44 (0)7900 900-123",
      "((07900))900123",
      "\u200b07900\u00a0900\u202f123\ufeff",
      "0+447900900123",
      "000007900900123",
      "+07900900123",
      "++447900900123",
      "07900\u2013900\u2013123",
    ]
  ) {
    const { normalised, human, international, landline } = parsed(typed);
    assert.deepEqual(
      { normalised, human, international, landline },
      { normalised: "447900900123", human: "07900 900123", international: false, landline: false },
    );
  }
});

Deno.test("parsePhone: refuses invalid numbers with GOV.UK Notify's codes", () => {
  const cases: readonly (readonly [string, PhoneCode])[] = [
    ["", "too_short"],
    ["+", "too_short"],
    ["0745", "too_short"],
    ["21 23 45 67", "too_short"],
    ["10 11 23 45", "invalid_number"],
    ["07978993405709320", "too_long"],
    ["()", "invalid_number"],
    [" ( 00", "invalid_number"],
    ["07600123456", "invalid_number"],
    ["0800 735 4567", "invalid_number"],
    ["+1 900 555 1234", "invalid_number"],
    ["07900.900.123", "unknown_character"],
    ["07900 900123 ext 5", "unknown_character"],
    ["\uff10\uff17900900123", "unknown_character"],
    ["\n", "unknown_character"],
  ];
  for (const [typed, code] of cases) assert.equal(codeOf(typed), code, JSON.stringify(typed));
});

Deno.test("parsePhone: accepts drama numbers as British", () => {
  const { international, crownDependency, landline } = parsed("07700 900999");
  assert.deepEqual({ international, crownDependency, landline }, {
    international: false,
    crownDependency: false,
    landline: false,
  });
});

Deno.test("parsePhone: crown dependencies are international but not abroad", () => {
  for (const typed of ["07797712345", "07781123456", "07624800000"]) {
    const { international, crownDependency, abroad, countryPrefix } = parsed(typed);
    assert.deepEqual({ international, crownDependency, abroad, countryPrefix }, {
      international: true,
      crownDependency: true,
      abroad: false,
      countryPrefix: "44",
    });
  }
});

Deno.test("parsePhone: countries of the North American plan have their own prefix", () => {
  assert.equal(parsed("+1 876 523 0123").countryPrefix, "1876");
  assert.equal(parsed("+1 829 234 5678").countryPrefix, "1829");
  assert.equal(parsed("+1 787 234 5678").countryPrefix, "1");
  assert.equal(parsed("+1 202 555 0104").countryPrefix, "1");
});

Deno.test("parsePhone: formats international numbers with the hyphens of their plan", () => {
  assert.equal(parsed("12025550104").human, "+1 202-555-0104");
  assert.equal(parsed("+5491123456789").human, "+54 9 11 2345-6789");
  assert.equal(parsed("+33612345678").human, "+33 6 12 34 56 78");
});

Deno.test("parsePhone: numbers without a prefix belong to the given country", () => {
  const here = parsed("0612345678", "FR");
  assert.equal(here.normalised, "33612345678");
  assert.deepEqual([here.international, here.abroad], [false, false]);
  const british = parsed("+447900900123", "FR");
  assert.deepEqual([british.international, british.abroad], [true, true]);
  assert.equal(parsed("+994 40 123 45 67", "FI").normalised, "994401234567");
  assert.equal(parsed("+00 994 40 123 45 67", "GB").normalised, "994401234567");
  assert.equal(parsed("07900900123", "nowhere").normalised, "447900900123");
});

Deno.test("allowPhone: requires the number's permissions and a known prefix", () => {
  const none = { international: false, landline: false };
  const all = { international: true, landline: true };
  const cases: readonly (readonly [string, typeof none, PhoneCode | undefined])[] = [
    ["07900900123", none, undefined],
    ["07797712345", none, undefined],
    ["020 7946 0123", none, "not_a_uk_mobile"],
    ["020 7946 0123", { international: true, landline: false }, "not_a_uk_mobile"],
    ["020 7946 0123", { international: false, landline: true }, undefined],
    ["+33612345678", { international: false, landline: true }, "not_a_uk_mobile"],
    ["+33123456789", { international: true, landline: false }, undefined],
    ["+870 773 123 456", none, "not_a_uk_mobile"],
    ["+870 773 123 456", all, "unsupported_country_code"],
  ];
  for (const [typed, permissions, code] of cases) {
    const result = allowPhone(parsed(typed), permissions);
    assert.equal(result.ok ? undefined : result.refusal.code, code, typed);
  }
});

Deno.test("allowPhone: a service of another country may send at home without a permission", () => {
  const none = { international: false, landline: false };
  assert.ok(allowPhone(parsed("0612345678", "FR"), none).ok);
  assert.ok(!allowPhone(parsed("+447900900123", "FR"), none).ok);
});

Deno.test("parsePhone: accepts any text, and parses its normalised form as the same number", () => {
  const characters = fc.constantFrom(..."0123456789+-() \u200b\u00a0\u2013x.");
  fc.assert(fc.property(fc.string({ unit: characters, maxLength: 20 }), (typed) => {
    const result = parsePhone(typed);
    if (!result.ok) return assert.ok(result.refusal.code in PHONE_MESSAGES);
    const again = parsePhone(`+${result.value.normalised}`);
    assert.match(result.value.normalised, /^[0-9]+$/);
    assert.ok(again.ok && again.value.normalised === result.value.normalised);
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (typed) => {
    parsePhone(typed);
  }));
});

Deno.test("COUNTRY_PREFIXES: has no duplicates, and lacks St Helena, Tuvalu and North Korea", () => {
  assert.ok([...COUNTRY_PREFIXES].every((prefix) => /^[1-9][0-9]{0,3}$/.test(prefix)));
  for (const absent of ["290", "247", "688", "850", "870"]) {
    assert.ok(!COUNTRY_PREFIXES.has(absent));
  }
});
