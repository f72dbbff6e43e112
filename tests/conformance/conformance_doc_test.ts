import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

interface Claim {
  readonly id: string;
  readonly source: string;
  readonly file: string;
}

/** The rows of every table of claims: `| id | behaviour | source | test |`. */
function readClaims(): readonly Claim[] {
  const text = Deno.readTextFileSync(new URL("docs/conformance.md", ROOT));
  return text.split("\n").flatMap((line): readonly Claim[] => {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, id = "", , source = "", test = ""] = cells;
    if (!/^[A-Z][A-Z0-9]*-[0-9]+$/.test(id)) return [];
    return [{ id, source, file: /`([^`]+)`/.exec(test)?.[1] ?? "" }];
  });
}

/** A table's first cells. */
function firstCells(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => /^\| (.*?) +\|/.exec(line)?.[1] ?? []);
}

const repeated = (texts: readonly string[]) =>
  texts.filter((text, index) => texts.indexOf(text) !== index);

Deno.test("docs/conformance.md: repeats no heading and no difference", () => {
  const text = Deno.readTextFileSync(new URL("docs/conformance.md", ROOT));
  const headings = text.split("\n").filter((line) => line.startsWith("#"));
  assert.deepEqual(repeated(headings), []);
  const [, differences] = text.split("## Where Hark differs on purpose\n");
  const cells = firstCells(differences?.split("\n## ")[0] ?? "");
  assert.ok(cells.length > 10);
  assert.deepEqual(repeated(cells), []);
});

Deno.test("docs/conformance.md: every claim has a unique id, a source and an existing test file", () => {
  const claims = readClaims();
  assert.ok(claims.length > 0);
  const ids = claims.map(({ id }) => id);
  assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), []);
  for (const { id, source, file } of claims) {
    assert.notEqual(source, "", `${id} has no source`);
    const exists = file !== "" && Deno.statSync(new URL(file, ROOT)).isFile;
    assert.ok(exists, `${id} names no test file`);
    const tests = Deno.readTextFileSync(new URL(file, ROOT));
    // A file that runs contract suites has its tests in them.
    assert.match(
      tests,
      /Deno\.test\(|\btest\.inside\(|Contract\(|_contract\.ts/,
      `${file} of ${id} holds no test`,
    );
  }
});
