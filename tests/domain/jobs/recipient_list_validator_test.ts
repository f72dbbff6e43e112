import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import type { ListRules } from "../../../domain/jobs/list_rules.ts";
import { createRecipientListValidator } from "../../../domain/jobs/recipient_list_validator.ts";
import { MAX_REFERENCE } from "../../../domain/jobs/row_errors.ts";
import {
  MAX_ERRORS_REPORTED,
  MAX_HEADER_REPORTED_LENGTH,
  MAX_SAMPLES,
} from "../../../domain/jobs/report.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { DEFAULT_SETTINGS, type Service } from "../../../domain/service/service.ts";
import { SMS_MAX_CHARACTERS } from "../../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import type { TemplateSource } from "../../../domain/template/template.ts";

const SERVICE: Service = {
  id: "6f0c5a6e-3a8e-4a5e-9f63-1f0b3e0c2d11" as ServiceId,
  name: "Parking",
  mode: "live",
  active: true,
  revision: 1,
  settings: { ...DEFAULT_SETTINGS, sms_prefix: false },
  createdAt: 0,
  updatedAt: 0,
};

const TEXT: TemplateSource = { channel: "sms", subject: null, body: "Hi ((name))" };

function rulesFor(source: TemplateSource, more: Partial<ListRules> = {}): ListRules {
  return {
    service: SERVICE,
    template: parseTemplate(source),
    guests: undefined,
    allowance: { all: Infinity, international: Infinity },
    allowDuplicates: false,
    ...more,
  };
}

function validate(
  [headers = [], ...rows]: readonly (readonly string[])[],
  source: TemplateSource = TEXT,
  more: Partial<ListRules> = {},
) {
  const validator = createRecipientListValidator(headers, rulesFor(source, more));
  const stored = rows.map((row) => validator.add(row));
  const report = validator.report();
  return {
    stored,
    report,
    errors: report.errors.map(({ row, column, code }) => [row, column, code]),
  };
}

Deno.test("createRecipientListValidator: returns rows as they are stored, with their spreadsheet numbers", () => {
  const { stored, report } = validate([
    ["Phone number", "NAME", "other"],
    [" 07900 900123 ", "Ann", "x"],
    ["+447900900124", "Олена"],
  ]);
  assert.deepEqual(stored, [
    { row: 2, recipient: "07900 900123", personalisation: { name: "Ann" } },
    { row: 3, recipient: "+447900900124", personalisation: { name: "Олена" } },
  ]);
  assert.equal(report.rows, 2);
  assert.equal(report.errorCount, 0);
  assert.deepEqual(report.unknownColumns, ["other"]);
});

Deno.test("createRecipientListValidator: keeps values that only a translation uses, and allows them to be missing", () => {
  const source: TemplateSource = { channel: "inbox", subject: null, body: "((first name)) ((b))" };
  const translations = [
    parseTemplate({
      channel: "inbox",
      syntax: "freemarker",
      subject: null,
      body: "${firstName} ${b} ${onlyHere}",
    }),
    parseTemplate({ channel: "inbox", subject: null, body: "((reference)) ((no column))" }),
  ];
  const list = [
    ["recipient id", "First name", "B", "only_here", "Reference", "other"],
    ["id-1", "Ann", "x", "y", "r-1", "z"],
    ["id-2", "Bob", "x", "", "", ""],
    ["id-3", "Cid", "", "y", "", ""],
  ];
  const { stored, errors, report } = validate(list, source, { translations });
  assert.deepEqual(stored, [
    {
      row: 2,
      recipient: "id-1",
      personalisation: {
        firstName: "Ann",
        firstname: "Ann",
        b: "x",
        onlyHere: "y",
        reference: "r-1",
      },
      reference: "r-1",
    },
    { row: 3, recipient: "id-2", personalisation: { firstName: "Bob", firstname: "Bob", b: "x" } },
    undefined,
  ]);
  assert.deepEqual(errors, [[4, "B", "missing"]]);
  assert.deepEqual(report.unknownColumns, ["other"]);
  assert.deepEqual(report.missingColumns, []);
});

Deno.test("createRecipientListValidator: reports each kind of error with row and column, and quotes no value", () => {
  const long = "x".repeat(SMS_MAX_CHARACTERS);
  const cases: readonly (readonly [string, string, readonly unknown[]])[] = [
    ["a missing value", "07900900123,", [[2, "Name", "missing"]]],
    ["a missing recipient", ",Ann", [[2, "Phone number", "missing"]]],
    ["a bad recipient", "079,Ann", [[2, "Phone number", "too_short"]]],
    ["letters", "secret-person,Ann", [[2, "Phone number", "unknown_character"]]],
    ["too long a message", `07900900123,${long}`, [[2, null, "message_too_long"]]],
    ["an empty row", ",", [[2, null, "empty_row"]]],
    ["a blank row", "", [[2, null, "empty_row"]]],
  ];
  for (const [label, line, expected] of cases) {
    const cells = line === "" ? [] : line.split(",");
    const { errors, stored, report } = validate([["Phone number", "Name"], cells]);
    assert.deepEqual(errors, expected, label);
    assert.deepEqual(stored, [undefined], label);
    assert.equal(report.errorCount, expected.length, label);
    assert.ok(!JSON.stringify(report.errors).includes("secret"), label);
  }
});

Deno.test("createRecipientListValidator: reports a message without content", () => {
  const source: TemplateSource = { channel: "sms", subject: null, body: "((a??x))" };
  assert.deepEqual(validate([["phone number", "a"], ["07900900123", "no"]], source).errors, [
    [2, null, "message_empty"],
  ]);
});

Deno.test("createRecipientListValidator: reports missing, duplicate, repeated and unknown columns", () => {
  const source: TemplateSource = {
    channel: "email",
    subject: "((one))",
    body: "((one)) ((two)) ((list))",
  };
  const { report, errors } = validate([
    ["E-mail address", "email_address", "One", "list", "list", "extra", "extra", ""],
    ["a@example.com", "b@example.com", "1", "x", "y", "", "", ""],
  ], source);
  assert.deepEqual(report.missingColumns, ["two"]);
  assert.deepEqual(report.duplicateColumns, ["E-mail address", "email_address"]);
  assert.deepEqual(report.repeatedColumns, ["list", "extra"]);
  assert.deepEqual(report.unknownColumns, ["extra"]);
  assert.deepEqual(errors.slice(0, 3), [
    [1, "two", "missing_column"],
    [1, "E-mail address", "duplicate_recipient_column"],
    [1, "email_address", "duplicate_recipient_column"],
  ]);
  assert.deepEqual(report.samples, [], "no sample without all columns");
});

Deno.test("createRecipientListValidator: reports a duplicate recipient in any spelling", () => {
  const phones = [
    ["phone number", "name"],
    ["07900900123", "a"],
    ["+44 7900 900 123", "b"],
    ["07900900124", "c"],
    ["447900900123", "d"],
    ["00447900900124", "e"],
  ];
  const { errors, report } = validate(phones);
  assert.deepEqual(errors, [3, 5, 6].map((row) => [row, "phone number", "duplicate_recipient"]));
  assert.equal(report.duplicateRecipients, 3);
  assert.match(report.errors[2]?.message ?? "", /row 4$/);
  const allowed = validate(phones, TEXT, { allowDuplicates: true });
  assert.deepEqual(allowed.errors, []);
  assert.equal(allowed.report.duplicateRecipients, 3);

  const email: TemplateSource = { channel: "email", subject: "x", body: "x" };
  const addresses = [["email address"], ["A@Example.com"], ["a@example.COM"], ["b@example.com"]];
  assert.deepEqual(validate(addresses, email).errors, [
    [3, "email address", "duplicate_recipient"],
  ]);
});

Deno.test("createRecipientListValidator: finds every duplicate recipient", () => {
  const digits = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });
  fc.assert(fc.property(digits, (numbers) => {
    const rows = numbers.map((number) => [`079009001${String(number).padStart(2, "0")}`, "x"]);
    const { report, stored } = validate([["phone number", "name"], ...rows]);
    const distinct = new Set(numbers).size;
    assert.equal(report.duplicateRecipients, numbers.length - distinct);
    assert.equal(stored.filter((row) => row !== undefined).length, distinct);
  }));
});

Deno.test("createRecipientListValidator: refuses recipients that are not guests when there is a guest list", () => {
  const guests = { emailAddresses: ["ann@example.com"], phoneNumbers: ["07900 900123"] };
  const rows = [["phone number", "name"], ["+447900900123", "a"], ["07900900124", "b"], [
    "07700900111",
    "smoke test",
  ]];
  assert.deepEqual(validate(rows, TEXT, { guests }).errors, [
    [3, "phone number", "recipient_not_allowed"],
  ]);
});

Deno.test("createRecipientListValidator: compares the rows with the allowance", () => {
  const rows = [["phone number", "name"], ["07900900123", "a"], ["+33612345678", "b"]];
  const over = (all: number, international: number) =>
    validate(rows, TEXT, { allowance: { all, international } }).errors;
  assert.deepEqual(over(2, 1), []);
  assert.deepEqual(over(1, 1), [[null, null, "over_daily_limit"]]);
  assert.deepEqual(over(2, 0), [[null, null, "over_international_limit"]]);
  assert.deepEqual(over(0, 0).length, 2);
});

Deno.test("createRecipientListValidator: counts all errors and lists the first", () => {
  const bad = Array.from({ length: MAX_ERRORS_REPORTED + 20 }, () => ["1", "x"]);
  const { report } = validate([["phone number", "name"], ...bad]);
  assert.equal(report.errors.length, MAX_ERRORS_REPORTED);
  assert.equal(report.errorCount, bad.length);
  assert.deepEqual(report.errorCounts, { invalid_number: bad.length });
});

Deno.test("createRecipientListValidator: counts the fragments of texts as they are sent", () => {
  const rows = [["phone number", "name"], ["07900900123", "a"], [
    "07900900124",
    "x".repeat(158),
  ]];
  assert.deepEqual(validate(rows).report.fragments, {
    total: 3,
    rows: new Map([[1, 1], [2, 1]]),
    groups: [
      { country: "GB", fragments: 1, messages: 1 },
      { country: "GB", fragments: 2, messages: 1 },
    ],
  });
  const prefixed = { ...SERVICE, settings: { ...SERVICE.settings, sms_prefix: true } };
  const short = [["phone number", "name"], ["07900900123", "x".repeat(150)]];
  assert.equal(validate(short, TEXT, { service: prefixed }).report.fragments?.total, 2);
  assert.equal(validate(short).report.fragments?.total, 1);
});

Deno.test("createRecipientListValidator: samples are of rows that are sent when rows with errors are left out", () => {
  const rows = ["07900900001", "123", "07900900002", "07900900003", "07900900004"]
    .map((number, at) => [number, `Person ${at}`]);
  const sampledOf = (rules: Partial<ListRules>) => {
    const headers = ["phone number", "name"];
    const validator = createRecipientListValidator(headers, rulesFor(TEXT, rules));
    for (const row of rows) validator.add(row);
    if (rules.checksSuppressions === true) {
      validator.takeRecipients();
      validator.addSuppressed(2);
    }
    return validator.report().samples.map(({ row }) => row);
  };
  assert.deepEqual(sampledOf({}), [2, 3, 4]);
  assert.deepEqual(sampledOf({ skipsBadRows: true }), [2, 4, 5]);
  assert.deepEqual(sampledOf({ skipsBadRows: true, checksSuppressions: true }), [4, 5]);
});

Deno.test("createRecipientListValidator: shows the first rows as messages", () => {
  const rows = Array.from({ length: 5 }, (_, at) => [`0790090012${at}`, `N${at}`]);
  const { samples } = validate([["phone number", "name"], ...rows]).report;
  assert.equal(samples.length, MAX_SAMPLES);
  assert.deepEqual(samples[0], {
    row: 2,
    subject: null,
    body: "Hi N0",
    text: "Hi N0",
    fragments: 1,
    country: "GB",
  });
});

Deno.test("createRecipientListValidator: reads the column reference as the message's reference unless the template uses it", () => {
  const rows = (reference: string) => [
    ["phone number", "name", "Reference"],
    ["07900900123", "a", reference],
  ];
  const { stored, report } = validate(rows("case 7"));
  assert.equal(stored[0]?.reference, "case 7");
  assert.deepEqual(report.unknownColumns, []);
  assert.deepEqual(validate(rows("x".repeat(MAX_REFERENCE))).errors, []);
  assert.deepEqual(validate(rows("x".repeat(MAX_REFERENCE + 1))).errors, [
    [2, "Reference", "reference_too_long"],
  ]);
  const named = validate(rows("7"), { ...TEXT, body: "((reference)) ((name))" });
  assert.deepEqual(named.stored[0], {
    row: 2,
    recipient: "07900900123",
    personalisation: { name: "a", reference: "7" },
  });
});

Deno.test("createRecipientListValidator: reads columns with one header as an array, and stores the recipient apart from the values", () => {
  const { stored } = validate(
    [["phone number", "name", "name"], ["07900900123", "a", "b"], ["07900900124", "a"]],
  );
  assert.deepEqual(stored[0]?.personalisation, { name: ["a", "b"] });
  const own = validate([["phone number"], ["07900900123"]], { ...TEXT, body: "((Phone number))" });
  assert.deepEqual(own.stored[0]?.personalisation, { phonenumber: "07900900123" });
});

Deno.test("createRecipientListValidator: names values as FreeMarker and Diia templates spell them", () => {
  const source: TemplateSource = {
    channel: "inbox",
    syntax: "freemarker",
    subject: "Title",
    body: "Hello ${firstName}",
  };
  const { stored, errors } = validate([["recipient id", "first name"], ["id-1", "Ann"]], source);
  assert.deepEqual(errors, []);
  assert.deepEqual(stored[0], {
    row: 2,
    recipient: "id-1",
    personalisation: { firstName: "Ann" },
  });
  const lists = { ...source, body: "[#list names as n]${n}[/#list]" };
  assert.deepEqual(validate([["recipient id", "names"], ["id-1", "Ann"]], lists).errors, [
    [2, "names", "missing"],
  ]);
  const diia: TemplateSource = { channel: "diia", subject: "T", body: "Hi {name}" };
  assert.deepEqual(validate([["rnokpp", "name"], ["1234567890", "a"]], diia).errors, [
    [2, "rnokpp", "not_valid_rnokpp"],
  ]);
});

Deno.test("createRecipientListValidator: truncates a long header in the report", () => {
  const { report } = validate([["x".repeat(1_000)], ["07900900123"]]);
  assert.equal(report.unknownColumns[0]?.length, MAX_HEADER_REPORTED_LENGTH + 1);
});

Deno.test("createRecipientListValidator: keeps the row numbers of the file", () => {
  const validator = createRecipientListValidator(["phone number", "name"], rulesFor(TEXT), 3);
  const stored = [
    validator.add(["07900900123", "Ann"], 7),
    validator.add(["07900900124", "Bob"]),
    validator.add(["nobody", "Cid"], 20),
  ];
  assert.deepEqual(stored.map((row) => row?.row), [7, 8, undefined]);
  assert.deepEqual(validator.report().errors.map(({ row }) => row), [20]);
  const headless = createRecipientListValidator(["name"], rulesFor(TEXT), 3);
  assert.equal(headless.report().errors[0]?.row, 3);
});

Deno.test("createRecipientListValidator: reads a column that stands for several placeholders under each, the recipient's too", () => {
  const source: TemplateSource = {
    channel: "sms",
    subject: null,
    body: "Hi ((name)) ((to)) ((n))",
  };
  const headers = {
    headings: ["phone number", "name", ""],
    shared: [{ name: "TO", at: 1 }, { name: "n", at: 0 }],
  };
  const validator = createRecipientListValidator(headers, rulesFor(source));
  const row = validator.add(["07900 900101\u200b", "Ann"]);
  assert.deepEqual(row?.personalisation, { name: "Ann", to: "Ann", n: "07900 900101" });
  assert.equal(row?.recipient, "07900 900101");
  validator.add(["07900 900102", " ", "x", "y"]);
  const report = validator.report();
  assert.deepEqual(
    report.errors.map(({ row, column, code }) => [row, column, code]),
    [
      [3, "C", "column_without_heading"],
      [3, "D", "value_beyond_columns"],
      [3, "name", "missing"],
      [3, "TO", "missing"],
    ],
  );
  assert.deepEqual([report.missingColumns, report.unknownColumns], [[], []]);
});

Deno.test("createRecipientListValidator: counts text messages by country, of rows that are sent where others are left out", () => {
  const settings = { ...SERVICE.settings, international_sms: true };
  const more = { service: { ...SERVICE, settings }, skipsBadRows: true, checksSuppressions: true };
  const validator = createRecipientListValidator(["phone number", "name"], rulesFor(TEXT, more));
  const numbers = ["07900900001", "+380501234567", "+380501234568", "12", "+447797900001"];
  for (const number of numbers) validator.add([number, "Ann"]);
  validator.add(["+380501234569", "x".repeat(200)]);
  validator.takeRecipients();
  validator.addSuppressed(3);
  const { fragments } = validator.report();
  assert.equal(fragments?.total, 5);
  assert.deepEqual(fragments?.groups, [
    { country: "GB", fragments: 1, messages: 1 },
    { country: "UA", fragments: 1, messages: 1 },
    { country: "UA", fragments: 2, messages: 1 },
    { country: "JE", fragments: 1, messages: 1 },
  ]);
});
