import assert from "node:assert/strict";
import { sumUp } from "./http/profile.ts";
import { checkParts } from "./long_bench.ts";
import { medianDifference } from "./measure.ts";
import { lowRatios } from "./short_bench.ts";
import { replaceSections } from "./report/sections.ts";
import { drawPlot } from "./report/svg.ts";
import { formatNumber, formatTable } from "./report/table.ts";

Deno.test("replaceSections: replaces what stands between the markers of a section only", () => {
  const page =
    "# A\n\n<!-- bench:x -->\nold\n<!-- /bench:x -->\n\n<!-- bench:y -->\n<!-- /bench:y -->\n";
  const written = replaceSections(page, [{ name: "x", text: "new" }]);
  assert.equal(
    written,
    "# A\n\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\n\n<!-- bench:y -->\n<!-- /bench:y -->\n",
  );
  assert.equal(replaceSections(written, [{ name: "x", text: "new" }]), written);
});

Deno.test("replaceSections: throws when a section has no markers", () => {
  assert.throws(() => replaceSections("# A\n", [{ name: "x", text: "new" }]), /no markers of x/);
});

Deno.test("checkParts: names the parts there are, and lets only those write that have tables of their own", () => {
  const check = (part: readonly string[], write = false, long = true) =>
    checkParts({ long, part, write });
  assert.equal(check([], true, false), undefined);
  assert.equal(check(["pages"], true), undefined);
  assert.equal(check(["pages", "job"]), undefined);
  assert.match(check(["pages", "job"], true) ?? "", /^--write with --part is for --part=pages/);
  assert.match(check(["page"]) ?? "", /^no part page; there are load, reads, pages, /);
  assert.equal(check(["pages"], false, false), "--part is for --long");
});

Deno.test("docs/performance.md: has markers for every section of the bench", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/performance.md", import.meta.url));
  const names = [
    "machine",
    "accepts",
    "profile",
    "alone-profile",
    "list-profile",
    "speeds",
    "long-machine",
    "long-speeds",
    "scale",
    "page-machine",
    "page-speeds",
    "pages",
    "parts",
  ];
  replaceSections(page, names.map((name) => ({ name, text: "" })));
});

Deno.test("medianDifference: is the difference of the medians, with an error that grows with the spread", () => {
  const pairs = (spread: number) =>
    Array.from({ length: 200 }, (_, i) => [10 + spread * (i % 7), 9 + spread * (i % 5)] as const);
  const close = medianDifference(pairs(0.01));
  assert.deepEqual(close.medians.map((value) => value.toFixed(2)), ["10.03", "9.02"]);
  assert.equal(close.difference.toFixed(2), "1.01");
  assert.ok(close.difference > 3 * close.standardError);
  const wide = medianDifference(pairs(10));
  assert.ok(wide.standardError > 100 * close.standardError);
  assert.deepEqual(medianDifference(pairs(10)), wide);
});

Deno.test("sumUp: adds up the time of each part of the program, and leaves idle time out", () => {
  const frame = (id: number, url: string, functionName = "f") => ({
    id,
    callFrame: { functionName, url },
  });
  const profile = {
    nodes: [
      frame(1, "", "(idle)"),
      frame(2, "file:///hark/adapters/libsql/notifications/accept.ts"),
      frame(3, "file:///cache/npm/registry.test/@hono/node-server/2.0.0/dist/a.js"),
      frame(4, "ext:deno_node/http.ts"),
      frame(5, "", "(garbage collector)"),
      frame(6, "", "op_print"),
    ],
    samples: [1, 2, 2, 3, 4, 5, 6],
    timeDeltas: [900, 10, 10, 8, 6, 4, 2],
  };
  assert.deepEqual(sumUp(profile, 2).map(({ name, us }) => `${name} ${us}`), [
    "adapters/libsql 10",
    "npm:@hono/node-server 4",
    "node:http 3",
    "garbage collection 2",
    "built-in: op_print 1",
  ]);
});

Deno.test("drawPlot: draws a line for each series, within the drawing, and escapes names", () => {
  const svg = drawPlot({
    title: "A < B",
    xLabel: "connections",
    yLabel: "milliseconds",
    series: [
      { name: "floor", points: [[1, 0.7], [8, 2], [128, 30]] },
      { name: "Hark", points: [[1, 2.5], [8, 7], [128, 90]] },
    ],
  });
  assert.equal(svg.match(/<polyline /g)?.length, 2);
  assert.equal(svg.match(/<circle /g)?.length, 6);
  assert.ok(svg.includes("<title>A &lt; B</title>"));
  assert.ok(svg.includes("prefers-color-scheme: dark"));
  const places = [...svg.matchAll(/cx="([^"]+)" cy="([^"]+)"/g)].map(([, x, y]) =>
    [x, y].map(Number)
  );
  for (const [x = NaN, y = NaN] of places) {
    assert.ok(x >= 0 && x <= 640 && y >= 0 && y <= 360, `${x} ${y}`);
  }
});

Deno.test("drawPlot: draws a series of one value", () => {
  assert.ok(
    !/NaN|Infinity/.test(drawPlot({
      title: "A",
      xLabel: "x",
      yLabel: "y",
      series: [{ name: "one", points: [[1, 5]] }],
    })),
  );
});

Deno.test("formatTable: fills columns up to their widths", () => {
  assert.equal(
    formatTable(["a", "long heading"], [["1", "2"]]),
    "| a   | long heading |\n| --- | ------------ |\n| 1   | 2            |",
  );
});

Deno.test("formatNumber: keeps three digits or all before the point", () => {
  const numbers = [0.123, 4.567, 45.67, 456.7, 4567.8, NaN];
  assert.deepEqual(numbers.map(formatNumber), ["0.12", "4.57", "45.7", "457", "4,568", "–"]);
});

Deno.test("lowRatios: names the ratios that are under 0.8 of the recorded ones in each try", () => {
  const recorded = { a: 0.5, b: 0.5, c: 0.5 };
  const tries = [{ a: 0.39, b: 0.39, c: 0.4 }, { a: 0.2, b: 0.4, c: 0.6 }];
  assert.deepEqual(lowRatios(tries.map((ratios) => ({ ratios })), recorded), ["a"]);
  assert.deepEqual(lowRatios([{ ratios: {} }], recorded), ["a", "b", "c"]);
});
