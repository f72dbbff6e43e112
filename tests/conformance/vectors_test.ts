import assert from "node:assert/strict";
import { ALL_OPS } from "./all_ops.ts";
import { readVectors, runVectors, type Vector } from "./run_vectors.ts";

/** Beside the project, not in it. */
const FOLDER = new URL("../../../shared/vectors/", import.meta.url);

/** Every case of these passes; a file that is not listed here has no test. */
const FILES = [
  "auth",
  "csv",
  "email_address",
  "email_html",
  "email_plain",
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

/**
 * The fewest cases that pass of a file that is not exact, so that it cannot get worse.
 *
 * `sanitise`: at five cases the peer itself fails, on characters made of others outside the basic plane; Hark sends `?`.
 */
const LEAST: ReadonlyMap<string, number> = new Map([["sanitise", 244]]);

function present(): boolean {
  try {
    return Deno.statSync(FOLDER).isDirectory;
  } catch {
    return false;
  }
}

const ignore = !present();

for (const file of FILES) {
  Deno.test({
    name: `vectors: ${file}.jsonl${ignore ? " (the folder shared/vectors is not here)" : ""}`,
    ignore,
    fn: async () => {
      const vectors = readVectors(Deno.readTextFileSync(new URL(`${file}.jsonl`, FOLDER)));
      assert.ok(vectors.length > 0);
      const { failures } = await runVectors(ALL_OPS, vectors);
      const least = LEAST.get(file) ?? vectors.length;
      assert.ok(vectors.length - failures.length >= least, JSON.stringify(failures[0]));
    },
  });
}

Deno.test("runVectors counts an unknown operation and one that throws as failures", async () => {
  const one = (op: string): Vector => ({ op, input: {}, expected: 1 });
  const ops = {
    good: () => 1,
    bad: () => {
      throw new Error("no");
    },
  };
  const { scores, failures } = await runVectors(ops, [one("good"), one("bad"), one("none")]);
  assert.deepEqual(failures.map((failure) => failure.op), ["bad", "none"]);
  assert.deepEqual(scores.get("good"), { passed: 1, total: 1 });
});
