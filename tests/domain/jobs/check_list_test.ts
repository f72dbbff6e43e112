import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  createRecipientListValidator,
  type ListRules,
  MAX_REFERENCE,
} from "../../../domain/jobs/check_list.ts";
import {
  MAX_ERRORS_REPORTED,
  MAX_HEADER_REPORTED_LENGTH,
  MAX_SAMPLES,
} from "../../../domain/jobs/report.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { DEFAULT_SETTINGS, type Service } from "../../../domain/service/service.ts";
import { SMS_MAX_CHARACTERS } from "../../../domain/template/sms/sms.ts";
import { parseTemplate, type TemplateSource } from "../../../domain/template/template.ts";

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
    duplicates: false,
    ...more,
  };
}

function look(
  [headers = [], ...rows]: readonly (readonly string[])[],
  source: TemplateSource = TEXT,
  more: Partial<ListRules> = {},
) {
  const check = createRecipientListValidator(headers, rulesFor(source, more));
  const kept = rows.map((row) => check.add(row));
  const report = check.report();
  return {
    kept,
    report,
    errors: report.errors.map(({ row, column, code }) => [row, column, code]),
  };
}

Deno.test("createRecipientListValidator gives rows as they are kept, numbered as a spreadsheet numbers them", () => {
  const { kept, report } = look([
    ["Phone number", "NAME", "other"],
    [" 07900 900123 ", "Ann", "x"],
    ["+447900900124", "Олена"],
  ]);
  assert.deepEqual(kept, [
    { row: 2, recipient: "07900 900123", personalisation: { name: "Ann" } },
    { row: 3, recipient: "+447900900124", personalisation: { name: "Олена" } },
  ]);
  assert.equal(report.rows, 2);
  assert.equal(report.errorCount, 0);
  assert.deepEqual(report.unknownColumns, ["other"]);
});

Deno.test("createRecipientListValidator keeps what only a sibling in another language names, and misses none of it", () => {
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
  const { kept, errors, report } = look(list, source, { translations });
  assert.deepEqual(kept, [
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

Deno.test("createRecipientListValidator says each kind of error with its row and column, and no value", () => {
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
    const { errors, kept, report } = look([["Phone number", "Name"], cells]);
    assert.deepEqual(errors, expected, label);
    assert.deepEqual(kept, [undefined], label);
    assert.equal(report.errorCount, expected.length, label);
    assert.ok(!JSON.stringify(report.errors).includes("secret"), label);
  }
});

Deno.test("createRecipientListValidator refuses a message that comes to nothing", () => {
  const source: TemplateSource = { channel: "sms", subject: null, body: "((a??x))" };
  assert.deepEqual(look([["phone number", "a"], ["07900900123", "no"]], source).errors, [
    [2, null, "message_empty"],
  ]);
});

Deno.test("createRecipientListValidator says which columns are missing, double, repeated and unknown", () => {
  const source: TemplateSource = {
    channel: "email",
    subject: "((one))",
    body: "((one)) ((two)) ((list))",
  };
  const { report, errors } = look([
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
  assert.deepEqual(report.samples, [], "a message without its columns is none");
});

Deno.test("createRecipientListValidator tells the same recipient twice, however it is written", () => {
  const phones = [
    ["phone number", "name"],
    ["07900900123", "a"],
    ["+44 7900 900 123", "b"],
    ["07900900124", "c"],
    ["447900900123", "d"],
    ["00447900900124", "e"],
  ];
  const { errors, report } = look(phones);
  assert.deepEqual(errors, [3, 5, 6].map((row) => [row, "phone number", "duplicate_recipient"]));
  assert.equal(report.duplicateRecipients, 3);
  assert.match(report.errors[2]?.message ?? "", /row 4$/);
  const allowed = look(phones, TEXT, { duplicates: true });
  assert.deepEqual(allowed.errors, []);
  assert.equal(allowed.report.duplicateRecipients, 3);

  const email: TemplateSource = { channel: "email", subject: "x", body: "x" };
  const addresses = [["email address"], ["A@Example.com"], ["a@example.COM"], ["b@example.com"]];
  assert.deepEqual(look(addresses, email).errors, [
    [3, "email address", "duplicate_recipient"],
  ]);
});

Deno.test("createRecipientListValidator finds every recipient that comes twice", () => {
  const digits = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });
  fc.assert(fc.property(digits, (numbers) => {
    const rows = numbers.map((number) => [`079009001${String(number).padStart(2, "0")}`, "x"]);
    const { report, kept } = look([["phone number", "name"], ...rows]);
    const distinct = new Set(numbers).size;
    assert.equal(report.duplicateRecipients, numbers.length - distinct);
    assert.equal(kept.filter((row) => row !== undefined).length, distinct);
  }));
});

Deno.test("createRecipientListValidator lets only guests through where there is a list of them", () => {
  const guests = { emailAddresses: ["ann@example.com"], phoneNumbers: ["07900 900123"] };
  const rows = [["phone number", "name"], ["+447900900123", "a"], ["07900900124", "b"], [
    "07700900111",
    "smoke test",
  ]];
  assert.deepEqual(look(rows, TEXT, { guests }).errors, [
    [3, "phone number", "recipient_not_allowed"],
  ]);
});

Deno.test("createRecipientListValidator judges the list by what may still be sent, at the edge", () => {
  const rows = [["phone number", "name"], ["07900900123", "a"], ["+33612345678", "b"]];
  const over = (all: number, international: number) =>
    look(rows, TEXT, { allowance: { all, international } }).errors;
  assert.deepEqual(over(2, 1), []);
  assert.deepEqual(over(1, 1), [[null, null, "over_daily_limit"]]);
  assert.deepEqual(over(2, 0), [[null, null, "over_international_limit"]]);
  assert.deepEqual(over(0, 0).length, 2);
});

Deno.test("createRecipientListValidator counts all errors and keeps the first", () => {
  const bad = Array.from({ length: MAX_ERRORS_REPORTED + 20 }, () => ["1", "x"]);
  const { report } = look([["phone number", "name"], ...bad]);
  assert.equal(report.errors.length, MAX_ERRORS_REPORTED);
  assert.equal(report.errorCount, bad.length);
  assert.deepEqual(report.errorCounts, { invalid_number: bad.length });
});

Deno.test("createRecipientListValidator adds up the fragments of texts as they are sent", () => {
  const rows = [["phone number", "name"], ["07900900123", "a"], [
    "07900900124",
    "x".repeat(158),
  ]];
  assert.deepEqual(look(rows).report.fragments, { total: 3, rows: new Map([[1, 1], [2, 1]]) });
  const prefixed = { ...SERVICE, settings: { ...SERVICE.settings, sms_prefix: true } };
  const short = [["phone number", "name"], ["07900900123", "x".repeat(150)]];
  assert.equal(look(short, TEXT, { service: prefixed }).report.fragments?.total, 2);
  assert.equal(look(short).report.fragments?.total, 1);
});

Deno.test("createRecipientListValidator shows the first rows as messages", () => {
  const rows = Array.from({ length: 5 }, (_, at) => [`0790090012${at}`, `N${at}`]);
  const { samples } = look([["phone number", "name"], ...rows]).report;
  assert.equal(samples.length, MAX_SAMPLES);
  assert.deepEqual(samples[0], {
    row: 2,
    subject: null,
    body: "Hi N0",
    text: "Hi N0",
    fragments: 1,
  });
});

Deno.test("createRecipientListValidator takes a column reference as the message's own, unless the template names it", () => {
  const rows = (reference: string) => [
    ["phone number", "name", "Reference"],
    ["07900900123", "a", reference],
  ];
  const { kept, report } = look(rows("case 7"));
  assert.equal(kept[0]?.reference, "case 7");
  assert.deepEqual(report.unknownColumns, []);
  assert.deepEqual(look(rows("x".repeat(MAX_REFERENCE))).errors, []);
  assert.deepEqual(look(rows("x".repeat(MAX_REFERENCE + 1))).errors, [
    [2, "Reference", "reference_too_long"],
  ]);
  const named = look(rows("7"), { ...TEXT, body: "((reference)) ((name))" });
  assert.deepEqual(named.kept[0], {
    row: 2,
    recipient: "07900900123",
    personalisation: { name: "a", reference: "7" },
  });
});

Deno.test("createRecipientListValidator takes lists from columns of one name, and keeps the recipient out of the values", () => {
  const { kept } = look(
    [["phone number", "name", "name"], ["07900900123", "a", "b"], ["07900900124", "a"]],
  );
  assert.deepEqual(kept[0]?.personalisation, { name: ["a", "b"] });
  const own = look([["phone number"], ["07900900123"]], { ...TEXT, body: "((Phone number))" });
  assert.deepEqual(own.kept[0]?.personalisation, { phonenumber: "07900900123" });
});

Deno.test("createRecipientListValidator gives FreeMarker's and Diia's templates the names as they spell them", () => {
  const source: TemplateSource = {
    channel: "inbox",
    syntax: "freemarker",
    subject: "Title",
    body: "Hello ${firstName}",
  };
  const { kept, errors } = look([["recipient id", "first name"], ["id-1", "Ann"]], source);
  assert.deepEqual(errors, []);
  assert.deepEqual(kept[0], {
    row: 2,
    recipient: "id-1",
    personalisation: { firstName: "Ann" },
  });
  const lists = { ...source, body: "[#list names as n]${n}[/#list]" };
  assert.deepEqual(look([["recipient id", "names"], ["id-1", "Ann"]], lists).errors, [
    [2, "names", "missing"],
  ]);
  const diia: TemplateSource = { channel: "diia", subject: "T", body: "Hi {name}" };
  assert.deepEqual(look([["rnokpp", "name"], ["1234567890", "a"]], diia).errors, [
    [2, "rnokpp", "not_valid_rnokpp"],
  ]);
});

Deno.test("createRecipientListValidator cuts what it tells of a header that is none", () => {
  const { report } = look([["x".repeat(1_000)], ["07900900123"]]);
  assert.equal(report.unknownColumns[0]?.length, MAX_HEADER_REPORTED_LENGTH + 1);
});

Deno.test("createRecipientListValidator keeps the numbers that rows have in their file", () => {
  const check = createRecipientListValidator(["phone number", "name"], rulesFor(TEXT), 3);
  const kept = [
    check.add(["07900900123", "Ann"], 7),
    check.add(["07900900124", "Bob"]),
    check.add(["nobody", "Cid"], 20),
  ];
  assert.deepEqual(kept.map((row) => row?.row), [7, 8, undefined]);
  assert.deepEqual(check.report().errors.map(({ row }) => row), [20]);
  const headless = createRecipientListValidator(["name"], rulesFor(TEXT), 3);
  assert.equal(headless.report().errors[0]?.row, 3);
});
