/** `docs/conformance.md` says which tests run against which server: by the marks in the tests. */
import assert from "node:assert/strict";
import { listTestFiles } from "../runners/test_files.ts";

const ROOT = new URL("../../", import.meta.url);
const DOC = new URL("docs/conformance.md", ROOT);
const TABLE = /<!-- runners -->\n\n([\s\S]*?)\n\n<!-- \/runners -->/;

/** The cells of a table, without what aligns them. */
function cellsOf(table: string): readonly string[][] {
  return table.split("\n").filter((line) => !/^\| ?-/.test(line)).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

Deno.test("docs/conformance.md: has how many tests of each file run against start and workerd too", async () => {
  const rows: string[][] = [["file", "everywhere", "in process only"]];
  for (const file of await listTestFiles({ long: true })) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    const everywhere = text.match(/\bDeno\.test\(/g)?.length ?? 0;
    const inside = text.match(/\btest\.inside\(/g)?.length ?? 0;
    rows.push([`\`${file}\``, String(everywhere), String(inside)]);
  }
  const [, table = ""] = TABLE.exec(await Deno.readTextFile(DOC)) ?? [];
  assert.deepEqual(cellsOf(table), rows, rows.map((row) => `| ${row.join(" | ")} |`).join("\n"));
});
