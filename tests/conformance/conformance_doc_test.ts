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
    if (!/^[A-Z]+-[0-9]+$/.test(id)) return [];
    return [{ id, source, file: /`([^`]+)`/.exec(test)?.[1] ?? "" }];
  });
}

Deno.test("docs/conformance.md gives every claim an id of its own, a source and a test file that is there", () => {
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
    assert.match(tests, /Deno\.test\(|Contract\(|_contract\.ts/, `${file} of ${id} holds no test`);
  }
});
