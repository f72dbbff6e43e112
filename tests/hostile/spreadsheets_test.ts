import assert from "node:assert/strict";
import { odsParts, type Part, xlsxParts, zip } from "../adapters/spreadsheets/support.ts";
import { makeFolder } from "../support/process.ts";
import type { ReadingCost } from "./read_spreadsheet.ts";

const MEGABYTE = 1_000_000;
const TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const HEAD = '<row><c t="str"><v>phone number</v></c></row>';

/** Random characters that do not compress, in units of 32. */
function noise(units: number): string {
  return Array.from({ length: units }, () => crypto.randomUUID().replaceAll("-", "")).join("");
}

/** Repeats a unit with a little noise, so that the limit of the compression ratio does not refuse it first. */
function repeatWithNoise(unit: string, length: number): string {
  const some = unit.repeat(Math.ceil(1_500 / unit.length));
  const parts: string[] = [];
  for (let size = 0; size < length; size += some.length + 39) {
    parts.push(`${some}<!--${noise(1)}-->`);
  }
  return parts.join("");
}

function replacing(name: string, content: string, parts = xlsxParts("")): readonly Part[] {
  return parts.map(([part, before]): Part => [part, part === name ? content : before]);
}

function relationships(): readonly Part[] {
  const relationship = `<Relationship Id="a" Type="${TYPES}/worksheet" Target="x"/>`;
  const rels = `<R>${repeatWithNoise(relationship, 100 * MEGABYTE)}</R>`;
  return [...replacing("xl/_rels/workbook.xml.rels", rels), ["xl/media/photo", noise(900_000)]];
}

interface Case {
  readonly what: string;
  /** The parts of the ZIP file, or the text of a CSV file. */
  readonly parts: () => readonly Part[] | string;
  readonly times?: number;
  readonly code: string | null;
  /** A few times the figures of an idle machine with two cores: tests run beside each other. */
  readonly cpuMs: number;
  readonly megabytes: number;
}

const CASES: readonly Case[] = [
  {
    what: "millions of relationships",
    parts: relationships,
    code: "too_many_relationships",
    cpuMs: 2_000,
    megabytes: 100,
  },
  {
    what: "millions of relationships, three at once",
    parts: relationships,
    times: 3,
    code: "too_many_relationships",
    cpuMs: 5_000,
    megabytes: 250,
  },
  {
    what: "millions of styles",
    parts: () =>
      xlsxParts("", {
        styles: `<cellXfs>${repeatWithNoise('<xf numFmtId="1"/>', 50 * MEGABYTE)}</cellXfs>`,
      }),
    code: "too_many_styles",
    cpuMs: 2_000,
    megabytes: 100,
  },
  {
    what: "millions of elements that are not read",
    parts: () =>
      replacing(
        "xl/workbook.xml",
        `<workbook><definedNames>${repeatWithNoise("<definedName/>", 50 * MEGABYTE)}`,
      ),
    code: "too_complex",
    cpuMs: 4_000,
    megabytes: 100,
  },
  {
    what: "one attribute of 100 MB",
    parts: () => xlsxParts(`<a b="${noise(800_000)}${" ".repeat(70 * MEGABYTE)}"/>`),
    code: "too_complex",
    cpuMs: 2_000,
    megabytes: 150,
  },
  {
    what: "short shared strings among long comments",
    parts: () =>
      xlsxParts(`<sheetData>${HEAD}</sheetData>`, {
        strings: `<si><t>й</t></si>${
          `<si><t>${"x".repeat(30)}</t></si><!--${noise(40)}${" ".repeat(60_000)}-->`.repeat(1_000)
        }`,
      }),
    code: "only_header",
    cpuMs: 4_000,
    megabytes: 150,
  },
  {
    what: "a long shared string in every cell",
    parts: () =>
      xlsxParts(
        `<sheetData>${HEAD}${
          repeatWithNoise('<row><c t="s"><v>0</v></c></row>', 50 * MEGABYTE)
        }</sheetData>`,
        { strings: `<si><t>${"x".repeat(100_000)}</t></si>` },
      ),
    code: "too_much_text",
    cpuMs: 4_000,
    megabytes: 150,
  },
  {
    what: "repeated blanks in repeated cells",
    parts: () =>
      odsParts(`<table:table>${
        repeatWithNoise(
          '<table:table-row><table:table-cell table:number-columns-repeated="1000" x:value-type="string">' +
            '<text:p><text:s text:c="100000"/></text:p></table:table-cell></table:table-row>',
          20 * MEGABYTE,
        )
      }</table:table>`),
    code: "too_much_text",
    cpuMs: 4_000,
    megabytes: 150,
  },
  {
    what: "hidden columns defined again and again",
    parts: () =>
      xlsxParts(
        repeatWithNoise('<col min="1" max="16384" hidden="1"/>', 50 * MEGABYTE) +
          `<sheetData>${HEAD}</sheetData>`,
      ),
    code: "damaged",
    cpuMs: 4_000,
    megabytes: 100,
  },
  {
    what: "millions of blank rows, every second one hidden",
    parts: () =>
      xlsxParts(
        `<sheetData>${HEAD}${
          repeatWithNoise('<row></row><row hidden="1"></row>', 17 * MEGABYTE)
        }</sheetData>`,
      ),
    code: "only_header",
    cpuMs: 6_000,
    megabytes: 150,
  },
  {
    what: "two million shared strings",
    parts: () =>
      xlsxParts(`<sheetData>${HEAD}</sheetData>`, {
        strings: repeatWithNoise("<si><t>abcdefghijklmnopqrstuvwй</t></si>", 70 * MEGABYTE),
      }),
    code: "only_header",
    cpuMs: 12_000,
    megabytes: 500,
  },
  {
    what: "a million quotes",
    parts: () => `phone number\n${'"'.repeat(1_000_001)}`,
    code: "cell_too_long",
    cpuMs: 2_000,
    megabytes: 100,
  },
  {
    what: "a million quoted cells",
    parts: () => `phone number\n${'""""\n'.repeat(1_000_000)}`,
    code: "too_many_rows",
    cpuMs: 2_000,
    megabytes: 150,
  },
  {
    what: "one line of 40 MB",
    parts: () => `phone number\n${"x".repeat(40 * MEGABYTE)}`,
    code: "cell_too_long",
    cpuMs: 1_000,
    megabytes: 100,
  },
  {
    what: "one line of 40 MB in short cells",
    parts: () => `phone number\n${"x,".repeat(20 * MEGABYTE)}`,
    code: "too_many_columns",
    cpuMs: 1_000,
    megabytes: 100,
  },
  {
    what: "a first line of commas",
    parts: () => ",".repeat(40 * MEGABYTE) + "x",
    code: "too_many_blanks",
    cpuMs: 3_000,
    megabytes: 150,
  },
  {
    what: "ten million blanks in the middle",
    parts: () => `a\n1${`\n${",".repeat(99)}`.repeat(99_900)}\n1`,
    code: null,
    cpuMs: 6_000,
    megabytes: 400,
  },
  {
    what: "blanks of two bytes at its end",
    parts: () => `a\n1${"\u00a0".repeat(9 * MEGABYTE)}`,
    code: null,
    cpuMs: 6_000,
    megabytes: 300,
  },
];

for (const { what, parts, times = 1, code, cpuMs, megabytes } of CASES) {
  Deno.test({
    name: `readSheet: bounds CPU and memory when a spreadsheet has ${what}`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using folder = await makeFolder();
      const path = `${folder.path}/file`;
      const content = parts();
      if (typeof content === "string") await Deno.writeTextFile(path, content);
      else await Deno.writeFile(path, await zip(content));
      const reader = new URL("read_spreadsheet.ts", import.meta.url);
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--lock=tests/deno.lock", reader.pathname, path, `${times}`],
        cwd: new URL("../..", import.meta.url),
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const cost: ReadingCost = JSON.parse(new TextDecoder().decode(stdout));
      const shown = JSON.stringify(cost);
      assert.deepEqual(cost.codes, Array.from({ length: times }, () => code), shown);
      assert.ok(cost.cpuMs <= cpuMs, shown);
      assert.ok(cost.peakBytes <= megabytes * MEGABYTE, shown);
    },
  });
}
