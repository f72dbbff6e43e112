import assert from "node:assert/strict";
import { checkCsv, type CsvRules } from "../../support/csv/check_csv.ts";
import { parseCsv } from "../../support/csv/parse_csv.ts";
import { createRowReader } from "../../../domain/csv/row_reader.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";

const rules: CsvRules = {
  template: parseTemplate({ channel: "sms", subject: null, body: "Hi ((name)) ((when??x))" }),
  sms: { prefix: undefined, encoding: "unicode" },
  phones: { international: false, landline: false },
};

const FILES = [
  "phone number,name,when\n07900900123,Siân,yes\n,Олена\n07900 900124,x,no,more",
  "Phone_Number,NAME,name,other,other\n07900900123,a,b,c,d\n1,2,3",
  "name,,phone number\nx,y,07900900123\n\n,,",
  "name\nx",
];

for (const file of FILES) {
  Deno.test(`createRowReader: validates each row as checkCsv does: ${JSON.stringify(file)}`, () => {
    const [headers = [], ...below] = parseCsv(file);
    const whole = checkCsv(file, rules);
    const reader = createRowReader(headers, rules, whole.columns.width);
    assert.deepEqual(reader.columns, whole.columns);
    assert.deepEqual(below.map((row, index) => reader.check(row, index)), whole.rows);
  });
}

Deno.test("createRowReader: reads the columns once", () => {
  const headers = ["Phone Number", "name", "Name", "extra", "", "extra"];
  const { columns } = createRowReader(headers, rules);
  assert.equal(columns.hasRecipient, true);
  assert.deepEqual(columns.missing, ["when"]);
  assert.deepEqual(columns.unused, ["extra"]);
  assert.deepEqual(columns.repeated, ["name", "Name", "extra"]);
  assert.deepEqual(columns.duplicateRecipients, []);
  assert.equal(columns.width, headers.length);
});

Deno.test("createRowReader: assumes the width of the headers by default", () => {
  const headers = ["phone number", "name", "name"];
  const personalisation = (width?: number) =>
    createRowReader(headers, rules, width).check(["07900900123", "x"], 0).personalisation.name;
  assert.deepEqual(personalisation(), ["x", null]);
  assert.deepEqual(personalisation(2), "x");
});
