import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { createCsvReader, type CsvReaderOptions } from "../../../domain/csv/csv_reader.ts";
import { type SheetFault, sheetMessage } from "../../../domain/csv/faults.ts";
import {
  CSV_MAX_BLANKS,
  CSV_MAX_CELL,
  CSV_MAX_COLUMNS,
  CSV_MAX_ROW,
  CSV_MAX_ROWS,
} from "../../../domain/csv/limits.ts";
import { parseCsv } from "../../support/csv/parse_csv.ts";

type Rows = readonly (readonly string[])[];

function readChunks(chunks: readonly string[], options?: CsvReaderOptions): Rows | SheetFault {
  const reader = createCsvReader(options);
  const rows: (readonly string[])[] = [];
  for (const chunk of chunks) {
    const read = reader.push(chunk);
    if (!read.ok) return read.refusal;
    rows.push(...read.value);
  }
  const last = reader.end();
  return last.ok ? [...rows, ...last.value] : last.refusal;
}

const read = (text: string, options?: CsvReaderOptions) => readChunks([text], options);

const part = fc.oneof(
  fc.constantFrom(",", "\n", "\r", "\r\n", '"', '""', " ", "\t", ";", "\ufeff", "\u200b"),
  fc.constantFrom("\u2003", "\x1c", "\x85", "\v", "a", "phone number", "sep=;\n"),
  fc.string({ unit: "binary", maxLength: 3 }),
);
const file = fc.array(part, { maxLength: 50 }).map((parts) => parts.join(""));

/** The text cut at the places, in chunks that can be empty or half a character. */
function cut(text: string, places: readonly number[]): readonly string[] {
  const ends = places.map((place) => Math.floor(place * text.length)).toSorted((a, b) => a - b);
  return [0, ...ends].map((from, index) => text.slice(from, ends[index]));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

Deno.test("createCsvReader: returns the rows of parseCsv for any chunks", () => {
  fc.assert(
    fc.property(file, places, (text, at) => {
      const rows = readChunks(cut(text, at), { delimiter: ",", limits: {} });
      assert.deepEqual(rows, parseCsv(text));
    }),
    { numRuns: 3_000 },
  );
});

for (const delimiter of ["\t", ";", undefined] as const) {
  Deno.test(`createCsvReader: does not depend on the chunks, with limits: ${JSON.stringify(delimiter)}`, () => {
    const limits = { rows: 3, columns: 4, cell: 8, nul: true };
    fc.assert(fc.property(file, places, (text, at) => {
      const options = { delimiter, limits };
      assert.deepEqual(readChunks(cut(text, at), options), read(text, options));
    }));
  });
}

Deno.test("createCsvReader: returns rows as soon as they are complete", () => {
  const reader = createCsvReader({ delimiter: "," });
  const pushed = (text: string) => {
    const rows = reader.push(text);
    return rows.ok ? rows.value : rows.refusal;
  };
  assert.deepEqual(pushed("a,b\n1"), [["a", "b"]]);
  assert.deepEqual(pushed(",2\n\n"), [], "the blanks may be the file's end");
  assert.deepEqual(pushed("3"), [["1", "2"], []]);
  assert.equal(reader.rowCount(), 3);
  assert.deepEqual(reader.end(), { ok: true, value: [["3"]] });
});

const DELIMITERS: readonly (readonly [string, string, Rows])[] = [
  ["commas", "phone number,name\n1,a;b", [["phone number", "name"], ["1", "a;b"]]],
  ["tabs", "phone number\tname\n1\ta,b", [["phone number", "name"], ["1", "a,b"]]],
  ["semicolons", "name;Phone-Number\na,b;1", [["name", "Phone-Number"], ["a,b", "1"]]],
  ["commas for a single column", "phone number\n1,2;3", [["phone number"], ["1", "2;3"]]],
  [
    "the one that makes a recipient's column",
    "phone number;name, surname\n1;Llŷr, Siân",
    [["phone number", "name, surname"], ["1", "Llŷr, Siân"]],
  ],
  ["the one that all rows agree on", "a,b;c\n1;2\n3;4", [["a,b", "c"], ["1", "2"], ["3", "4"]]],
  ["the one that Excel names", "\ufeffsep=;\r\na;b,c\r\n1;2", [["a", "b,c"], ["1", "2"]]],
  ["tabs before an empty header", "\tphone number\nx\t1", [["", "phone number"], ["x", "1"]]],
  ["delimiters in quotes as text", '"a;b",c\n"1;2",3', [["a;b", "c"], ["1;2", "3"]]],
];

for (const [delimiter, text, rows] of DELIMITERS) {
  Deno.test(`createCsvReader: detects ${delimiter}`, () => assert.deepEqual(read(text), rows));
}

const ROW = "1,2\n";
const WIDE = Array.from({ length: CSV_MAX_ROW / CSV_MAX_CELL }, () => "x".repeat(CSV_MAX_CELL))
  .join();
const LIMITS: readonly (readonly [string, string, string, SheetFault])[] = [
  [
    "rows",
    `a,b\n${ROW.repeat(CSV_MAX_ROWS)}`,
    `a,b\n${ROW.repeat(CSV_MAX_ROWS + 1)}`,
    { kind: "too_many_rows", maxRows: CSV_MAX_ROWS },
  ],
  [
    "columns",
    `a\n${"x,".repeat(CSV_MAX_COLUMNS - 1)}x\n1`,
    `a\n${"x,".repeat(CSV_MAX_COLUMNS)}x\n1`,
    { kind: "too_many_columns", row: 2, maxColumns: CSV_MAX_COLUMNS },
  ],
  [
    "characters of a cell",
    `a,b\n1,${"x".repeat(CSV_MAX_CELL)}\n1`,
    `a,b\n1,"${"x".repeat(CSV_MAX_CELL + 1)}"\n1`,
    { kind: "cell_too_long", row: 2, column: 2, maxCharacters: CSV_MAX_CELL },
  ],
  [
    "characters of a row",
    `a,b\n${WIDE},\n1`,
    `a,b\n${WIDE},x\n1`,
    { kind: "row_too_long", row: 2, maxCharacters: CSV_MAX_ROW },
  ],
  [
    "blanks",
    `a\n1${"\n".repeat(CSV_MAX_BLANKS)}`,
    `a\n1${"\n".repeat(CSV_MAX_BLANKS + 1)}`,
    { kind: "too_many_blanks", row: 2 },
  ],
  ["text", "a\n1\n\u0001", "a\n1\nx\0", { kind: "not_text", row: 3 }],
];

for (const [limit, most, more, fault] of LIMITS) {
  Deno.test(`createCsvReader: refuses too many ${limit}: ${sheetMessage(fault)}`, () => {
    assert.ok(Array.isArray(read(most, { delimiter: "," })));
    assert.deepEqual(read(more, { delimiter: "," }), fault);
    assert.deepEqual(read(more), fault);
    const reader = createCsvReader({ delimiter: "," });
    reader.push(more);
    reader.end();
    assert.deepEqual(reader.push("x\n"), { ok: false, refusal: fault }, "it is for good");
  });
}

Deno.test("createCsvReader: refuses a header of 10,000 columns", () => {
  const fault = read(`${"column,".repeat(10_000)}phone number\n1`);
  assert.deepEqual(fault, { kind: "too_many_columns", row: 1, maxColumns: CSV_MAX_COLUMNS });
});

Deno.test("createCsvReader: refuses a cell of 5 MB before it is complete", () => {
  const reader = createCsvReader();
  let chunks = 0;
  while (chunks < 80 && reader.push("x".repeat(65_536)).ok) chunks++;
  assert.ok(chunks <= 2, `${chunks}`);
});
