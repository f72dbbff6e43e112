import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { type PhoneRules, validatePhone } from "../../../domain/csv/cell_error.ts";
import { createPhoneReader, createPhoneValidator } from "../../../domain/csv/phone_validator.ts";
import { parsePhone } from "../../../domain/recipient/phone.ts";

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

/** Tails that end the prefix in every way, without chance. */
const tail = (start: string, salt: number) =>
  String((Number(start) * 7919 + salt * 104_729) % 1_000_000).padStart(6, "0");

for (const [home, rules, forms] of HOMES) {
  Deno.test(`createPhoneValidator says of +44's mobile numbers what the plans say: ${home}`, () => {
    const judge = createPhoneValidator(rules);
    for (const form of forms) {
      for (const start of fourDigits) {
        // The first of a pair is kept, the second is answered from it.
        const fifth = Number(start) % 10;
        for (const salt of [1, 2]) {
          const number = `${form}${start}${fifth}${tail(start, salt).slice(1)}`;
          assert.equal(judge(number), validatePhone(number, rules), number);
        }
      }
    }
  });
}

Deno.test("createPhoneValidator agrees on every fifth digit that a plan looks at", () => {
  const judge = createPhoneValidator(ALLOWED);
  const starts = ["7457", "7700", "7911", "7781", "7839", "7509", "7829", "7937", "7797", "7524"];
  for (const start of [...starts, "7924", "7448", "7624", "7015", "7000"]) {
    for (let fifth = 0; fifth < 10; fifth++) {
      for (const rest of ["00000", "12345", "99999", "50000", "60001"]) {
        const number = `0${start}${fifth}${rest}`;
        assert.equal(judge(number), validatePhone(number, ALLOWED), number);
      }
    }
  }
});

for (const country of [undefined, "GB", "UA", "PL", "nowhere"]) {
  Deno.test(`createPhoneValidator says of Ukrainian numbers what the plans say: ${country}`, () => {
    const rules = { ...ALLOWED, country };
    const judge = createPhoneValidator(rules);
    for (let start = 0; start < 100; start++) {
      for (const form of ["+380", "380", "0", "", "00380", "+"]) {
        for (const rest of ["0000000", "1234567", "9999999"]) {
          const number = `${form}${String(start).padStart(2, "0")}${rest}`;
          assert.equal(judge(number), validatePhone(number, rules), number);
        }
      }
    }
  });
}

Deno.test("createPhoneValidator agrees however a number is written", () => {
  const digits = fc.constantFrom("07", "+447", "447", "7", "0044 7", "+380", "0", "+1", "050");
  const rest = fc.array(fc.constantFrom(..."0123456789012345678901234567890123456789 -()+.x"), {
    minLength: 5,
    maxLength: 16,
  });
  const rules = fc.record({
    international: fc.boolean(),
    landline: fc.boolean(),
    country: fc.constantFrom(undefined, "GB", "UA", "US"),
  });
  fc.assert(
    fc.property(rules, fc.array(fc.tuple(digits, rest)), (given, numbers) => {
      const judge = createPhoneValidator(given);
      for (const [start, more] of numbers) {
        const typed = start + more.join("");
        assert.equal(judge(typed), validatePhone(typed, given), typed);
        assert.equal(judge(typed), validatePhone(typed, given), typed);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("createPhoneReader gives the form in which numbers are compared as the plain reading does", () => {
  const mobile = fc.tuple(
    fc.constantFrom("+44", "44", "0", "", "+380", "380", "+33", "00"),
    fc.constantFrom("7900", "7700", "67", "50", "612", "1"),
    fc.stringMatching(/^[0-9]{5,9}$/),
  ).map((parts) => parts.join(""));
  for (const country of ["GB", "UA"]) {
    const read = createPhoneReader({ ...ALLOWED, country });
    fc.assert(
      fc.property(mobile, (typed) => {
        const plain = parsePhone(typed, { country });
        const expected = plain.ok ? plain.value : { normalised: "", abroad: false };
        const { normalised, abroad } = read(typed);
        assert.deepEqual([normalised, abroad], [expected.normalised, expected.abroad], typed);
      }),
      { numRuns: 500 },
    );
  }
});
