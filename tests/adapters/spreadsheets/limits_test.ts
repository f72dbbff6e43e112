import assert from "node:assert/strict";
import {
  SHEET_MAX_CELLS,
  SHEET_MAX_CHARACTERS,
  SHEET_MAX_SHEETS,
  SHEET_MAX_STYLES,
  XLSX_MAX_COLUMN_DEFINITIONS,
  XLSX_MAX_FORMAT_CODE,
  XLSX_MAX_RELATIONSHIPS,
  XLSX_MAX_TARGET,
  XML_MAX_ATTRIBUTES,
  XML_MAX_DEPTH,
  XML_MAX_SMALL_ELEMENTS,
  XML_MAX_TOKEN,
} from "../../../adapters/spreadsheets/limits.ts";
import { SheetError } from "../../../adapters/spreadsheets/sheet_error.ts";
import { readXml } from "../../../adapters/spreadsheets/xml.ts";
import { readZip, ZIP_MAX_NAME } from "../../../adapters/spreadsheets/zip.ts";
import { CSV_MAX_CELL, CSV_MAX_ROW } from "../../../domain/csv/limits.ts";
import { type SheetFault, sheetMessage } from "../../../domain/csv/faults.ts";
import { odsParts, type Part, readFile, xlsxParts, zip } from "./support.ts";

const RELS = "xl/_rels/workbook.xml.rels";
const TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const ROWS = "<row><c><v>1</v></c></row><row><c><v>2</v></c></row>";
const SHEET = `<sheetData>${ROWS}</sheetData>`;
const times = (count: number, unit: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => unit(index)).join("");

const xlsx = (sheet = SHEET, more: Parameters<typeof xlsxParts>[1] = {}) => xlsxParts(sheet, more);
const replacing = (name: string, content: string) =>
  xlsx().map(([part, before]): Part => [part, part === name ? content : before]);
const worksheet = (target: string) =>
  `<Relationship Id="rId1" Type="${TYPES}/worksheet" Target="${target}"/>`;
const relationships = (count: number) =>
  replacing(
    RELS,
    `<R>${worksheet("worksheets/sheet1.xml")}${
      worksheet("worksheets/sheet1.xml").repeat(count - 1)
    }</R>`,
  );

const cell = (text: string, attributes = "") =>
  `<table:table-cell ${attributes}><text:p>${text}</text:p></table:table-cell>`;
const row = (cells: string, attributes = "") =>
  `<table:table-row ${attributes}>${cells}</table:table-row>`;
const table = (rows: string, attributes = "") =>
  `<table:table ${attributes}>${row(cell("a"))}${rows}</table:table>`;
const HIDDEN_STYLE =
  '<style:style style:name="no"><style:table-properties table:display="false"/></style:style>';

/** Cells of hidden columns, which no row has, so many in all. */
function hiddenCells(count: number): readonly Part[] {
  const columns = "<table:table-column/>" +
    '<table:table-column table:number-columns-repeated="16383" table:visibility="collapse"/>';
  const wide = (width: number) =>
    row(cell("1") + cell("x", `table:number-columns-repeated="${width}"`));
  // The header and each row have one visible cell, which counts when it is read and when its row is added.
  const each = 16_383 + 2;
  const rows = Math.floor((count - 4) / each);
  const left = count - 2 - rows * each;
  return odsParts(
    `<table:table>${columns}${row(cell("a"))}${wide(16_383).repeat(rows)}${
      left > 2 ? wide(left - 2) : ""
    }</table:table>`,
  );
}

interface Case {
  readonly what: string;
  readonly most: readonly Part[];
  readonly more: readonly Part[];
  readonly fault: SheetFault;
}

const damaged = { kind: "damaged" } as const;
const tooComplex = { kind: "too_complex" } as const;
const styles = (count: number) => ({ styles: `<cellXfs>${"<xf/>".repeat(count)}</cellXfs>` });
const formats = (count: number) => ({ styles: `<numFmts>${"<numFmt/>".repeat(count)}</numFmts>` });
const formatCode = (length: number) => ({
  styles: `<numFmts><numFmt numFmtId="170" formatCode="${"0".repeat(length)}"/></numFmts>`,
});
const sheets = (count: number) => ({
  workbook: `<w><sheet r:id="rId1"/>${'<sheet state="hidden"/>'.repeat(count - 1)}</w>`,
});
const columns = (count: number) =>
  xlsx(`${'<col hidden="1" min="3" max="3"/>'.repeat(count)}${SHEET}`);
const attributes = (count: number) => xlsx(`<a ${times(count, (at) => `b${at}="" `)}/>${SHEET}`);
const nested = (depth: number) =>
  xlsx(`${"<a>".repeat(depth - 1)}${"</a>".repeat(depth - 1)}${SHEET}`);
const small = (elements: number) => ({
  workbook: `<w><sheet r:id="rId1"/>${"<a/>".repeat(elements - 2)}</w>`,
});
/** A tag of so many characters, in a text that the reader gets in pieces. */
const longTag = (length: number) => xlsx(`<a b="${"x".repeat(length)}"/>${SHEET}`);
const hiddenTables = (count: number) =>
  odsParts(
    '<table:table table:style-name="no"/>'.repeat(count - 1) + table(row(cell("1"))),
    HIDDEN_STYLE,
  );
const odsStyles = (count: number) =>
  odsParts(table(row(cell("1"))), "<style:style/>".repeat(count));
const target = (length: number) =>
  replacing(
    RELS,
    `<R>${worksheet("worksheets/sheet1.xml")}${
      worksheet("x".repeat(length)).replace("rId1", "rId2")
    }</R>`,
  );
const wideRow = (extra: string) => {
  const count = CSV_MAX_ROW / CSV_MAX_CELL;
  const long = `<c t="s"><v>0</v></c>`.repeat(count);
  return xlsx(`<sheetData><row><c><v>1</v></c></row><row>${long}${extra}</row></sheetData>`, {
    strings: `<si><t>${"x".repeat(CSV_MAX_CELL)}</t></si>`,
  });
};

const CASES: readonly Case[] = [
  {
    what: "relationships of XLSX",
    most: relationships(XLSX_MAX_RELATIONSHIPS),
    more: relationships(XLSX_MAX_RELATIONSHIPS + 1),
    fault: { kind: "too_many_relationships", maxRelationships: XLSX_MAX_RELATIONSHIPS },
  },
  {
    what: "characters of a relationship's target",
    most: target(XLSX_MAX_TARGET),
    more: target(XLSX_MAX_TARGET + 1),
    fault: damaged,
  },
  {
    what: "sheets of XLSX",
    most: xlsx(SHEET, sheets(SHEET_MAX_SHEETS)),
    more: xlsx(SHEET, sheets(SHEET_MAX_SHEETS + 1)),
    fault: { kind: "too_many_sheets", maxSheets: SHEET_MAX_SHEETS },
  },
  {
    what: "sheets of ODS",
    most: hiddenTables(SHEET_MAX_SHEETS),
    more: hiddenTables(SHEET_MAX_SHEETS + 1),
    fault: { kind: "too_many_sheets", maxSheets: SHEET_MAX_SHEETS },
  },
  {
    what: "styles of XLSX",
    most: xlsx(SHEET, styles(SHEET_MAX_STYLES)),
    more: xlsx(SHEET, styles(SHEET_MAX_STYLES + 1)),
    fault: { kind: "too_many_styles", maxStyles: SHEET_MAX_STYLES },
  },
  {
    what: "number formats of XLSX",
    most: xlsx(SHEET, formats(SHEET_MAX_STYLES)),
    more: xlsx(SHEET, formats(SHEET_MAX_STYLES + 1)),
    fault: { kind: "too_many_styles", maxStyles: SHEET_MAX_STYLES },
  },
  {
    what: "styles of ODS",
    most: odsStyles(SHEET_MAX_STYLES),
    more: odsStyles(SHEET_MAX_STYLES + 1),
    fault: { kind: "too_many_styles", maxStyles: SHEET_MAX_STYLES },
  },
  {
    what: "characters of a number format",
    most: xlsx(SHEET, formatCode(XLSX_MAX_FORMAT_CODE)),
    more: xlsx(SHEET, formatCode(XLSX_MAX_FORMAT_CODE + 1)),
    fault: damaged,
  },
  {
    what: "definitions of columns",
    most: columns(XLSX_MAX_COLUMN_DEFINITIONS),
    more: columns(XLSX_MAX_COLUMN_DEFINITIONS + 1),
    fault: damaged,
  },
  {
    what: "attributes of an element",
    most: attributes(XML_MAX_ATTRIBUTES),
    more: attributes(XML_MAX_ATTRIBUTES + 1),
    fault: tooComplex,
  },
  {
    what: "nested elements",
    most: nested(XML_MAX_DEPTH),
    more: nested(XML_MAX_DEPTH + 1),
    fault: damaged,
  },
  {
    what: "elements of a small part",
    most: xlsx(SHEET, small(XML_MAX_SMALL_ELEMENTS)),
    more: xlsx(SHEET, small(XML_MAX_SMALL_ELEMENTS + 1)),
    fault: tooComplex,
  },
  {
    // The parser is given pieces, so the limit is exact to a piece.
    what: "characters of a tag",
    most: longTag(XML_MAX_TOKEN - 2 * 65_536),
    more: longTag(XML_MAX_TOKEN + 2 * 65_536),
    fault: tooComplex,
  },
  {
    what: "characters of a row of XLSX",
    most: wideRow(""),
    more: wideRow("<c><v>1</v></c>"),
    fault: { kind: "row_too_long", row: 2, maxCharacters: CSV_MAX_ROW },
  },
  {
    what: "cells, of hidden columns as well",
    most: hiddenCells(SHEET_MAX_CELLS),
    more: hiddenCells(SHEET_MAX_CELLS + 1),
    fault: { kind: "sheet_too_large", maxCells: SHEET_MAX_CELLS },
  },
];

for (const { what, most, more, fault } of CASES) {
  Deno.test(`readSheet: refuses too many ${what}: ${sheetMessage(fault)}`, async () => {
    // Stored, because the limit of the compression ratio is another one.
    assert.equal((await readFile(await zip(most, { stored: true }))).fault, undefined);
    assert.deepEqual((await readFile(await zip(more, { stored: true }))).fault, fault);
  });
}

Deno.test("readSheet: refuses a small file whose shared string fills too many cells", async () => {
  const text = "x".repeat(CSV_MAX_CELL);
  const rows = (count: number, left: number) =>
    `<sheetData>${'<row><c t="s"><v>0</v></c></row>'.repeat(count)}` +
    `<row><c t="str"><v>${"x".repeat(left)}</v></c></row></sheetData>`;
  const fault = async (sheet: string) =>
    (await readFile(await zip(xlsx(sheet, { strings: `<si><t>${text}</t></si>` })))).fault;
  const count = SHEET_MAX_CHARACTERS / CSV_MAX_CELL - 1;
  assert.equal(await fault(rows(count, CSV_MAX_CELL)), undefined);
  assert.deepEqual(await fault(rows(count + 1, 1)), { kind: "too_much_text" });
});

Deno.test("readXml: refuses a part with more elements than its limit", async () => {
  const file = readZip(await zip([["a", "<a><b/><c/></a>"]]));
  const read = (most: number) =>
    Array.fromAsync(
      readXml(file, "a", { open: () => undefined }, new AbortController().signal, most),
    );
  await read(3);
  await assert.rejects(
    read(2),
    (error) => error instanceof SheetError && error.fault.kind === "too_complex",
  );
});

Deno.test("readZip: refuses entries with a name that is too long", async () => {
  const named = (length: number) => zip([...xlsx(), ["x".repeat(length), ""]]);
  assert.equal((await readFile(await named(ZIP_MAX_NAME))).fault, undefined);
  assert.deepEqual((await readFile(await named(ZIP_MAX_NAME + 1))).fault, damaged);
});

Deno.test("readZip: refuses entries that share their bytes", async () => {
  const parts = xlsx();
  const file = await zip([...parts, ["copy", ""]]);
  const view = new DataView(file.buffer);
  const directory = view.getUint32(file.length - 22 + 16, true);
  // The last entry of the directory gets the offset of the first.
  const last = file.length - 22 - 46 - "copy".length;
  assert.ok(last > directory);
  view.setUint32(last + 42, view.getUint32(directory + 42, true), true);
  assert.deepEqual((await readFile(file)).fault, damaged);
});
