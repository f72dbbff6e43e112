/** Lists whose quotes, widths, headings or values are not right, in every format of a file. */
import assert from "node:assert/strict";
import { odsParts, xlsxParts, zip } from "../../adapters/spreadsheets/support.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { bodyOf, newServiceWithTemplates, type ServiceWithTemplates } from "../support.ts";
import { assertNothingKept, placesOf, upload } from "./jobs_support.ts";

type Rows = readonly (readonly string[])[];
type Write = (rows: Rows) => BodyInit | Promise<BodyInit>;

const quoted = (cell: string) =>
  /[",;\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
const text = (rows: Rows, delimiter: string) =>
  rows.map((row) => row.map(quoted).join(delimiter)).join("\n");
const xml = (cell: string) => cell.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** A file of each format with the rows. */
const FORMATS: Readonly<Record<string, Write>> = {
  CSV: (rows) => text(rows, ","),
  TSV: (rows) => text(rows, "\t"),
  semicolons: (rows) => text(rows, ";"),
  XLSX: async (rows) => {
    const row = (cells: readonly string[]) =>
      `<row>${cells.map((cell) => `<c t="str"><v>${xml(cell)}</v></c>`).join("")}</row>`;
    return await zip(xlsxParts(`<sheetData>${rows.map(row).join("")}</sheetData>`));
  },
  ODS: async (rows) => {
    const lines = (cell: string) =>
      xml(cell).replaceAll("\n", "<text:line-break/>").replaceAll("\t", "<text:tab/>");
    const row = (cells: readonly string[]) =>
      `<table:table-row>${
        cells.map((cell) => `<table:table-cell><text:p>${lines(cell)}</text:p></table:table-cell>`)
          .join("")
      }</table:table-row>`;
    return await zip(odsParts(`<table:table>${rows.map(row).join("")}</table:table>`));
  },
  JSON: (rows) => JSON.stringify({ rows }),
};

async function uploadAs(
  hark: TestApplication,
  service: ServiceWithTemplates,
  format: string,
  rows: Rows,
): Promise<Response> {
  const body = await FORMATS[format]?.(rows);
  const type = format === "JSON" ? "application/json" : "application/octet-stream";
  return await upload(hark, service, body ?? "", { start: "false" }, { "content-type": type });
}

const N = "07700900123";

const REFUSED: readonly (readonly [label: string, rows: Rows, places: readonly unknown[]])[] = [
  [
    "a value beyond the last column",
    [["phone number", "name"], [N, "Smith", " Ann", "1"], ["07700900124", "Bob"]],
    [[2, "C", "value_beyond_columns"]],
  ],
  [
    "a value in a column without a heading",
    [["phone number", "", "name"], [N, "", "Ann"], ["07700900124", "x", "Bob"]],
    [[3, "B", "column_without_heading"]],
  ],
  [
    "a title above the headings",
    [["Visits in May", ""], ["phone number", "name"], [N, "Ann"]],
    [[1, "name", "missing_column"], [1, "phone number", "missing_column"]],
  ],
  [
    "headings in two rows",
    [["phone", "name"], ["number", "(first)"], [N, "Ann"]],
    [[1, "phone number", "missing_column"]],
  ],
  ["a number that was shortened", [["phone number", "name"], ["4.47701E+11", "Ann"]], [
    [2, "phone number", "unknown_character"],
  ]],
  ["a heading by another name", [["Mobile", "name"], [N, "Ann"]], [
    [1, "phone number", "missing_column"],
  ]],
];

Deno.test("POST …/jobs: 422 with row and column for lists that are not right, in every format; stores nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const [label, rows, places] of REFUSED) {
    for (const format of Object.keys(FORMATS)) {
      const refused = await bodyOf(await uploadAs(hark, service, format, rows), 422, label);
      assert.deepEqual(placesOf(refused), places, `${label}, ${format}`);
      for (const { message } of refused.errors) assert.ok(!message.includes(N), label);
    }
  }
  await assertNothingKept(hark);
});

Deno.test("POST …/jobs: refuses control characters with row, column and which character, in every format", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const format of Object.keys(FORMATS)) {
    // XML has no C0 control characters; C1 ones it has.
    const rows = [["phone number", "name"], [N, "A\u0092nn"]];
    const refused = await bodyOf(await uploadAs(hark, service, format, rows), 422, format);
    assert.deepEqual(placesOf(refused), [[2, "name", "control_character"]], format);
    assert.match(refused.errors[0].message, /U\+0092/);
  }
  const escaped = '<row><c t="str"><v>phone number</v></c><c t="str"><v>name</v></c></row>' +
    `<row><c t="str"><v>${N}</v></c><c t="inlineStr"><is><t>A_x0007_nn</t></is></c></row>`;
  const book = await zip(xlsxParts(`<sheetData>${escaped}</sheetData>`));
  const refused = await bodyOf(await upload(hark, service, book), 422);
  assert.match(refused.errors[0].message, /U\+0007/);
});

Deno.test("POST …/jobs: sends what headings and numbers with pasted marks mean, in every format", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false });
  const headings: Rows = [
    ["phone number", "\u00a0name"],
    ["phone\u00a0number", "name\u200b"],
    ["phone\nnumber", "name"],
    ["\u202aphone number\u202c", "\ufeffname"],
  ];
  const numbers = [
    "\u202a07700900123\u202c",
    "\u202d+447700900123\u202c",
    "\u206807700900123\u2069",
  ];
  for (const format of Object.keys(FORMATS)) {
    for (const [at, heading] of headings.entries()) {
      const rows = [heading, [numbers[at] ?? N, "Ann"]];
      const uploaded = await uploadAs(hark, service, format, rows);
      assert.equal((await bodyOf(uploaded, 201, `${format} ${at}`)).rows, 1);
    }
  }
});

const QUOTES: readonly (readonly [file: string, code: string, row: number])[] = [
  ['phone number,name\n07700900321,"Ann\n07700900322,Bob\n07700900323,Cy', "quote_not_closed", 2],
  ['phone number,name\n07700900123,"5" pipe', "text_after_quote", 2],
  ['phone number,name\n07700900321,"Ann\n07700900322,Bob"\n07700900323,Cy', "rows_in_quotes", 2],
  ['phone number,name,ref no\n07700900123,"Ann,1\n07700900124,B,2', "quote_not_closed", 2],
];

Deno.test("POST …/jobs: 422 with the row for quotes that are not right, with each delimiter; sends nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const [file, code, row] of QUOTES) {
    for (const delimiter of [",", "\t", ";"]) {
      const body = file.replaceAll(",", delimiter);
      const { errors, detail } = await bodyOf(await upload(hark, service, body), 422, file);
      assert.deepEqual([errors.length, errors[0].code, errors[0].row], [1, code, row], file);
      assert.match(detail, new RegExp(`row ${row}`));
    }
  }
  await assertNothingKept(hark);
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
});

Deno.test("POST …/jobs: sends a quoted value of several lines as written", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false });
  const file = `phone number,name\n${N},"1 High Street,\nLondon, SW1"\n07700900124,5" pipe\n`;
  await bodyOf(await upload(hark, service, file), 201);
  await hark.settle();
  const texts = (await hark.sent()).map((entry) => entry.text);
  assert.equal(texts.length, 2);
  assert.ok(texts.some((sent) => sent.includes("1 High Street,\nLondon, SW1")), texts.join());
  assert.ok(texts.some((sent) => sent.includes('5" pipe')), texts.join());
});

Deno.test("POST …/jobs: names the row of bytes that are not UTF-8 inside a quoted cell", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const start = new TextEncoder().encode(
    `phone number,name\n${"07700900123,Їжак\n".repeat(6_000)}${N},"Олена\n`,
  );
  const bytes = new Uint8Array([...start, 0xff, 0x22, 0x0a]);
  const { errors } = await bodyOf(await upload(hark, service, bytes), 422);
  assert.deepEqual([errors[0].code, errors[0].row], ["bad_encoding", 6_002]);
});

Deno.test("POST …/jobs: 422 with the row for a cell of a spreadsheet with further rows; sends a cell of several lines", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false });
  for (const format of ["XLSX", "ODS"]) {
    for (const delimiter of [",", ";", "\t"]) {
      const held = `Ann\n07700900124${delimiter}Bob\n07700900125${delimiter}Cy`;
      const rows = [["phone number", "name"], ["07700900122", "Di"], [N, held]];
      const { errors } = await bodyOf(await uploadAs(hark, service, format, rows), 422, format);
      assert.deepEqual([errors.length, errors[0].code, errors[0].row], [1, "rows_in_quotes", 3]);
    }
    const address = "1 High Street,\nLondon, SW1\n07700900124";
    const rows = [["phone number", "name"], [N, address], ["07700900124", "x\ny"]];
    await bodyOf(await uploadAs(hark, service, format, rows), 201, format);
  }
});

Deno.test("POST …/jobs: sends an amount of a spreadsheet with the blanks between its thousands", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false });
  const heading = '<row><c t="str"><v>phone number</v></c><c t="str"><v>name</v></c></row>';
  const styles =
    '<numFmts><numFmt numFmtId="170" formatCode="[$-415]#,##0.00\u00a0&quot;zł&quot;"/>' +
    '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>';
  const row = `<row><c t="str"><v>${N}</v></c><c s="1"><v>1234567.891</v></c></row>`;
  const book = await zip(xlsxParts(`<sheetData>${heading}${row}</sheetData>`, { styles }));
  await bodyOf(await upload(hark, service, book), 201);
  await hark.settle();
  assert.deepEqual((await hark.sent()).map(({ text }) => text), ["Hi 1 234 567,89 zł"]);
});
