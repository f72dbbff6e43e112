import assert from "node:assert/strict";
import { CSV_MAX_CELL, CSV_MAX_ROWS } from "../../../domain/csv/limits.ts";
import { odsParts, type Part, readFile, zip } from "./support.ts";

const p = (text: string) => `<text:p>${text}</text:p>`;
const cell = (content: string, attributes = "") =>
  `<table:table-cell ${attributes}>${content}</table:table-cell>`;
const row = (cells: string, attributes = "") =>
  `<table:table-row ${attributes}>${cells}</table:table-row>`;
const HEAD = row(cell(p("phone number")));
const table = (rows: string, attributes = "") =>
  `<table:table ${attributes}>${HEAD}${rows}</table:table>`;

const read = async (tables: string, styles = "") =>
  await readFile(await zip(odsParts(tables, styles)));

async function readRows(tables: string, styles = "") {
  const { rows, fault } = await read(tables, styles);
  assert.equal(fault, undefined);
  return rows.slice(1);
}

const value = (type: string, more: string) => `office:value-type="${type}" office:${more}`;
const CELLS: readonly (readonly [string, string, string])[] = [
  [value("float", 'value="447700900123"'), p("4.48E+11"), "447700900123"],
  [value("float", 'value="7700900123"'), p("07700900123"), "07700900123"],
  [value("float", 'value="1234.5"'), p("1,234.50"), "1,234.50"],
  [value("currency", 'value="3.5"'), p("£3.50"), "£3.50"],
  [
    value("currency", 'value="1234567.891"'),
    p("1\u00a0234\u202f567,89\u00a0zł"),
    "1 234 567,89 zł",
  ],
  [value("percentage", 'value="0.075"'), p("8%"), "8%"],
  [value("percentage", 'value="0.075"'), "", "7.5%"],
  [value("float", 'value="1234.5"'), p("1.234,50"), "1.234,50"],
  [value("float", 'value="1234.5"'), p("1234,5"), "1234.5"],
  [value("float", 'value="0.333333333333333"'), p("0.3333333333"), "0.333333333333333"],
  [value("float", 'value="0.5"'), p("#FMT"), "0.5"],
  [value("float", 'value="1.5"'), p("1 1/2"), "1.5"],
  [value("float", 'value="12345678"'), p("###"), "12345678"],
  [value("float", 'value="0"'), p("Err:502"), "Err:502"],
  [value("float", 'value="0"'), p("#DIV/0!"), "#DIV/0!"],
  [value("string", 'string-value="" calcext:value-type="error"'), p("#N/A"), "#N/A"],
  [value("string", 'string-value="" calcext:value-type="error"'), p("strange"), "#ERROR!"],
  [value("string", 'string-value="" calcext:value-type="error"'), "", "#ERROR!"],
  [value("float", 'value="-5"'), p("-5.00 "), "-5.00"],
  [value("date", 'date-value="2026-05-12"'), p("12/05/26"), "2026-05-12"],
  [value("date", 'date-value="2026-05-12T10:30:00"'), p("x"), "2026-05-12 10:30"],
  [value("date", 'date-value="2026-05-12T00:00:00.000"'), p("x"), "2026-05-12"],
  [value("time", 'time-value="PT10H30M00S"'), p("x"), "10:30"],
  [value("time", 'time-value="PT30H00M05.000S"'), p("x"), "30:00:05"],
  [value("boolean", 'boolean-value="true"'), p("WAHR"), "TRUE"],
  [value("string", 'string-value="a"'), "", "a"],
  [value("string", 'string-value="a"'), p("b"), "b"],
  [
    "",
    p('a<text:s text:c="2"/>b<text:tab/>c<text:line-break/>d') + p("<text:span>e</text:span>"),
    "a  b\tc\nd\ne",
  ],
  ["", `<office:annotation>${p("a note")}</office:annotation>${p("text")}`, "text"],
  ["", p(`a<draw:frame>${p("drawn")}</draw:frame>b`), "ab"],
];

for (const [attributes, content, text] of CELLS) {
  Deno.test(`readSheet: converts a cell of ODS (${attributes}) to ${JSON.stringify(text)}`, async () => {
    assert.deepEqual(await readRows(table(row(cell(content, attributes)))), [[text]]);
  });
}

Deno.test("readSheet: ignores 16,384 empty cells and a million empty rows of ODS", async () => {
  const empty = '<table:table-cell table:number-columns-repeated="16383"/>';
  const rows = row(cell(p("1")) + empty).repeat(20_000) +
    row(
      '<table:table-cell table:number-columns-repeated="16384"/>',
      'table:number-rows-repeated="1000000"',
    );
  assert.equal((await readRows(table(rows))).length, 20_000);
});

Deno.test("readSheet: repeats cells and rows of ODS, up to the limits", async () => {
  const repeated = cell(p("x"), 'table:number-columns-repeated="3"');
  const gap = '<table:table-cell table:number-columns-repeated="2"/>';
  const rows = row(repeated + gap + cell(p("y")), 'table:number-rows-repeated="2"');
  const expected = ["x", "x", "x", "", "", "y"];
  assert.deepEqual(await readRows(table(rows)), [expected, expected]);
  const many = (count: number) => row(cell(p("x")), `table:number-rows-repeated="${count}"`);
  assert.equal((await readRows(table(many(CSV_MAX_ROWS)))).length, CSV_MAX_ROWS);
  assert.equal((await read(table(many(CSV_MAX_ROWS + 1)))).fault?.kind, "too_many_rows");
  const wide = (count: number) => row(cell(p("x"), `table:number-columns-repeated="${count}"`));
  assert.equal((await readRows(table(wide(1_000))))[0]?.length, 1_000);
  assert.equal((await read(table(wide(1_001)))).fault?.kind, "too_many_columns");
  assert.equal((await read(table(wide(16_385)))).fault?.kind, "too_many_columns");
});

Deno.test("readSheet: keeps empty rows of ODS between others, and reads covered cells as empty", async () => {
  const covered = `<table:covered-table-cell>${p("under")}</table:covered-table-cell>`;
  const rows = row("<table:table-cell/>", 'table:number-rows-repeated="2"') +
    row(cell(p("1"), 'table:number-columns-spanned="2"') + covered + cell(p("2"))) + row(cell(""));
  assert.deepEqual(await readRows(table(rows)), [[], [], ["1", "", "2"]]);
});

Deno.test("readSheet: skips hidden rows, columns and tables of ODS", async () => {
  const styles =
    '<style:style style:name="no"><style:table-properties table:display="false"/></style:style>' +
    '<style:style style:name="yes"><style:table-properties table:display="true"/></style:style>';
  const columns =
    '<table:table-column/><table:table-column table:number-columns-repeated="2" table:visibility="collapse"/>';
  const rows = columns + row(["1", "2", "3", "4"].map((text) => cell(p(text))).join("")) +
    row(cell(p("5")), 'table:visibility="filter"');
  const tables = table(row(cell(p("hidden"))), 'table:style-name="no"') +
    table(rows, 'table:style-name="yes"') + table(row(cell(p("later"))));
  assert.deepEqual(await readRows(tables, styles), [["1", "4"]]);
  const { fault } = await read(table("", 'table:style-name="no"'), styles);
  assert.deepEqual(fault, { kind: "no_sheet" });
});

Deno.test("readSheet: refuses an ODS file with a password", async () => {
  const manifest: Part = [
    "META-INF/manifest.xml",
    "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>",
  ];
  const { fault } = await readFile(await zip([...odsParts(table("")), manifest]));
  assert.deepEqual(fault, { kind: "password" });
});

Deno.test("readSheet: refuses ODS with a cell that is too long, or invalid repetitions", async () => {
  const fault = async (rows: string) => (await read(table(rows))).fault;
  assert.equal(await fault(row(cell(p("x".repeat(CSV_MAX_CELL))))), undefined);
  assert.equal((await fault(row(cell(p("x".repeat(CSV_MAX_CELL + 1))))))?.kind, "cell_too_long");
  const blanks = row(cell(p('x<text:s text:c="99999999999"/>x')));
  assert.equal((await fault(blanks))?.kind, "cell_too_long");
  for (const count of ["0", "-1", "1.5", "x"]) {
    const bad = row(cell(p("x"), `table:number-columns-repeated="${count}"`));
    assert.deepEqual(await fault(bad), { kind: "damaged" });
  }
});

Deno.test("readSheet: all repetitions of a row of ODS share one array", async () => {
  const wide = row(
    cell(p("x"), 'table:number-columns-repeated="1000"'),
    `table:number-rows-repeated="${CSV_MAX_ROWS}"`,
  );
  const rows = await readRows(table(wide));
  assert.equal(rows.length, CSV_MAX_ROWS);
  assert.equal(new Set(rows).size, 1);
});

Deno.test("readSheet: numbers rows of ODS as the spreadsheet does", async () => {
  const blank = (times: number) =>
    row("<table:table-cell/>", `table:number-rows-repeated="${times}"`);
  const rows = blank(2) + HEAD +
    row(cell(p("1")), 'table:visibility="filter" table:number-rows-repeated="3"') +
    row(cell(p("2")), 'table:number-rows-repeated="2"') + blank(1) +
    row(cell(p("3")), 'table:visibility="collapse"') + blank(1) + row(cell(p("4"))) + blank(9);
  const { numbers } = await read(`<table:table>${rows}</table:table>`);
  assert.deepEqual(numbers, [3, 7, 8, 9, 11, 12]);
});

Deno.test("readSheet: refuses a NUL in a cell of ODS", async () => {
  const { fault } = await read(table(row(cell(p("a\0b")))));
  assert.deepEqual(fault, { kind: "not_text", row: 2 });
});
