/** Which tests run against which server: the marks in the tests, and their table in `docs/conformance.md`. */
import assert from "node:assert/strict";
import { readImports } from "../support/import_graph.ts";
import { readSourceFiles } from "../support/source_files.ts";
import { listTestFiles } from "../runners/test_files.ts";

const ROOT = new URL("../../", import.meta.url);
const DOC = new URL("docs/conformance.md", ROOT);
const TABLE = /<!-- runners -->\n\n([\s\S]*?)\n\n<!-- \/runners -->/;
/** What a test reaches a server by, that of its runner. */
const SERVERS = ["tests/support/application.ts", "tests/support/served_hark.ts"] as const;

/** The cells of a table, without what aligns them. */
function cellsOf(table: string): readonly string[][] {
  return table.split("\n").filter((line) => !/^\| ?-/.test(line)).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

/** How many tests of a file run everywhere, and how many in process only. */
async function countTests(file: string) {
  const text = await Deno.readTextFile(new URL(file, ROOT));
  const count = (call: RegExp) => text.match(call)?.length ?? 0;
  return { everywhere: count(/\bDeno\.test\(/g), inside: count(/\btest\.inside\(/g) };
}

Deno.test("docs/conformance.md: has how many tests of each file run against start and workerd too", async () => {
  const rows: string[][] = [["file", "everywhere", "in process only"]];
  for (const file of await listTestFiles({ long: true })) {
    const { everywhere, inside } = await countTests(file);
    rows.push([`\`${file}\``, String(everywhere), String(inside)]);
  }
  const [, table = ""] = TABLE.exec(await Deno.readTextFile(DOC)) ?? [];
  assert.deepEqual(cellsOf(table), rows, rows.map((row) => `| ${row.join(" | ")} |`).join("\n"));
});

Deno.test("tests/routes: a file that reaches no server has tests in process only", async () => {
  const edges = readImports(readSourceFiles([".ts", ".tsx"])).filter(({ from, to }) =>
    from.startsWith("tests/") && to.startsWith("tests/")
  );
  const reach = new Set<string>(SERVERS);
  for (let before = 0; before < reach.size;) {
    before = reach.size;
    for (const { from, to } of edges) if (reach.has(to)) reach.add(from);
  }
  const wrong: string[] = [];
  for (const file of await listTestFiles({ long: true })) {
    if (!reach.has(file) && (await countTests(file)).everywhere > 0) wrong.push(file);
  }
  assert.deepEqual(wrong, []);
});
