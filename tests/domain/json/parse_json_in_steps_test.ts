import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { parseJsonInSteps } from "../../../domain/json/parse_json_in_steps.ts";
import { runSteps } from "../../../domain/steps/steps.ts";

function parseAtOnce(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const inSteps = (text: string, runCharacters: number, keepsLongIntegers = false) =>
  runSteps(parseJsonInSteps(text, { runCharacters, keepsLongIntegers }));

/** A text with its blanks, escapes and names that are special, as `JSON.stringify` would not write it. */
const written = fc.tuple(
  fc.json({ maxDepth: 6, stringUnit: "binary" }),
  fc.constantFrom(undefined, 1, "\t"),
).map(([json, indent]) => JSON.stringify(JSON.parse(json), null, indent));

Deno.test("parseJsonInSteps: gives what JSON.parse gives, in runs of any length", () => {
  fc.assert(
    fc.property(written, fc.integer({ min: 1, max: 40 }), (text, runCharacters) => {
      assert.deepEqual(inSteps(text, runCharacters), parseAtOnce(text));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseJsonInSteps: refuses what JSON.parse refuses, after a change of a character", () => {
  const characters = fc.constantFrom(...'[]{},:"\\ 0-e.tu\n');
  fc.assert(
    fc.property(
      written,
      fc.nat(),
      characters,
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      (text, seed, character, isAdded, runCharacters) => {
        const at = seed % (text.length + 1);
        const changed = text.slice(0, at) + character + text.slice(at + (isAdded ? 0 : 1));
        assert.deepEqual(inSteps(changed, runCharacters), parseAtOnce(changed), changed);
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("parseJsonInSteps: gives what JSON.parse gives for escapes, special names and repeated names", () => {
  const texts = [
    '["\\u00e9\\ud83d\\ude00\\\\\\"\\n", "\\\\u0041", "\\\\\\\\"]',
    `["${"\\\\".repeat(30)}","${"\\u0041".repeat(20)}"]`,
    '{"__proto__": {"a": 1}, "constructor": 2, "b": {"__proto__": "long enough to be read alone"}}',
    '{"a": 1, "b": 2, "a": [3, 4, 5, 6, 7, 8, 9, 10]}',
    '{"2": 1, "1": "x", "a": {}}',
    "[]",
    " [ ] ",
    "{}",
    "[1,]",
    "[,1]",
    "{,}",
    '{"a":1,}',
    "[1}",
    '{"a":1]',
    '["a" "b"]',
    "[1] 2",
    "\ufeff[1]",
    "[\u00a0]",
    "[tru]",
    '{"a" 1}',
    "{1234567890: 1}",
    '"',
    "[[[[",
  ];
  for (const text of texts) {
    for (let runCharacters = 1; runCharacters < 24; runCharacters++) {
      const parsed = inSteps(text, runCharacters);
      assert.deepEqual(parsed, parseAtOnce(text), text);
      assert.equal(JSON.stringify(parsed), JSON.stringify(parseAtOnce(text)), text);
    }
  }
});

Deno.test("parseJsonInSteps: turns integers that a double cannot represent into strings, in steps of bounded length", () => {
  const text = '[1, 12345678901234567890, {"a": -9007199254740993, "b": 9007199254740991, ' +
    '"12345678901234567890": 1.5, "c": 12345678901234567890.5, "d": "12345678901234567890"}]';
  for (const runCharacters of [4, 30, 1_000]) {
    assert.deepEqual(inSteps(text, runCharacters, true), [
      1,
      "12345678901234567890",
      {
        a: "-9007199254740993",
        b: 9007199254740991,
        "12345678901234567890": 1.5,
        c: 12345678901234567000,
        d: "12345678901234567890",
      },
    ]);
  }
  const rows = JSON.stringify({ rows: Array.from({ length: 10_000 }, (_, at) => [at, "x"]) });
  let steps = 0;
  for (const _ of parseJsonInSteps(rows, { runCharacters: 1_000 })) steps++;
  assert.ok(steps > rows.length / 4_000, `${steps} steps`);
});
