import assert from "node:assert/strict";
import {
  CSV_MAX_CELL,
  CSV_MAX_COLUMNS,
  CSV_MAX_ROWS,
  SHEET_MAX_BYTES,
} from "../../../domain/csv/limits.ts";
import { FORM_MAX_BYTES, JSON_ROWS_MAX_BYTES } from "../../../routes/http/upload_body.ts";
import { xlsxParts, zip } from "../../adapters/spreadsheets/support.ts";
import { ADMIN_TOKEN, startTestApplication } from "../../support/application.ts";
import { waitFor } from "../../support/process.ts";
import { bodyOf, newServiceWithTemplates } from "../support.ts";
import { assertNothingKept, csvOf, jobsOf, upload } from "./jobs_support.ts";
import { test } from "../../support/runner.ts";

const JSON_TYPE = { "content-type": "application/json" };

Deno.test("POST …/jobs: 422 with a code for files that are not recipient lists; stores nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const cells = (count: number) => "x,".repeat(count - 1) + "x";
  const rows = (count: number) => "phone number,name\n" + "1,x\n".repeat(count);
  const cases: readonly (readonly [string, BodyInit, string, number | null])[] = [
    ["nothing", "", "empty", null],
    ["headers alone", "phone number,name\n", "only_header", null],
    ["a web page", "<!DOCTYPE html><html><body>07900900123</body></html>", "web_page", null],
    ["a PDF", "%PDF-1.7", "pdf", null],
    ["a ZIP that is no workbook", "PK\x05\x06" + "\0".repeat(18), "zip_not_sheet", null],
    ["10,000 columns", cells(10_000), "too_many_columns", 1],
    ["a column too many", cells(CSV_MAX_COLUMNS + 1), "too_many_columns", 1],
    ["a cell of 5 MB", `a,b\n"${"x".repeat(5_000_000)}`, "cell_too_long", 2],
    ["a cell too long", `a\n${"x".repeat(CSV_MAX_CELL + 1)}`, "cell_too_long", 2],
    ["NUL bytes", "phone number,name\n07900900123,a\0b", "not_text", 2],
    ["a row too long", `a,b\n${`${"x".repeat(CSV_MAX_CELL)},`.repeat(26)}`, "row_too_long", 2],
    ["a row too many", rows(CSV_MAX_ROWS + 1), "too_many_rows", null],
  ];
  for (const [label, body, code, row] of cases) {
    for (const query of [{}, { dry_run: "true" }] as const) {
      const refused = await bodyOf(await upload(hark, service, body, query), 422, label);
      assert.equal(refused.errors.length, 1, label);
      assert.equal(refused.errors[0].code, code, label);
      assert.equal(refused.errors[0].row, row, label);
      assert.equal(refused.error_count, 1, label);
      assert.equal(refused.detail, refused.errors[0].message, label);
    }
  }
  await assertNothingKept(hark);
});

Deno.test("POST …/jobs: accepts a workbook, and refuses a decompression bomb", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const row = (...cells: readonly string[]) =>
    `<row>${cells.map((cell) => `<c t="str"><v>${cell}</v></c>`).join("")}</row>`;
  const sheet = row("phone number", "name") + row("07900900123", "Ann");
  const workbook = await zip(xlsxParts(`<sheetData>${sheet}</sheetData>`));
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  const headers = { "content-type": type };
  assert.equal(
    (await bodyOf(await upload(hark, service, workbook, { start: "false" }, headers), 201)).rows,
    1,
  );
  const bomb = await zip(xlsxParts(`<sheetData>${" ".repeat(200_000_000)}</sheetData>`));
  const refused = await bodyOf(await upload(hark, service, bomb, {}, headers), 422);
  assert.equal(refused.errors[0].code, "inflates_too_much");
  const sheets = '<sheet state="hidden"/>'.repeat(101);
  const manySheets = await zip(xlsxParts("", { workbook: `<workbook>${sheets}</workbook>` }));
  const { detail, errors } = await bodyOf(
    await upload(hark, service, manySheets, {}, headers),
    422,
  );
  assert.equal(errors[0].code, "too_many_sheets");
  assert.match(detail, /^The spreadsheet has more than 100 sheets – /);
});

Deno.test("POST …/jobs: 400 for bodies that are neither JSON rows nor a form with one file", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const form = (header: string, end = "--\r\n") =>
    `--b\r\nContent-Disposition: form-data; ${header}\r\n\r\n${csvOf(["a"])}\r\n--b${end}`;
  const multipart = { "content-type": "multipart/form-data; boundary=b" };
  const cases: readonly (readonly [string, string, Record<string, string>])[] = [
    ["no JSON", "{", JSON_TYPE],
    ["no UTF-8", "\xff", JSON_TYPE],
    ["rows that are text", '{"rows":"a,b"}', JSON_TYPE],
    ["no rows", "{}", JSON_TYPE],
    ["an unknown field", '{"rows":[["phone number","name"],["1","2"]],"name":"x"}', JSON_TYPE],
    ["a cell that is an object", '{"rows":[["a"],[{}]]}', JSON_TYPE],
    ["deep JSON", "[".repeat(1_000), JSON_TYPE],
    ["no form", csvOf(["a"]), multipart],
    ["a form without a boundary", form('name="f"; filename="x"'), {
      "content-type": "multipart/form-data",
    }],
    ["a field that is no file", form('name="f"'), multipart],
    [
      "two files",
      form('name="f"; filename="x"', "\r\n") + form('name="g"; filename="y"'),
      multipart,
    ],
    ["a form that breaks off", form('name="f"; filename="x"').slice(0, -8), multipart],
  ];
  for (const [label, body, headers] of cases) {
    const bytes = Uint8Array.from(body, (character) => character.charCodeAt(0));
    await bodyOf(await upload(hark, service, bytes, {}, headers), 400, label);
  }
  await assertNothingKept(hark);
});

/** An endless body. */
function endless(
  start: string,
): { readonly body: ReadableStream<Uint8Array>; bytesRead(): number } {
  let bytesRead = 0;
  const chunk = new TextEncoder().encode("07900900123,a\n".repeat(5_000));
  return {
    bytesRead: () => bytesRead,
    body: new ReadableStream({
      pull(controller) {
        controller.enqueue(bytesRead === 0 ? new TextEncoder().encode(start) : chunk);
        bytesRead += bytesRead === 0 ? start.length : chunk.length;
      },
    }, { highWaterMark: 0 }),
  };
}

test.inside("POST …/jobs: 413 for a large body, unread by its Content-Length or else at the limit", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const form = "--b\r\nContent-Disposition: form-data; filename=x\r\n\r\nphone number,name\n";
  const multipart = { "content-type": "multipart/form-data; boundary=b" };
  const csv = { "content-type": "text/csv" };
  const cases: readonly (readonly [string, string, Record<string, string>, number])[] = [
    ["JSON", '{"rows":[', JSON_TYPE, JSON_ROWS_MAX_BYTES],
    ["a file", "phone number,name\n", csv, SHEET_MAX_BYTES],
    ["a form", form, multipart, FORM_MAX_BYTES],
  ];
  for (const [label, start, headers, most] of cases) {
    const announced = endless(start);
    const length = { ...headers, "content-length": String(most + 1) };
    await bodyOf(await upload(hark, service, announced.body, {}, length), 413, label);
    assert.equal(announced.bytesRead(), 0, label);
  }
  // Rows of a kilobyte each: the file reaches its size limit before its row limit.
  const wide = new TextEncoder().encode(`07900900123,${"x".repeat(1_000)}\n`.repeat(100));
  const long = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(wide),
  }, { highWaterMark: 0 });
  const lying = { ...csv, "content-length": "10" };
  assert.equal((await bodyOf(await upload(hark, service, long, {}, lying), 413)).status, 413);
  const json = endless('{"rows":["');
  await bodyOf(await upload(hark, service, json.body, {}, JSON_TYPE), 413);
  assert(json.bytesRead() < JSON_ROWS_MAX_BYTES + 1_000_000, "no more than the limit is read");
  const rows = endless("phone number,name\n");
  await bodyOf(await upload(hark, service, rows.body), 422, "too many rows come first");
  await assertNothingKept(hark);
});

Deno.test("POST …/jobs: accepts larger bodies than other routes, over a socket too", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark);
  await using server = hark.listen();
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "text/csv" };
  const address = `${jobsOf(service)}?template_id=${service.sms}&start=false`;
  const rows = Array.from({ length: 8_000 }, (_, at) => `07901${100_000 + at},${"x".repeat(800)}`);
  const file = ["phone number,name", ...rows].join("\n");
  const accepted = await server.fetch(address, { method: "POST", headers, body: file });
  assert.equal((await bodyOf(accepted, 201)).rows, 8_000);

  // An interrupted upload stores nothing.
  const abort = new AbortController();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent++ === 3) {
        abort.abort();
        return controller.error(new Error("gone"));
      }
      controller.enqueue(new TextEncoder().encode(`${file}\n`.slice(0, 1_000_000)));
    },
  });
  await assert.rejects(() =>
    server.fetch(address, { method: "POST", headers, body, signal: abort.signal })
  );
  const keptLists = async () => {
    const [parts] = await hark.db.read(["SELECT count(DISTINCT job_id) AS n FROM job_parts"]);
    return parts?.rows[0]?.["n"];
  };
  await waitFor("only the list of the job to be kept", async () => await keptLists() === 1);
});
