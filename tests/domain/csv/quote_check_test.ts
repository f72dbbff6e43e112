import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { createCsvReader } from "../../../domain/csv/csv_reader.ts";
import { type SheetFault, sheetMessage } from "../../../domain/csv/faults.ts";
import { MIN_PHONE_DIGITS } from "../../../domain/csv/recipient_likeness.ts";
import type { Delimiter } from "../../../domain/csv/tokenizer.ts";
import { parseCsv } from "../../support/csv/parse_csv.ts";

type Rows = readonly (readonly string[])[];

function readStrictly(chunks: readonly string[], delimiter?: Delimiter): Rows | SheetFault {
  const reader = createCsvReader({ strictQuotes: true, delimiter });
  const rows: (readonly string[])[] = [];
  for (const chunk of chunks) {
    const read = reader.push(chunk);
    if (!read.ok) return read.refusal;
    rows.push(...read.value);
  }
  const last = reader.end();
  return last.ok ? [...rows, ...last.value] : last.refusal;
}

type Case = readonly [
  label: string,
  file: string,
  kind: SheetFault["kind"],
  row: number,
  column: number,
];

/** The files have commas; each is read with tabs and semicolons too. */
const REFUSED: readonly Case[] = [
  ...["n/a", "-", "???", "unknown", "немає", "no phone"].map((none): Case => [
    `a swallowed row with ${none} for a recipient`,
    `phone number,v\n07700900321,"Ann\n${none},Bob"\n07700900323,Cy\n`,
    "rows_in_quotes",
    2,
    2,
  ]),
  [
    "a swallowed row whose address lost its sign",
    'v,email address,w\n"Ann,ann@example.com,x\nBob,bob.example.com,y",z,w\n',
    "rows_in_quotes",
    2,
    1,
  ],
  [
    "an opening quote that swallows the rest of the file",
    'phone number,v\n07700900321,"Ann\n07700900322,Bob\n07700900323,Cy',
    "quote_not_closed",
    2,
    2,
  ],
  [
    "an unclosed quote in the last row",
    'phone number,v\n07700900321,a\n07700900322,"Ann',
    "quote_not_closed",
    3,
    2,
  ],
  ["a lone quote at the end", 'phone number,v\n07700900321,"', "quote_not_closed", 2, 2],
  [
    "a lone quote before empty cells",
    'phone number,v,w\n07700900321,",,,\n\n',
    "quote_not_closed",
    2,
    2,
  ],
  [
    "an unclosed quote in the first column",
    'phone number,v\n"07700900321,Ann\n',
    "quote_not_closed",
    2,
    1,
  ],
  [
    "an unclosed quote in a heading",
    'phone number,"v\n07700900321,Ann\n',
    "quote_not_closed",
    1,
    2,
  ],
  [
    "an unclosed quote after a doubled one",
    'phone number,v\n07700900321,"Ann ""B',
    "quote_not_closed",
    2,
    2,
  ],
  ["text after a closing quote", 'phone number,v\n07700900123,"5" pipe', "text_after_quote", 2, 2],
  [
    "text right after a closing quote",
    'phone number,v\n07700900123,"Ann"B,c',
    "text_after_quote",
    2,
    2,
  ],
  [
    "a quoted word at the start",
    'phone number,v\n07700900123,"Ann" Smith\n',
    "text_after_quote",
    2,
    2,
  ],
  ["text after a quoted heading", 'phone number,"v"x\n07700900123,a', "text_after_quote", 1, 2],
  [
    "a quote that is not in the last column",
    'phone number,name,ref no\n07700900123,"Ann,1\n07700900124,B,2',
    "quote_not_closed",
    2,
    2,
  ],
  [
    "two stray quotes around a row's end",
    'phone number,v\n07700900321,"Ann\n07700900322,Bob"\n07700900323,Cy\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "two unclosed quotes",
    'phone number,v\n07700900321,"Ann\n07700900322,"Bob\n07700900323,Cy\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "whole rows in quotes",
    'email address,v\na@example.com,"Ann\nb@example.com,Bob\nc@example.com,Cy"\nd@example.com,D\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "the end of its own row, where the recipient stands last",
    'v,w,phone number\n"Ann,x,07700900321\nBob",y,07700900322\n',
    "rows_in_quotes",
    2,
    1,
  ],
  [
    "the recipient of the next row behind the quote",
    'v,phone number,w,x\na,07700900321,"b,c\nd",07700900322,,\ne,07700900323,f,g\n',
    "rows_in_quotes",
    2,
    3,
  ],
  ["a row of tax numbers", 'rnokpp,v\n1234567899,"Ann\n3333333332,Bob"\n', "rows_in_quotes", 2, 2],
  ["a row of ids", 'recipient id,v\nuser-1,"Ann\nuser-2,Bob"\nuser-3,Cy\n', "rows_in_quotes", 2, 2],
  [
    "a row in a heading",
    'phone number,"v\n07700900321,Ann"\n07700900322,Bob\n',
    "rows_in_quotes",
    1,
    2,
  ],
  [
    "a number in another form",
    'phone number,v\n07700900321,"Ann\n+44 (0)7700 900-322,Bob"\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "a number with a direction mark",
    'phone number,v\n07700900321,"Ann\n\u202a07700900322\u202c,Bob"\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "a row without a recipient",
    'phone number,v\n07700900321,"Ann\n,Bob"\n07700900323,Cy\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "a number behind an apostrophe",
    'phone number,v\n07700900321,"Ann\n\'07700900322,Bob"\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "a number that a spreadsheet has shortened",
    'phone number,v\n07700900321,"Ann\n4.4770E+11,Bob"\n',
    "rows_in_quotes",
    2,
    2,
  ],
  [
    "a number that is not valid",
    'phone number,v\n07700900321,"Ann\n0770090032,Bob"\n',
    "rows_in_quotes",
    2,
    2,
  ],
];

const ACCEPTED: readonly (readonly [label: string, file: string, cell: string])[] = [
  [
    "a line of a cell that begins with no word for a missing recipient",
    'phone number,v\n07700900123,"Bring:\nnothing,please\nn/a, or else"\n',
    "Bring:\nnothing,please\nn/a, or else",
  ],
  [
    "a quoted address of several lines",
    'phone number,v\n07700900123,"1 High Street,\nLondon, SW1"\n07700900124,b\n',
    "1 High Street,\nLondon, SW1",
  ],
  [
    "a quoted address without blanks after commas",
    'phone number,v\n07700900123,"1 High Street\nLondon,SW1"\n',
    "1 High Street\nLondon,SW1",
  ],
  [
    "an address that begins with numbers",
    'phone number,v\n07700900123,"12, Flat 3\n01001, Київ\n2026-05-01, 10:00"\n',
    "12, Flat 3\n01001, Київ\n2026-05-01, 10:00",
  ],
  ...[
    "14.06.2026, 10:00",
    "14-06-2026, room 5",
    "1.6.2026 – 3.6.2026, Kyiv",
    "14.06-16.06.2026, Lviv",
    "2025-2026, year 5",
    "10.00-12.30, room 5",
    "1 000 000.00, UAH",
  ].map((line) =>
    [
      `a line that begins with ${line}`,
      `phone number,v\n07700900123,"Come on:\n${line}"\n`,
      `Come on:\n${line}`,
    ] as const
  ),
  [
    "an address in the middle",
    'v,phone number\n"1 High Street,\r\nLondon",07700900123\n',
    "1 High Street,\r\nLondon",
  ],
  [
    "a number on a line of its own",
    'phone number,v\n07700900123,"Call us:\n07700 900456\n"\n',
    "Call us:\n07700 900456\n",
  ],
  ["an unquoted quote inside a cell", 'phone number,v\n07700900123,5" pipe\n', '5" pipe'],
  ["an unquoted quote at the end of a cell", 'phone number,v\n07700900123,pipe 5"\n', 'pipe 5"'],
  ["doubled quotes", 'phone number,v\n07700900123,"5"" pipe, ""new"""\n', '5" pipe, "new"'],
  ["blanks around the quotes", 'phone number,v\n07700900123,  "Ann" \nx,y', "Ann "],
  [
    "a no-break blank after the quotes",
    'phone number,v\n07700900123,"Ann"\u00a0\u200b\nx,y',
    "Ann\u00a0\u200b",
  ],
  ["an empty quoted cell", 'phone number,w,v\n07700900123,"",Ann', "Ann"],
  ["a wrapped heading", '"phone\nnumber",v\n07700900123,Ann', "Ann"],
  [
    "an address beside people's ids",
    'recipient id,v\nuser-1,"1 High Street\nLondon,SW1"\n',
    "1 High Street\nLondon,SW1",
  ],
];

const DELIMITERS: readonly Delimiter[] = [",", "\t", ";"];

for (const [label, file, kind, row, column] of REFUSED) {
  Deno.test(`createCsvReader: refuses ${label} with its row and column when quotes are strict`, () => {
    for (const delimiter of DELIMITERS) {
      const text = file.replaceAll(",", delimiter);
      const fault = { kind, row, column };
      assert.deepEqual(readStrictly([text], delimiter), fault);
      assert.deepEqual(readStrictly([...text], delimiter), fault, "in chunks of one character");
      assert.deepEqual(readStrictly([text.replaceAll("\n", "\r\n")], delimiter), fault, "CRLF");
    }
    // Without the strict step, GOV.UK Notify's rules apply.
    assert.ok(parseCsv(file).length > 0);
  });
}

for (const [label, file, cell] of ACCEPTED) {
  Deno.test(`createCsvReader: accepts ${label} when quotes are strict`, () => {
    for (const delimiter of DELIMITERS) {
      const rows = readStrictly([file.replaceAll(",", delimiter)], delimiter);
      assert.ok(Array.isArray(rows), JSON.stringify(rows));
      assert.ok(rows[1].includes(cell.replaceAll(",", delimiter)), JSON.stringify(rows));
    }
  });
}

Deno.test("createCsvReader: counts blank lines before the headers in the row of a quote", () => {
  assert.deepEqual(readStrictly(['\n\nphone number,v\n07700900123,"Ann']), {
    kind: "quote_not_closed",
    row: 4,
    column: 2,
  });
});

Deno.test("createCsvReader: names further rows in a cell that is too long when quotes are strict", () => {
  const row = "07700900322,Bob\n";
  const file = `phone number,v\n07700900321,"Ann\n${row.repeat(20_000)}`;
  assert.deepEqual(readStrictly([file]), { kind: "rows_in_quotes", row: 2, column: 2 });
});

Deno.test("createCsvReader: takes digits in a cell of several lines for a telephone number from eight on", () => {
  const fileOf = (digits: number) =>
    `phone number,v\n07700900321,"Ann\n${"1".repeat(digits)},Bob"\nx,y\n`;
  const fault = { kind: "rows_in_quotes", row: 2, column: 2 };
  assert.deepEqual(readStrictly([fileOf(MIN_PHONE_DIGITS)]), fault);
  assert.ok(Array.isArray(readStrictly([fileOf(MIN_PHONE_DIGITS - 1)])));
});

Deno.test("sheetMessage: names the row, the column and the quotation mark", () => {
  for (const kind of ["quote_not_closed", "text_after_quote", "rows_in_quotes"] as const) {
    assert.match(sheetMessage({ kind, row: 7, column: 3 }), /row 7, column 3 .*quotation mark/);
  }
});

const part = fc.oneof(
  fc.constantFrom(",", "\n", "\r\n", '"', '""', " ", "07700900123", "a@b.c", "phone number"),
  fc.string({ unit: "binary", maxLength: 3 }),
);

Deno.test("createCsvReader: does not depend on the chunks when quotes are strict", () => {
  const file = fc.array(part, { maxLength: 40 }).map((parts) =>
    `phone number,v\n${parts.join("")}`
  );
  fc.assert(
    fc.property(file, fc.integer({ min: 1, max: 9 }), (text, size) => {
      const chunks = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      assert.deepEqual(readStrictly(chunks, ","), readStrictly([text], ","));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("createCsvReader: reads the rows of parseCsv, or refuses, when quotes are strict", () => {
  const file = fc.array(part, { maxLength: 40 }).map((parts) =>
    `phone number,v\n${parts.join("")}`
  );
  fc.assert(fc.property(file, (text) => {
    const rows = readStrictly([text], ",");
    if (Array.isArray(rows)) assert.deepEqual(rows, parseCsv(text));
  }));
});

const MILLION = 1_000_000;

for (
  const [label, file] of [
    ["quotes", '"'.repeat(MILLION)],
    ["quotes and line ends", '"\n'.repeat(MILLION / 2)],
    ["empty quoted cells", '"",'.repeat(MILLION / 3)],
    ["quoted rows", '"a","b"\n'.repeat(MILLION / 8)],
    ["lines in quotes", `"${"a,b\n".repeat(MILLION / 4)}"`],
    ["quoted cells of lines", '"a\nb","c\nd"\n'.repeat(MILLION / 12)],
    ["quoted lines of delimiters", `"${"\n,".repeat(49_000)}"\n`.repeat(10)],
  ] as const
) {
  Deno.test(`createCsvReader: takes bounded time for a million ${label}`, () => {
    const started = performance.now();
    readStrictly([`phone number,v\n07700900123,${file}`]);
    readStrictly([file]);
    assert.ok(performance.now() - started < 5_000);
  });
}
