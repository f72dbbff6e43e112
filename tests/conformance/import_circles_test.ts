import assert from "node:assert/strict";
import { findCircles, readImports, readModules } from "../support/import_graph.ts";

Deno.test("the modules of the project: import each other in no circle, type imports included", () => {
  const imports = readImports(readModules());
  assert.ok(imports.length > 1000);
  const circles = findCircles(imports).map((circle) => circle.join(" -> "));
  assert.ok(circles.length === 0, `${circles.length} import circles\n${circles.join("\n")}`);
});

Deno.test("readImports: finds imports of values, types, text and effects, and re-exports", () => {
  const text = [
    'import { a, type B as C } from "../b.ts";',
    'import type { D } from "./d.ts";',
    "import {\n  e,\n} from './e.ts';",
    'import text from "./f.css" with { type: "text" };',
    'import "./g.ts";',
    'export { h } from "./h.ts";',
    'export * from "./i.ts";',
    'await import("./j.ts");',
    'import { k } from "package";',
  ].join("\n");
  assert.deepEqual(
    readImports([{ path: "x/a.ts", text }]).map(({ to, names }) => `${to}: ${names.join(" ")}`),
    [
      "b.ts: a B",
      "x/d.ts: D",
      "x/e.ts: e",
      "x/f.css: default",
      "x/g.ts: ",
      "x/h.ts: h",
      "x/i.ts: *",
      "x/j.ts: *",
    ],
  );
});

Deno.test("findCircles: returns the shortest circle of each group", () => {
  const edge = (from: string, to: string) => ({ from, to, names: [] });
  const edges = [edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("b", "a"), edge("d", "a")];
  assert.deepEqual(findCircles(edges), [["a", "b", "a"]]);
  assert.deepEqual(findCircles([edge("a", "b"), edge("b", "c"), edge("d", "c")]), []);
  assert.deepEqual(findCircles([edge("a", "a")]), [["a", "a"]]);
});
