import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import type { CellError, PhoneRules } from "../../../domain/csv/cell_error.ts";
import { createPhoneValidator } from "../../../domain/csv/phone_validator.ts";
import { allowPhone, parsePhone } from "../../../domain/recipient/phone.ts";

/** The error without the cache. */
function errorOf(typed: string, { country, ...permissions }: PhoneRules): CellError | undefined {
  const parsed = parsePhone(typed, country === undefined ? {} : { country });
  if (!parsed.ok) return parsed.refusal.code;
  const allowed = allowPhone(parsed.value, permissions);
  return allowed.ok ? undefined : allowed.refusal.code;
}

const ALLOWED = { international: true, landline: false } as const;
const AT_HOME = { international: false, landline: false } as const;

const HOMES: readonly (readonly [string, PhoneRules, readonly string[]])[] = [
  ["Great Britain", ALLOWED, ["+44", "44", "0", ""]],
  ["Great Britain, at home only", AT_HOME, ["+44"]],
  ["Ukraine", { ...AT_HOME, country: "UA" }, ["+44"]],
  ["Jersey", { ...AT_HOME, country: "JE" }, ["+44"]],
];

const fourDigits = Array.from(
  { length: 1_000 },
  (_, start) => `7${String(start).padStart(3, "0")}`,
);

/** Pseudo-random digits after the prefix. */
const tail = (start: string, salt: number) =>
  String((Number(start) * 7919 + salt * 104_729) % 1_000_000).padStart(6, "0");

for (const [home, rules, forms] of HOMES) {
  Deno.test(`createPhoneValidator: agrees with parsePhone on mobile numbers of +44: ${home}`, () => {
    const validate = createPhoneValidator(rules);
    for (const form of forms) {
      for (const start of fourDigits) {
        // The first of a pair is cached, the second is answered from the cache.
        const fifth = Number(start) % 10;
        for (const salt of [1, 2]) {
          const number = `${form}${start}${fifth}${tail(start, salt).slice(1)}`;
          assert.equal(validate(number).error, errorOf(number, rules), number);
        }
      }
    }
  });
}

Deno.test("createPhoneValidator: agrees with parsePhone on every fifth digit that a plan looks at", () => {
  const validate = createPhoneValidator(ALLOWED);
  const starts = ["7457", "7700", "7911", "7781", "7839", "7509", "7829", "7937", "7797", "7524"];
  for (const start of [...starts, "7924", "7448", "7624", "7015", "7000"]) {
    for (let fifth = 0; fifth < 10; fifth++) {
      for (const rest of ["00000", "12345", "99999", "50000", "60001"]) {
        const number = `0${start}${fifth}${rest}`;
        assert.equal(validate(number).error, errorOf(number, ALLOWED), number);
      }
    }
  }
});

for (const country of [undefined, "GB", "UA", "PL", "nowhere"]) {
  Deno.test(`createPhoneValidator: agrees with parsePhone on Ukrainian numbers: ${country}`, () => {
    const rules = { ...ALLOWED, country };
    const validate = createPhoneValidator(rules);
    for (let start = 0; start < 100; start++) {
      for (const form of ["+380", "380", "0", "", "00380", "+"]) {
        for (const rest of ["0000000", "1234567", "9999999"]) {
          const number = `${form}${String(start).padStart(2, "0")}${rest}`;
          assert.equal(validate(number).error, errorOf(number, rules), number);
        }
      }
    }
  });
}

Deno.test("createPhoneValidator: agrees with parsePhone on any spelling", () => {
  const digits = fc.constantFrom("07", "+447", "447", "7", "0044 7", "+380", "0", "+1", "050");
  const rest = fc.array(fc.constantFrom(..."0123456789012345678901234567890123456789 -()+.x"), {
    minLength: 5,
    maxLength: 16,
  });
  const anyRules = fc.record({
    international: fc.boolean(),
    landline: fc.boolean(),
    country: fc.constantFrom(undefined, "GB", "UA", "US"),
  });
  fc.assert(
    fc.property(anyRules, fc.array(fc.tuple(digits, rest)), (rules, numbers) => {
      const validate = createPhoneValidator(rules);
      for (const [start, more] of numbers) {
        const typed = start + more.join("");
        assert.equal(validate(typed).error, errorOf(typed, rules), typed);
        assert.equal(validate(typed).error, errorOf(typed, rules), typed);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("createPhoneValidator: normalises numbers as parsePhone does", () => {
  const mobile = fc.tuple(
    fc.constantFrom("+44", "44", "0", "", "+380", "380", "+33", "00"),
    fc.constantFrom("7900", "7700", "67", "50", "612", "1"),
    fc.stringMatching(/^[0-9]{5,9}$/),
  ).map((parts) => parts.join(""));
  for (const country of ["GB", "UA"]) {
    const validate = createPhoneValidator({ ...ALLOWED, country });
    fc.assert(
      fc.property(mobile, (typed) => {
        const plain = parsePhone(typed, { country });
        const expected = plain.ok ? plain.value : { normalised: "", abroad: false };
        const { normalised, abroad } = validate(typed);
        assert.deepEqual([normalised, abroad], [expected.normalised, expected.abroad], typed);
      }),
      { numRuns: 500 },
    );
  }
});
