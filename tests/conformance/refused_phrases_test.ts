import assert from "node:assert/strict";
import { findRefusedPhrases, REFUSED_PHRASES } from "../support/refused_phrases.ts";
import { readSourceFiles } from "../support/source_files.ts";

/** Files that contain refused phrases as data. */
const EXCEPTIONS: ReadonlySet<string> = new Set([
  "LICENSE",
  "docs/glossary.md",
  "tests/support/refused_phrases.ts",
  "tests/conformance/refused_phrases_test.ts",
]);

const EXTENSIONS = ["", ".css", ".js", ".json", ".jsonc", ".md", ".sh", ".toml", ".ts", ".tsx"];

Deno.test("every file of the project: contains no refused phrase", () => {
  const files = readSourceFiles(EXTENSIONS).filter(({ path }) => !EXCEPTIONS.has(path));
  assert.ok(files.length > 300);
  const refused = files.flatMap(({ path, text }) =>
    findRefusedPhrases(text).map(({ line, phrase, instead }) =>
      `${path}:${line}: "${phrase}"; instead: ${instead}`
    )
  );
  assert.ok(refused.length === 0, `${refused.length} refused phrases\n${refused.join("\n")}`);
});

Deno.test("REFUSED_PHRASES: lists at least 60 terms, each once, and a replacement for each", () => {
  const terms = REFUSED_PHRASES.flatMap(({ terms }) => terms);
  assert.ok(terms.length >= 60);
  assert.equal(new Set(terms).size, terms.length);
  for (const { terms, instead } of REFUSED_PHRASES) assert.ok(instead !== "", terms.join());
});

for (
  const [text, expected] of [
    ["const takeOn = 1;", ["1 take on"]],
    ["const a = 1;\nMAX_PATIENT_GROUP", ["2 patient"]],
    ["class InboxBell {}", ["1 bell"]],
    ["/** Requests that are said\n * again. */", ["1 said again"]],
    ["// It is in nobody's\n  // time.", ["1 nobody's"]],
    ["// one.\n\n// Whoever calls it.", ["3 whoever"]],
    ["judged, judgement and Judge", ["1 judged", "1 judgement", "1 judge"]],
    ["peppermint, label, dicey, a doorbell, parking", []],
    ["CREATE INDEX receipts_parked", []],
    ["item.nextElementSibling", []],
    ["what is not, of hours", []],
  ] as const
) {
  Deno.test(`findRefusedPhrases: finds ${expected.length} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(
      findRefusedPhrases(text).map(({ line, phrase }) => `${line} ${phrase}`),
      expected,
    );
  });
}
