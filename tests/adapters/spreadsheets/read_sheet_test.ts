import assert from "node:assert/strict";
import { readSheet } from "../../../adapters/spreadsheets/read_sheet.ts";
import { type SheetFault, sheetMessage } from "../../../domain/csv/faults.ts";
import { CSV_MAX_CELL, CSV_MAX_ROWS, SHEET_MAX_BYTES } from "../../../domain/csv/limits.ts";
import { type Bytes, odsParts, readFile, upload, xlsxParts, zip } from "./support.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const HEAD = "phone number,name\n";

function utf16(text: string): Bytes {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return Uint8Array.from(units.flatMap((unit) => [unit & 0xff, unit >> 8]));
}

const REFUSED: readonly (readonly [string, Bytes | string, SheetFault])[] = [
  ["no bytes", "", { kind: "empty" }],
  ["nothing but blanks", "\ufeff \r\n,,\n", { kind: "empty" }],
  ["nothing but headers", `${HEAD}\n,\n`, { kind: "only_header" }],
  ["a web page", "\n<!DOCTYPE html>\n<html><body>", { kind: "web_page" }],
  ["a web page without a type", "<HTML lang=en>", { kind: "web_page" }],
  ["a web page in XML", '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC>', { kind: "web_page" }],
  ["a web page in UTF-16", utf16("\ufeff<html><body>"), { kind: "web_page" }],
  ["XML", '<?xml version="1.0"?><Workbook/>', { kind: "xml" }],
  ["a PDF", "%PDF-1.7\n", { kind: "pdf" }],
  [
    "an old Excel file",
    Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0),
    { kind: "old_excel" },
  ],
  ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13), {
    kind: "not_text",
    row: 3,
  }],
  ["NUL bytes", `${HEAD}07900900123,J\0o`, { kind: "not_text", row: 2 }],
  ["10,000 columns", `${"a,".repeat(10_000)}b\n1`, {
    kind: "too_many_columns",
    row: 1,
    maxColumns: 1_000,
  }],
  ["a field of 5 MB", `${HEAD}07900900123,${"x".repeat(5_000_000)}\n`, {
    kind: "cell_too_long",
    row: 2,
    column: 2,
    maxCharacters: CSV_MAX_CELL,
  }],
  ["a quote that is never closed", `${HEAD}1,"x\n${"2,y\n".repeat(30_000)}`, {
    kind: "cell_too_long",
    row: 2,
    column: 2,
    maxCharacters: CSV_MAX_CELL,
  }],
  [
    "100,001 rows",
    HEAD + "1,2\n".repeat(CSV_MAX_ROWS + 1),
    { kind: "too_many_rows", maxRows: CSV_MAX_ROWS },
  ],
  [
    "bytes that are not UTF-8 in a file that is",
    Uint8Array.from([
      ...bytes(`${HEAD}1,"Їжак\nі ще"\n`),
      ...bytes("2,x\n".repeat(20_000)),
      ...[0x33, 0x2c, 0xe0, 0xe1, 0x0a],
    ]),
    {
      kind: "bad_encoding",
      row: 20_003,
      column: 2,
      header: "name",
      encoding: "utf-8",
      isUtf8: false,
    },
  ],
];

for (const [what, file, fault] of REFUSED) {
  Deno.test(`readSheet: refuses ${what}: ${sheetMessage(fault)}`, async () => {
    for (const pieceSize of [1_000, 65_536]) {
      assert.deepEqual((await readFile(file, { fileName: "a.csv" }, pieceSize)).fault, fault);
    }
  });
}

Deno.test("sheetMessage: reports a web page", () => {
  assert.equal(sheetMessage({ kind: "web_page" }), "This is a web page, not a CSV file");
});

Deno.test("readSheet: reads 50 MB and stops after the next byte", async () => {
  const row = `07900900123,${"x".repeat(987)}\n`;
  assert.equal(row.length, 1_000);
  const rows = SHEET_MAX_BYTES / row.length;
  const first = `phone number,${"n".repeat(986)}\n`;
  const file = (extra: string) => bytes(first + row.repeat(rows - 1) + extra);
  const most = await readFile(file(""));
  assert.deepEqual([most.rows.length, most.fault], [rows, undefined]);
  const { fault } = await readFile(file("\n"));
  assert.deepEqual(fault, { kind: "too_large", maxBytes: SHEET_MAX_BYTES });
});

Deno.test("readSheet: reads tabs when the name or content type says so", async () => {
  const file = "phone number,a\tb\n1,2\t3";
  const rows = [["phone number,a", "b"], ["1,2", "3"]];
  assert.deepEqual((await readFile(file, { fileName: "x.TSV" })).rows, rows);
  const contentType = "text/tab-separated-values; charset=utf-8";
  assert.deepEqual((await readFile(file, { contentType })).rows, rows);
  assert.notDeepEqual((await readFile(file, { fileName: "x.csv" })).rows, rows);
});

Deno.test("readSheet: yields rows before the upload ends, and closes it when the iteration ends", async () => {
  let closed = false;
  let pulls = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulls++;
      controller.enqueue(bytes(pulls === 1 ? HEAD : "07900900123,Jo\n".repeat(1_000)));
    },
    cancel: () => {
      closed = true;
    },
  });
  for await (const batch of readSheet(endless, {}, new AbortController().signal)) {
    assert.ok(batch.ok);
    if (batch.value.length > 500) break;
  }
  assert.ok(pulls < 50, `${pulls}`);
  assert.equal(closed, true);
});

Deno.test("readSheet: closes an upload that it refuses", async () => {
  let closed = false;
  const page = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes("<html>".repeat(500))),
    cancel: () => {
      closed = true;
    },
  });
  const batches = await Array.fromAsync(readSheet(page, {}, new AbortController().signal));
  assert.deepEqual(batches, [{ ok: false, refusal: { kind: "web_page" } }]);
  assert.equal(closed, true);
});

Deno.test("readSheet: stops when aborted, also while no chunk arrives", async () => {
  const abort = new AbortController();
  const still = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
  const reading = readSheet(still, {}, abort.signal).next();
  abort.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
});

Deno.test("readSheet: throws the error of the upload", async () => {
  const broken = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error("cut")) });
  await assert.rejects(readSheet(broken, {}, new AbortController().signal).next(), /cut/);
});

Deno.test("readSheet: refuses a ZIP file that is not a spreadsheet", async () => {
  const files = [
    await zip([["photo.jpg", "x"]]),
    await zip([["[Content_Types].xml", "<Types/>"], ["word/document.xml", "<document/>"]]),
    await zip([["mimetype", "application/vnd.oasis.opendocument.text"], ["content.xml", "<a/>"]]),
    await zip([["people.xlsx", await zip([["xl/workbook.xml", "<workbook/>"]])]]),
    await zip([]),
  ];
  for (const file of files) {
    assert.deepEqual((await readFile(file)).fault, { kind: "zip_not_sheet" });
  }
});

Deno.test("readSheet: reads no chunk of the upload before the iteration starts", () => {
  const stream = upload(bytes(HEAD));
  readSheet(stream, {}, new AbortController().signal);
  assert.equal(stream.locked, false);
});

Deno.test("readSheet: counts blank lines before the headers of CSV, for any chunks", async () => {
  const text = `\ufeff\r\n \n\r\n${HEAD}07900900123,Jo\n\n07900900124,Al\n`;
  for (const size of [1, 2, 3, 65_536]) {
    assert.deepEqual((await readFile(text, {}, size)).numbers, [4, 5, 6, 7], String(size));
  }
  const { fault } = await readFile(`\n\n${HEAD}07900900123,J\0o`);
  assert.deepEqual(fault, { kind: "not_text", row: 4 });
  const latin = new Uint8Array([...bytes(`\n\n${HEAD}1,Їжак\n2,`), 0xff]);
  assert.deepEqual((await readFile(latin)).fault, {
    kind: "bad_encoding",
    row: 5,
    column: 2,
    header: "name",
    encoding: "utf-8",
    isUtf8: false,
  });
});

for (const kind of ["CSV", "XLSX", "ODS"] as const) {
  Deno.test(`readSheet: stops reading ${kind} that is in memory when the client has left`, async () => {
    const rows = 2_000_000;
    // Blank rows: no batch comes of them, so only the reader itself can notice that it was aborted.
    const files = {
      CSV: () => new TextEncoder().encode(`a\n1\n${" \n".repeat(2 * rows)}`),
      XLSX: () =>
        zip(xlsxParts(`<sheetData>${"<row></row>".repeat(rows)}</sheetData>`), { stored: true }),
      ODS: () => zip(odsParts("<table:a></table:a>".repeat(rows)), { stored: true }),
    };
    const bytes = await files[kind]();
    const abort = new AbortController();
    const reading = Array.fromAsync(readSheet(upload(bytes, bytes.length), {}, abort.signal));
    let isDone = false;
    const outcome = reading.then(() => "read", (error) => error).finally(() => isDone = true);
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.equal(isDone, false, "the reader yields to the event loop");
    abort.abort(new Error("left"));
    assert.match(`${await outcome}`, /left/);
  });
}
