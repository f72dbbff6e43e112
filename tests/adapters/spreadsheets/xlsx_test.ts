import assert from "node:assert/strict";
import {
  XLSX_MAX_STRING_CHARACTERS,
  XLSX_MAX_STRINGS,
} from "../../../adapters/spreadsheets/limits.ts";
import { readStrings } from "../../../adapters/spreadsheets/xlsx_parts.ts";
import type { Zip } from "../../../adapters/spreadsheets/zip.ts";
import { CSV_MAX_CELL, CSV_MAX_ROWS } from "../../../domain/csv/limits.ts";
import { type Part, readFile, xlsxParts, zip } from "./support.ts";

const HEAD = '<row r="1"><c r="A1" t="str"><v>phone number</v></c></row>';
const data = (rows: string, before = "") => `${before}<sheetData>${HEAD}${rows}</sheetData>`;

const STYLES = `<numFmts><numFmt numFmtId="170" formatCode="dd/mm/yyyy hh:mm"/>
<numFmt numFmtId="171" formatCode="00000000000"/><numFmt numFmtId="172" formatCode="[h]:mm"/>
<numFmt numFmtId="173" formatCode="[$-422]d mmmm yyyy"/><numFmt numFmtId="174" formatCode="0.0&quot;d&quot;"/>
<numFmt numFmtId="175" formatCode="h:mm AM/PM"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${
  [0, 14, 170, 171, 172, 173, 174, 9, 175, 22].map((id) => `<xf numFmtId="${id}"/>`).join("")
}</cellXfs>`;

async function readRows(sheet: string, more: Parameters<typeof xlsxParts>[1] = {}) {
  const { rows, fault } = await readFile(await zip(xlsxParts(sheet, { styles: STYLES, ...more })));
  assert.equal(fault, undefined);
  return rows.slice(1);
}

const CELLS: readonly (readonly [string, string, string])[] = [
  ["a telephone number", "<v>447700900123</v>", "447700900123"],
  ["a number with an exponent", "<v>4.47700900123E11</v>", "447700900123"],
  ["a long number", "<v>1.2345678901234501E+19</v>", "12345678901234500000"],
  ["a number that binary cannot hold", "<v>0.30000000000000004</v>", "0.3"],
  ["a small number", "<v>1E-7</v>", "0.0000001"],
  ["a negative number", "<v>-12.5</v>", "-12.5"],
];

for (const [what, value, text] of CELLS) {
  Deno.test(`readSheet: converts ${what} of XLSX to ${text}`, async () => {
    const rows = await readRows(data(`<row r="2"><c r="A2">${value}</c></row>`));
    assert.deepEqual(rows, [[text]]);
  });
}

const FORMATTED: readonly (readonly [style: number, value: string, text: string])[] = [
  [1, "46154", "2026-05-12"],
  [1, "1", "1900-01-01"],
  [1, "61", "1900-03-01"],
  [2, "46154.4375", "2026-05-12 10:30"],
  [9, "46154", "2026-05-12"],
  [3, "7700900123", "07700900123"],
  [4, "1.25", "30:00"],
  [5, "46154", "2026-05-12"],
  [6, "2.5", "2.5d"],
  [7, "0.25", "25%"],
  [8, "0.4375", "10:30"],
  [1, "1E300", `1${"0".repeat(300)}`],
  [99, "5", "5"],
];

for (const [style, value, text] of FORMATTED) {
  const name = text.length > 30 ? "all its digits" : text;
  Deno.test(`readSheet: converts ${value} of XLSX in format ${style} to ${name}`, async () => {
    const cell = `<row r="2"><c r="A2" s="${style}"><v>${value}</v></c></row>`;
    assert.deepEqual(await readRows(data(cell)), [[text]]);
  });
}

Deno.test("readSheet: counts days of XLSX from 1904 when the workbook says so", async () => {
  const workbook =
    `<workbook><workbookPr date1904="1"/><sheets><sheet r:id="rId1"/></sheets></workbook>`;
  const rows = await readRows(data('<row r="2"><c r="A2" s="1"><v>0</v></c></row>'), { workbook });
  assert.deepEqual(rows, [["1904-01-01"]]);
});

Deno.test("readSheet: reads texts of XLSX: shared, rich, inline, escaped, of formulas", async () => {
  const strings = "<si><t>Олена &amp; Co</t></si>" +
    '<si><r><t xml:space="preserve">Si</t></r><r><t>ân</t></r><rPh sb="0"><t>no</t></rPh></si>' +
    "<si><t>a_x000D_b_x0000_</t></si>";
  const rows = await readRows(
    data(
      '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="C2" t="s"><v>2</v></c>' +
        '<c r="D2" t="inlineStr"><is><t>in</t><rPh><t>no</t></rPh></is></c>' +
        '<c r="E2" t="str"><f>A2&amp;"x"</f><v>stored</v></c><c r="F2" t="b"><v>1</v></c>' +
        '<c r="G2" t="b"><v>0</v></c><c r="H2" t="e"><v>#N/A</v></c><c r="I2" t="s"><v>9</v></c></row>',
    ),
    { strings },
  );
  assert.deepEqual(rows, [
    ["Олена & Co", "Siân", "a\rb", "in", "stored", "TRUE", "FALSE", "#N/A"],
  ]);
});

Deno.test("readSheet: reads error cells of XLSX by their text, and one without as an error", async () => {
  const rows = await readRows(
    data(
      '<row r="2"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B2" t="e"><v>strange</v></c>' +
        '<c r="C2" t="e"/><c r="D2" t="str"><f>A2</f><v>#REF!</v></c>' +
        '<c r="E2" t="inlineStr"><is><t>#N/A</t></is></c></row>',
    ),
  );
  assert.deepEqual(rows, [["#DIV/0!", "#ERROR!", "#ERROR!", "#REF!", "#N/A"]]);
});

const AMOUNTS =
  `<numFmts><numFmt numFmtId="164" formatCode="[$€-407] #,##0.00"/></numFmts><cellXfs>${
    [0, 164, 3, 1, 10].map((id) => `<xf numFmtId="${id}"/>`).join("")
  }</cellXfs>`;

Deno.test("readSheet: names the columns of XLSX that are shown by a format, and the digits of recipients", async () => {
  const row = (number: number, cells: string) => `<row r="${number}">${cells}</row>`;
  const head = ["Phone\u00a0Number\u200b", "fee", "plain", "email address", "whole"].map((text) =>
    `<c t="str"><v>${text}</v></c>`
  ).join("");
  const sheet = `<sheetData>${row(2, head)}${
    row(
      4,
      '<c s="2"><v>447700900123</v></c><c s="1"><v>1.5</v></c><c s="0"><v>1.5</v></c><c s="4"><v>1</v></c><c s="3"><v>7</v></c>',
    )
  }${
    row(5, '<c s="3"><v>447700900124</v></c><c s="1"><v>2</v></c><c s="4"><v>0.5</v></c>')
  }</sheetData>`;
  const read = await readFile(await zip(xlsxParts(sheet, { styles: AMOUNTS })));
  assert.deepEqual(read.rows.slice(2), [
    ["447,700,900,123", "€ 1.50", "1.5", "100.00%", "7"],
    ["447700900124", "€ 2.00", "50.00%"],
  ]);
  assert.deepEqual(read.formatted, [1, 2]);
  assert.deepEqual(read.digits, [[4, 0, "447700900123"], [4, 3, "1"]]);
});

Deno.test("readSheet: keeps gaps of XLSX, and drops empty cells and rows at the ends", async () => {
  const rows = await readRows(
    data(
      '<row r="3"><c r="B3"><v>1</v></c><c r="C3" s="1"/></row><row r="4"/>' +
        '<row r="6"><c><v>2</v></c><c><v>3</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>',
    ),
  );
  assert.deepEqual(rows, [[], ["", "1"], [], [], ["2", "3"]]);
});

Deno.test("readSheet: skips hidden rows and columns of XLSX", async () => {
  const rows = await readRows(
    data(
      '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c><c r="D2"><v>4</v></c></row>' +
        '<row r="3" hidden="1"><c r="A3"><v>5</v></c></row><row r="4"><c r="A4"><v>6</v></c></row>',
      '<cols><col min="2" max="3" hidden="1"/></cols>',
    ),
  );
  assert.deepEqual(rows, [["1", "4"], ["6"]]);
});

Deno.test("readSheet: numbers rows of XLSX as the spreadsheet does", async () => {
  const line = (number: number, more = "") =>
    `<row r="${number}" ${more}><c r="A${number}"><v>${number}</v></c></row>`;
  const rows = line(3) + line(4, 'hidden="1"') + line(5) + line(8) + line(9, 'hidden="1"') +
    line(11);
  const sheet = `<sheetData>${rows}</sheetData>`;
  const { rows: read, numbers } = await readFile(await zip(xlsxParts(sheet)));
  assert.deepEqual(numbers, [3, 5, 6, 7, 8, 10, 11]);
  assert.deepEqual(read, [["3"], ["5"], [], [], ["8"], [], ["11"]]);
});

Deno.test("readSheet: refuses a NUL in a cell of XLSX", async () => {
  const sheet = '<sheetData><row r="1"><c><v>1</v></c></row>' +
    '<row r="3"><c t="str"><v>a\0b</v></c></row></sheetData>';
  const { fault } = await readFile(await zip(xlsxParts(sheet)));
  assert.deepEqual(fault, { kind: "not_text", row: 3 });
});

Deno.test("readSheet: reads the first visible sheet of XLSX", async () => {
  const sheets = (state: string) =>
    `<workbook><sheets><sheet r:id="rId1" state="${state}"/><sheet r:id="rId4"/></sheets></workbook>`;
  for (const state of ["hidden", "veryHidden"]) {
    assert.deepEqual(await readRows(data(""), { workbook: sheets(state) }), [["2"]]);
  }
  const workbook = '<workbook><sheets><sheet r:id="rId1" state="hidden"/></sheets></workbook>';
  const { fault } = await readFile(await zip(xlsxParts(data(""), { workbook })));
  assert.deepEqual(fault, { kind: "no_sheet" });
});

const REFUSED: readonly (readonly [string, string])[] = [
  ["rows that go back", '<row r="5"/><row r="4"/>'],
  ["a row beyond the last", '<row r="1048577"/>'],
  ["cells that go back", '<row r="2"><c r="B2"/><c r="A2"/></row>'],
  ["a column beyond the last", '<row r="2"><c r="XFE2"><v>1</v></c></row>'],
  ["elements within elements without end", "<x>".repeat(1_000)],
];

for (const [what, rows] of REFUSED) {
  Deno.test(`readSheet: refuses XLSX with ${what}`, async () => {
    const { fault } = await readFile(await zip(xlsxParts(data(rows))));
    assert.deepEqual(fault, { kind: "damaged" });
  });
}

Deno.test("readSheet: decodes no entities of a document type", async () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>';
  const parts = xlsxParts(data('<row r="2"><c t="str"><v>&b;</v></c></row>'));
  const withBomb = parts.map(([name, content]): Part =>
    name.includes("sheet1") ? [name, `${bomb}${content}`] : [name, content]
  );
  assert.deepEqual((await readFile(await zip(withBomb))).rows[1], ["&b;"]);
});

Deno.test("readSheet: refuses XLSX over the limits of rows, columns and cells", async () => {
  const refusal = async (rows: string) => (await readFile(await zip(xlsxParts(data(rows))))).fault;
  const row = "<row><c><v>1</v></c></row>";
  assert.equal(await refusal(row.repeat(CSV_MAX_ROWS)), undefined);
  assert.equal((await refusal(row.repeat(CSV_MAX_ROWS + 1)))?.kind, "too_many_rows");
  const last = '<row r="1048576"><c><v>1</v></c></row>';
  assert.equal((await refusal(last))?.kind, "too_many_rows", "empty rows between are rows");
  const column = (place: string) => `<row r="2"><c r="${place}2"><v>1</v></c></row>`;
  assert.equal(await refusal(column("ALL")), undefined);
  assert.deepEqual(await refusal(column("ALM")), {
    kind: "too_many_columns",
    row: 2,
    maxColumns: 1_000,
  });
  const text = (length: number) =>
    `<row r="2"><c r="B2" t="str"><v>${"x".repeat(length)}</v></c></row>`;
  assert.equal(await refusal(text(CSV_MAX_CELL)), undefined);
  assert.deepEqual(await refusal(text(CSV_MAX_CELL + 1)), {
    kind: "cell_too_long",
    row: 2,
    column: 2,
    maxCharacters: CSV_MAX_CELL,
  });
});

/** Shared texts as they come out of a file. */
function unpacked(...chunks: readonly string[]): Zip {
  return {
    has: () => true,
    async *open() {
      for (const chunk of ["<sst>", ...chunks, "</sst>"]) {
        yield await Promise.resolve(new TextEncoder().encode(chunk));
      }
    },
  };
}

Deno.test("readStrings: refuses too many or too long shared strings", async () => {
  const { signal } = new AbortController();
  const count = async (...chunks: readonly string[]) =>
    (await readStrings(unpacked(...chunks), "x", signal)).length;
  const tooMuch = { fault: { kind: "too_much_text" } };
  const texts = "<si/>".repeat(XLSX_MAX_STRINGS);
  assert.equal(await count(texts), XLSX_MAX_STRINGS);
  await assert.rejects(count(texts, "<si/>"), tooMuch);
  const long = Array.from({ length: 50 }, () => "x".repeat(XLSX_MAX_STRING_CHARACTERS / 50));
  assert.equal(await count("<si><t>", ...long, "</t></si>"), 1);
  await assert.rejects(count("<si><t>", ...long, "x"), tooMuch);
});
