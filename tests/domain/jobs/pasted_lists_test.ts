/** Headings, numbers and values as people paste them into lists. */
import assert from "node:assert/strict";
import { validateRows } from "./lists_support.ts";

const TEXT = { channel: "sms", body: "Hi ((name))" } as const;
const NUMBER = "07700900123";

const placesOf = (result: ReturnType<typeof validateRows>) =>
  result.errors.map(({ row, column, code }) => [row, column, code]);

const HEADINGS: readonly (readonly [label: string, phone: string, name: string])[] = [
  ["a no-break blank at the start", "phone number", "\u00a0name"],
  ["a no-break blank inside", "phone\u00a0number", "na\u00admе".replace("е", "e")],
  ["a narrow no-break blank", "phone\u202fnumber", "name\u202f"],
  ["a line end of a wrapped heading", "phone\nnumber", "name\r\n"],
  ["a zero-width blank", "phone\u200bnumber", "\u200bname"],
  ["a byte order mark", "\ufeffphone number", "name\ufeff"],
  ["direction marks", "\u202aphone number\u202c", "\u2066name\u2069\u200e"],
  ["a tab", "phone\tnumber", "name\t"],
  ["a soft hyphen", "phone num\u00adber", "na\u00adme"],
  ["a hyphen that does not break", "phone\u2011number", "name"],
  ["a dash", "Phone \u2013 Number", "NAME"],
  ["a line separator", "phone\u2028number", "name"],
  ["a figure space", "phone\u2007number", "name\u3000"],
  ["a control character", "phone\u0007 number", "name\u0000"],
];

for (const [label, phone, name] of HEADINGS) {
  Deno.test(`createRecipientListValidator: recognises headings with ${label}`, () => {
    const { rows, errors } = validateRows([[phone, name], [NUMBER, "Ann"]], TEXT);
    assert.deepEqual(errors, []);
    assert.deepEqual(rows, [{ row: 2, recipient: NUMBER, personalisation: { name: "Ann" } }]);
  });
}

Deno.test("createRecipientListValidator: recognises a heading whose letters are written in parts", () => {
  const draft = { channel: "sms", body: "((Їжак)) ((й)) ((Zoë))" } as const;
  const headings = ["phone number", ..."Їжак,й,Zoë".normalize("NFD").split(",")];
  assert.deepEqual(validateRows([headings, [NUMBER, "a", "b", "c"]], draft).errors, []);
  const apart = { ...draft, body: "((Їжак))".normalize("NFD") };
  assert.deepEqual(validateRows([["phone number", "їжак"], [NUMBER, "a"]], apart).rows.length, 1);
});

Deno.test("createRecipientListValidator: recognises a heading as the template writes it, and one without the template's marks", () => {
  const draft = { channel: "sms", body: "Hi ((first\u00a0name))" } as const;
  for (const heading of ["first\u00a0name", "first name", "FIRST_NAME", "first\u200b name"]) {
    const { rows, errors } = validateRows([["phone number", heading], [NUMBER, "Ann"]], draft);
    assert.deepEqual(errors, [], heading);
    assert.deepEqual(Object.values(rows[0]?.personalisation ?? {}), ["Ann"], heading);
  }
});

Deno.test("createRecipientListValidator: treats headings that differ in marks only as doubled", () => {
  const rows = [["phone number", "name", "name\u00a0"], [NUMBER, "Ann", "Bob"]];
  assert.deepEqual(validateRows(rows, TEXT).rows[0]?.personalisation, { name: ["Ann", "Bob"] });
  const twice = [["phone number", "phone\u00a0number", "name"], [NUMBER, NUMBER, "Ann"]];
  assert.deepEqual(validateRows(twice, TEXT).errors.map(({ code }) => code), [
    "duplicate_recipient_column",
  ]);
});

Deno.test("createRecipientListValidator: removes marks of recipients, and stores them without", () => {
  const marked = [
    "\u202a07700900123\u202c",
    "\u202d+447700900123\u202c",
    "\u206807700900123\u2069",
    "0770\u00ad0900123",
    "\u200e07700\u00a0900\u202f123\u200f",
    "\ufeff07700900123\u061c",
  ];
  for (const typed of marked) {
    const { rows, errors } = validateRows([["phone number", "name"], [typed, "Ann"]], TEXT);
    assert.deepEqual(errors, [], JSON.stringify(typed));
    assert.match(rows[0]?.recipient ?? "", /^[+0-9]+$/);
  }
  const draft = { channel: "email", body: "((name))" } as const;
  const mail = validateRows(
    [["email address", "name"], ["\u202aann@exam\u00adple.com\u202c", "Ann"]],
    draft,
  );
  assert.equal(mail.rows[0]?.recipient, "ann@example.com");
});

const BEYOND = "value_beyond_columns";
const UNNAMED = "column_without_heading";

const WIDTHS: readonly (readonly [string, readonly (readonly string[])[], readonly unknown[]])[] = [
  ["a comma that is not in quotes", [["phone number", "name"], [NUMBER, "Smith", " Ann"]], [[
    2,
    "C",
    BEYOND,
  ]]],
  ["a value far beyond", [["phone number", "name"], [NUMBER, "a", "", "", "x"]], [[
    2,
    "E",
    BEYOND,
  ]]],
  ["empty cells beyond", [["phone number", "name"], [
    NUMBER,
    "a",
    "",
    " ",
    "\u200b\u00a0",
    "\u200e",
  ]], []],
  ["a value without a heading", [["phone number", "name", ""], [NUMBER, "Smith", "Ann"]], [[
    2,
    "C",
    UNNAMED,
  ]]],
  ["a value below a blank heading", [["phone number", "\u00a0", "name"], [NUMBER, "x", "Ann"]], [[
    2,
    "B",
    UNNAMED,
  ]]],
  ["an empty column without a heading", [["phone number", "", "name"], [NUMBER, "", "Ann"]], []],
  [
    "both",
    [["phone number", "", "name"], [NUMBER, "x", "Ann", "y"]],
    [[2, "B", UNNAMED], [2, "D", BEYOND]],
  ],
  ["every row", [["phone number", "name"], [NUMBER, "a"], [NUMBER, "b", "c"], [NUMBER, "d", "e"]], [
    [3, "C", BEYOND],
    [4, "C", BEYOND],
  ]],
];

for (const [label, rows, expected] of WIDTHS) {
  Deno.test(`createRecipientListValidator: reports row and cell of values without a column: ${label}`, () => {
    const result = validateRows(rows, TEXT);
    assert.deepEqual(placesOf(result), expected);
    for (const { row, column, message } of result.errors) {
      assert.ok(message.includes(`The cell ${column}${row} has a value`), message);
    }
  });
}

Deno.test("createRecipientListValidator: names the columns after Z as a spreadsheet does", () => {
  const cells = Array.from({ length: 704 }, () => "");
  cells[0] = NUMBER;
  cells[1] = "Ann";
  const columnOf = (at: number) => {
    const row = cells.with(at, "x");
    return validateRows([["phone number", "name"], row], TEXT).errors[0]?.column;
  };
  assert.deepEqual([25, 26, 51, 52, 701, 702].map(columnOf), ["Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
});

Deno.test("createRecipientListValidator: refuses control characters with row, column and which character", () => {
  for (const character of ["\u0001", "\u0007", "\u001b", "\u007f", "\u0092", "\u001f"]) {
    const rows = [["phone number", "Name", "note"], [NUMBER, `A${character}nn`, `x${character}`]];
    const result = validateRows(rows, TEXT);
    assert.deepEqual(placesOf(result), [[2, "Name", "control_character"]], "unused columns may");
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    assert.ok(result.errors[0]?.message.includes(`U+${code}`));
    assert.ok(!result.errors[0]?.message.includes(character));
  }
  const phone = validateRows([["phone number", "name"], [`${NUMBER}\u0007`, "Ann"]], TEXT);
  assert.deepEqual(placesOf(phone), [[2, "phone number", "control_character"]]);
  const list = validateRows([["phone number", "name", "name"], [NUMBER, "Ann", "\u0007"]], TEXT);
  assert.deepEqual(placesOf(list), [[2, "name", "control_character"]]);
  const reference = [["phone number", "name", "reference"], [NUMBER, "Ann", "r\u0007"]];
  assert.deepEqual(placesOf(validateRows(reference, TEXT)), [[
    2,
    "reference",
    "control_character",
  ]]);
});

Deno.test("createRecipientListValidator: accepts tabs and line ends in values", () => {
  for (const value of ["a\tb", "a\nb", "a\r\nb", "a\vb", "a\u0085b", "a\u2028b"]) {
    assert.deepEqual(validateRows([["phone number", "name"], [NUMBER, value]], TEXT).errors, []);
  }
});
