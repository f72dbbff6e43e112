import assert from "node:assert/strict";
import { odsParts, xlsxParts, zip } from "../../adapters/spreadsheets/support.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { bodyOf, callAt, movableClock, newServiceWithTemplates } from "../support.ts";
import { assertNothingKept, placesOf, upload } from "./jobs_support.ts";

/** A cell: its text, or the attributes and the value of an XLSX or ODS cell. */
type Row = readonly string[];
type Format = "XLSX" | "ODS" | "CSV" | "TSV" | "semicolons" | "JSON";
const FORMATS: readonly Format[] = ["XLSX", "ODS", "CSV", "TSV", "semicolons", "JSON"];

const ERROR = /^(?:#|Err:)/;

/** Makes a file of the rows, with error cells as the programs store them. */
async function fileOf(format: Format, rows: readonly Row[]): Promise<BodyInit> {
  switch (format) {
    case "XLSX": {
      const cell = (text: string) =>
        `<c t="${ERROR.test(text) ? "e" : "str"}"><f>A1</f><v>${text}</v></c>`;
      return await zip(
        xlsxParts(
          `<sheetData>${
            rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("")
          }</sheetData>`,
        ),
      );
    }
    case "ODS": {
      const cell = (text: string) =>
        `<table:table-cell office:value-type="string" ${
          ERROR.test(text) ? 'office:string-value="" calcext:value-type="error"' : ""
        }><text:p>${text}</text:p></table:table-cell>`;
      const table = rows.map((row) =>
        `<table:table-row>${row.map(cell).join("")}</table:table-row>`
      );
      return await zip(odsParts(`<table:table>${table.join("")}</table:table>`));
    }
    case "JSON":
      return JSON.stringify({ rows });
    default: {
      const separator = { CSV: ",", TSV: "\t", semicolons: ";" }[format];
      return rows.map((row) => `${row.join(separator)}\n`).join("");
    }
  }
}

async function uploadRows(
  hark: TestApplication,
  service: Parameters<typeof upload>[1],
  format: Format,
  rows: readonly Row[],
): Promise<Response> {
  return await upload(hark, service, await fileOf(format, rows), {}, {
    "content-type": format === "JSON" ? "application/json" : "application/octet-stream",
  });
}

const HEAD = ["phone number", "name", "other"];
const ERRORS = [
  "#REF!",
  "#N/A",
  "#VALUE!",
  "#DIV/0!",
  "#NAME?",
  "#NULL!",
  "#NUM!",
  "#SPILL!",
  "#CALC!",
  "#GETTING_DATA",
  "Err:502",
  "Err:508",
];

Deno.test("POST …/jobs: refuses the row of an error value in every format, at its cell", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const format of FORMATS) {
    for (const error of ERRORS) {
      const rows = [HEAD, ["07900900123", "Ann", ""], ["07900900124", error, ""]];
      const refused = await bodyOf(
        await uploadRows(hark, service, format, rows),
        422,
        `${format} ${error}`,
      );
      assert.deepEqual(placesOf(refused), [[3, "name", "spreadsheet_error"]], format);
      assert.equal(
        refused.errors[0].message,
        `The spreadsheet shows the error ‘${error}’ here – correct the formula, or type the value in its place`,
      );
    }
  }
  await assertNothingKept(hark);
});

Deno.test("POST …/jobs: refuses a recipient that is an error value, with that error only", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const format of FORMATS) {
    const rows = [HEAD, ["#N/A", "Ann", ""], ["########", "Bob", ""]];
    const refused = await bodyOf(await uploadRows(hark, service, format, rows), 422, format);
    assert.deepEqual(placesOf(refused), [
      [2, "phone number", "spreadsheet_error"],
      [3, "phone number", "spreadsheet_error"],
    ]);
  }
});

Deno.test("POST …/jobs: refuses an error value in the column reference, and in one of several with a header", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const rows = [["phone number", "name", "reference"], ["07900900123", "Ann", "#N/A"]];
  const refused = await bodyOf(await uploadRows(hark, service, "CSV", rows), 422);
  assert.deepEqual(placesOf(refused), [[2, "reference", "spreadsheet_error"]]);
  const several = [["phone number", "name", "Name"], ["07900900123", "Ann", "x"]];
  const list = [["phone number", "name", "name"], ["07900900123", "Ann", "#REF!"]];
  await bodyOf(await uploadRows(hark, service, "CSV", several), 201);
  assert.deepEqual(placesOf(await bodyOf(await uploadRows(hark, service, "CSV", list), 422)), [
    [2, "name", "spreadsheet_error"],
  ]);
});

Deno.test("POST …/jobs: sends a list with error values in columns that the message does not use", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const format of FORMATS) {
    const rows = [HEAD, ["07900900123", "Ann", "#REF!"]];
    const job = await bodyOf(await uploadRows(hark, service, format, rows), 201, format);
    assert.equal(job.rows, 1);
  }
});

const STYLES =
  `<numFmts><numFmt numFmtId="170" formatCode="&quot;£&quot;#,##0.00"/></numFmts><cellXfs>${
    [0, 4, 170, 10, 3, 14, 1].map((id) => `<xf numFmtId="${id}"/>`).join("")
  }</cellXfs>`;

/** A workbook with a row of numbers in formats; a text cell has no style. */
async function workbookOf(rows: readonly (readonly (string | readonly [number, string])[])[]) {
  const cell = (value: string | readonly [number, string]) =>
    typeof value === "string"
      ? `<c t="str"><v>${value}</v></c>`
      : `<c s="${value[0]}"><v>${value[1]}</v></c>`;
  const data = rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("");
  return await zip(xlsxParts(`<sheetData>${data}</sheetData>`, { styles: STYLES }));
}

Deno.test("POST …/jobs: sends formatted numbers as the sheet shows them, recipients with their digits", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const template = await hark.newTemplate(service.id, {
    channel: "sms",
    name: "Amounts",
    body: "((total)), ((due)), ((share)), ((day)), ((count))",
  });
  const workbook = await workbookOf([
    ["Phone Number", "total", "due", "share", "day", "count", "plain"],
    [[4, "447900900123"], [1, "1234567.891"], [2, "1234.5"], [3, "0.125"], [5, "46154"], [6, "7"], [
      0,
      "1.5",
    ]],
  ]);
  const query = { template_id: template };
  const dry = await bodyOf(
    await upload(hark, service, workbook, { ...query, dry_run: "true" }),
    200,
  );
  assert.equal(dry.error_count, 0);
  assert.deepEqual(dry.formatted_columns, ["total", "due", "share"]);
  assert.match(dry.samples[0].text, /1,234,567\.89, £1,234\.50, 12\.50%, 2026-05-12, 7$/);
  await bodyOf(await upload(hark, service, workbook, query), 201);
  await hark.settle();
  const [sent] = await hark.sent();
  assert.equal(sent?.to, "447900900123");
});

Deno.test("POST /v2/notifications/bulk: 400 with the row of an error value in csv", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const body = {
    template_id: service.sms,
    name: "a list",
    csv: "phone number,name\n07900900123,Ann\n07900900124,#REF!\n",
  };
  const path = "/v2/notifications/bulk";
  const refused = await bodyOf(
    await callAt(hark, clock, service.keys.live, "POST", path, body),
    400,
  );
  assert.match(refused.errors[0].message, /Row 3 - `name`: .*#REF!/);
});
