import assert from "node:assert/strict";
import { ALL_OPS } from "./all_ops.ts";
import { MAX_CASES } from "./known_deviations.ts";
import { readVectors, runVectors, type Score, type Vector } from "./run_vectors.ts";

const FOLDER = new URL("../vectors/", import.meta.url);

/** Vector files in alphabetical order. Every case passes or is a known deviation. */
const FILES = [
  "auth",
  "csv",
  "email_address",
  "email_html",
  "email_plain",
  "freemarker",
  "freemarker_more",
  "freemarker_white_space",
  "phone",
  "placeholders",
  "sanitise",
  "sanitise_content_for",
  "sms_count",
  "sms_render",
  "sms_unicode",
  "sms_unicode_more",
  "status_filter",
  "v2_validation",
] as const;

/** How many cases of a file are known deviations. */
const LISTED: ReadonlyMap<string, number> = new Map([
  ["email_html", 25],
  ["email_plain", 4],
  ["freemarker", 1],
  ["sanitise", 5],
]);

function listedIn(scores: Iterable<Score>): number {
  return [...scores].reduce((sum, { listed }) => sum + listed, 0);
}

for (const file of FILES) {
  Deno.test(`vectors: ${file}.jsonl`, async () => {
    const vectors = readVectors(Deno.readTextFileSync(new URL(`${file}.jsonl`, FOLDER)));
    assert.ok(vectors.length > 0);
    const { scores, failures } = await runVectors(ALL_OPS, vectors);
    assert.equal(failures.length, 0, JSON.stringify(failures[0]));
    assert.equal(listedIn(scores.values()), LISTED.get(file) ?? 0);
  });
}

Deno.test("vectors: every file of the folder is run", () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
  const expected = FILES.map((file) => `${file}.jsonl`);
  assert.deepEqual(files.filter((name) => name.endsWith(".jsonl")).toSorted(), expected);
});

Deno.test("runVectors: passes over as many cases of the vectors as the rules may explain", () => {
  const most = Object.values(MAX_CASES).reduce((sum, count) => sum + count, 0);
  assert.ok([...LISTED.values()].reduce((sum, count) => sum + count, 0) <= most);
});

Deno.test("runVectors: counts a known deviation neither as passed nor as a failure", async () => {
  const input = { kind: "sms", text: "\u{2f803}" };
  const message = "20122 is not a valid unicode codepoint";
  const { scores, failures } = await runVectors(ALL_OPS, [
    { op: "sanitise", input, expected: { __error__: "ValueError", message } },
    { op: "sanitise", input, expected: { __error__: "ValueError", message: "no" } },
    { op: "sanitise", input, expected: "?" },
  ]);
  assert.deepEqual(scores.get("sanitise"), { passed: 1, listed: 1, total: 3 });
  assert.equal(failures.length, 1);
});

Deno.test("runVectors: counts an unknown operation and one that throws as failures", async () => {
  const vectorOf = (op: string): Vector => ({ op, input: {}, expected: 1 });
  const ops = {
    good: () => 1,
    bad: () => {
      throw new Error("no");
    },
  };
  const { scores, failures } = await runVectors(ops, [
    vectorOf("good"),
    vectorOf("bad"),
    vectorOf("none"),
  ]);
  assert.deepEqual(failures.map((failure) => failure.op), ["bad", "none"]);
  assert.deepEqual(scores.get("good"), { passed: 1, listed: 0, total: 1 });
});
