import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { cellMessage } from "../../../domain/csv/cell_error.ts";
import type { CellData } from "../../../domain/csv/cells.ts";
import { checkCsv, type CsvRules } from "../../support/csv/check_csv.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";

const SMS_OPTIONS = { prefix: undefined, encoding: "unicode" } as const;

function rules(body: string, more: Partial<CsvRules> = {}): CsvRules {
  return {
    template: parseTemplate({ channel: "sms", subject: null, body }),
    sms: SMS_OPTIONS,
    phones: { international: false, landline: false },
    ...more,
  };
}

function emailRules(body: string): CsvRules {
  return rules("", { template: parseTemplate({ channel: "email", subject: "s", body }) });
}

function first(file: string, csvRules: CsvRules) {
  const [row] = checkCsv(file, csvRules).rows;
  assert.ok(row);
  return row;
}

const CELLS:
  readonly (readonly [string, string, readonly (readonly [string | null, CellData])[]])[] = [
    ["cleans cells", "a,b\n\u00a0x\u200by ,\u200b\n1,2", [["a", "xy"], ["b", null]]],
    ["fills a short row with nulls", "a,b\n1", [["a", "1"], ["b", null]]],
    ["makes a list of columns with one header", "a,a,a\n1,,3", [["a", ["1", null, "3"]]]],
    ["leaves an empty first cell out of a list", "a,a\n,2", [["a", "2"]]],
    ["lengthens a list to the longest row", "a,a\n1\n2,3", [["a", ["1", null]]]],
    ["adds no column to a list that no row reaches", "a,a\n1\n2", [["a", "1"]]],
    ["takes the last of two spellings", "First Name,b,first_name\n1,2,3", [
      ["firstname", "3"],
      ["b", "2"],
    ]],
    ["takes the last recipient", "phone number,phone number\n1,2", [["phonenumber", "2"]]],
    ["drops what is empty under no header", "a,,b\n1,,2", [["a", "1"], ["b", "2"]]],
    ["keeps what stands under no header", "a,,,b\n1,x,,2", [["a", "1"], ["", "x"], ["b", "2"]]],
    ["keeps as typed what lies beyond the headers", "a\n1,\tx ,,y", [["a", "1"], [null, [
      "\tx ",
      "",
      "y",
    ]]]],
    ["tells a name from those of objects", "__proto__,constructor\n1,2", [
      ["proto", "1"],
      ["constructor", "2"],
    ]],
  ];

for (const [behaviour, file, expected] of CELLS) {
  Deno.test(`checkCsv: ${behaviour}`, () => {
    const { cells } = first(file, rules("hello"));
    assert.deepEqual(cells.map(({ key, data }) => [key, data]), expected);
  });
}

const RECIPIENTS: readonly (readonly [string, CsvRules, string | null])[] = [
  ["phone number,x\n07900 900123,y", rules("hi"), null],
  ["phone number,x\n,y", rules("hi"), "Missing"],
  ["phone number,phone-number\n07900900123\n,", rules("hi"), null],
  ["PHONE_NUMBER\n07900900123x", rules("hi"), cellMessage("unknown_character")],
  ["phone number\n+33612345678", rules("hi"), cellMessage("not_a_uk_mobile")],
  [
    "phone number\n+33612345678",
    rules("hi", { phones: { international: true, landline: false } }),
    null,
  ],
  ["phone number\n020 7946 0123", rules("hi"), cellMessage("not_a_uk_mobile")],
  ["email address\na@example.com", emailRules("hi"), null],
  ["e-mail address\na@example", emailRules("hi"), "Not a valid email address"],
];

for (const [file, csvRules, expected] of RECIPIENTS) {
  Deno.test(`checkCsv: validates the recipient of ${JSON.stringify(file)}: ${expected}`, () => {
    const row = first(file, csvRules);
    const error = row.cells.find(({ ignored }) => !ignored)?.error;
    assert.equal(error === undefined ? null : cellMessage(error), expected);
    assert.equal(row.hasError, expected !== null);
    assert.equal(row.hasMissingData, expected === "Missing");
    assert.equal(row.hasBadRecipient, expected !== null && expected !== "Missing");
  });
}

Deno.test("checkCsv: reports missing columns and duplicate recipient columns", () => {
  const { columns, hasErrors } = checkCsv(
    "Phone Number,phone_number,b\n1,2,3",
    rules("((a)) ((B)) ((c??x))"),
  );
  assert.deepEqual(columns.missing, ["a", "c"]);
  assert.deepEqual(columns.duplicateRecipients, ["Phone Number", "phone_number"]);
  assert.equal(hasErrors, true);
  const nothing = checkCsv("", rules("((a))"));
  assert.deepEqual(nothing.columns.missing, ["a", "phone number"]);
  assert.equal(nothing.columns.hasRecipient, false);
  assert.equal(nothing.rowCount, 0);
});

Deno.test("checkCsv: returns the values that the message uses", () => {
  const row = first("name,other,Phone-Number\nJo,x,07900900123", rules("hi ((NAME))"));
  assert.deepEqual(row.personalisation, { name: "Jo", phonenumber: "07900900123" });
  assert.equal(row.recipient, "07900900123");
  assert.deepEqual(row.cells.map(({ ignored }) => ignored), [false, true, false]);
});

Deno.test("checkCsv: reports texts that are too long or empty without their prefix", () => {
  const csvRules = rules("((a))", { sms: { ...SMS_OPTIONS, prefix: "Service" } });
  const check = (value: string) => {
    const row = first(`a,phone number\n${value},07900900123`, csvRules);
    return { empty: row.messageEmpty, tooLong: row.messageTooLong, error: row.hasError };
  };
  assert.deepEqual(check("x".repeat(918)), { empty: false, tooLong: false, error: false });
  assert.deepEqual(check("x".repeat(919)), { empty: false, tooLong: true, error: true });
  const hidden = checkCsv("a,phone number\nno,07900900123", rules("((a??x))"));
  assert.deepEqual(hidden.rows.map((row) => [row.messageEmpty, row.hasError]), [[true, true]]);
  assert.equal(hidden.hasErrors, true);
});

Deno.test("checkCsv: ignores the size of e-mails, but reports empty ones", () => {
  const file = `email address,a\na@example.com,${"x".repeat(10_000)}\na@example.com,no`;
  const checked = checkCsv(file, emailRules("((a??))((a??))"));
  assert.deepEqual(checked.rows.map((row) => row.messageTooLong), [false, false]);
  assert.deepEqual(
    checkCsv(file, emailRules("")).rows.map((row) => row.messageEmpty),
    [true, true],
  );
});

Deno.test("checkCsv: counts rows over the limit without validating them", () => {
  const file = "phone number\n07900900123\nnone\nnone";
  const checked = checkCsv(file, rules("hi", { maxRows: 1, remainingMessages: 2 }));
  assert.equal(checked.rowCount, 3);
  assert.equal(checked.rows.length, 1);
  assert.equal(checked.tooManyRows, true);
  assert.equal(checked.moreRowsThanCanSend, true);
  const enough = checkCsv(file, rules("hi", { maxRows: 3, remainingMessages: 3 }));
  assert.equal(enough.tooManyRows || enough.moreRowsThanCanSend, false);
});

Deno.test("checkCsv: compares normalised recipients with the guest list", () => {
  const allowed = (file: string, guests: readonly string[]) =>
    checkCsv(file, rules("hi", { guests })).allowedToSendTo;
  const file = "phone number\n07900 900123\n+447900900124";
  assert.equal(allowed(file, []), true);
  assert.equal(allowed(file, ["447900900123", "07900900124"]), true);
  assert.equal(allowed(file, ["447900900123"]), false);
  assert.equal(allowed("phone number,x\n,1", ["447900900123"]), false);
});

Deno.test("checkCsv: accepts every text", () => {
  const piece = fc.oneof(
    fc.constantFrom(",", "\n", "\r\n", '"', " ", "\ufeff", "\u200b", "phone number", "name"),
    fc.constantFrom("07900900123", "+33612345678", "a@example.com", "Email Address", "((name))"),
    fc.string({ unit: "binary" }),
  );
  const file = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
  const body = fc.array(piece, { maxLength: 8 }).map((pieces) => `((name))${pieces.join("")}`);
  fc.assert(fc.property(file, body, fc.boolean(), fc.nat({ max: 4 }), (text, content, sms, max) => {
    const csvRules = sms ? rules(content) : emailRules(content);
    const checked = checkCsv(text, { ...csvRules, maxRows: max, guests: ["07900900123"] });
    assert.equal(checked.rows.length, Math.min(max, checked.rowCount));
    for (const row of checked.rows) {
      const keys = row.cells.flatMap(({ key }) => key === null ? [] : [key]);
      assert.equal(new Set(keys).size, keys.length);
      if (row.hasError) assert.equal(checked.hasErrors, true);
    }
  }));
});

Deno.test("checkCsv: takes linear time for columns of one header", () => {
  const cells = "x,".repeat(100_000);
  const { cells: [cell] } = first(`${cells}x\n${cells}x`, rules("hello"));
  assert.equal(cell?.data?.length, 100_001);
});
