/** What the errors of a list say to an office worker. */
import assert from "node:assert/strict";
import { readList, validateRows } from "./lists_support.ts";

const TEXT = { channel: "sms", body: "Hi ((name))" } as const;
const MAIL = { channel: "email", body: "Hi ((name))" } as const;
const DIIA = { channel: "diia", body: "Hi {name}" } as const;
const INBOX = { channel: "inbox", body: "Hi ((name))" } as const;

type Draft = typeof TEXT | typeof MAIL | typeof DIIA | typeof INBOX;

const COLUMNS = {
  sms: "phone number",
  email: "email address",
  diia: "rnokpp",
  inbox: "recipient id",
} as const;

const RECIPIENTS: readonly (readonly [draft: Draft, typed: string, code: string, says: RegExp])[] =
  [
    [TEXT, "4.47701E+11", "unknown_character", /shortened .* format the column as text/],
    [TEXT, "4,47701E+11", "unknown_character", /shortened/],
    [TEXT, "4.47701e+11", "unknown_character", /shortened/],
    [TEXT, "3.80671E+11", "unknown_character", /shortened/],
    [TEXT, "7E+09", "unknown_character", /shortened/],
    [TEXT, "447700900123.0", "unknown_character", /decimals .* format the column as text/],
    [TEXT, "2026-05-01", "invalid_number", /^A date/],
    [TEXT, "01/05/2026", "unknown_character", /^A date/],
    [TEXT, "01.05.2026", "unknown_character", /^A date/],
    [TEXT, "1 May 2026", "unknown_character", /^A date/],
    [TEXT, "May-26", "unknown_character", /^A date/],
    [TEXT, "14 червня 2026", "unknown_character", /^A date/],
    [TEXT, "07700900123; 07700900124", "unknown_character", /More than one telephone number/],
    [TEXT, "07700900123 / 07700900124", "unknown_character", /More than one/],
    [TEXT, "ann@example.com", "unknown_character", /email address in place of a telephone number/],
    [TEXT, "phone number", "unknown_character", /repeats the column names/],
    [TEXT, "Phone\u00a0Number", "unknown_character", /repeats the column names/],
    [TEXT, "'07700900123", "unknown_character", /marks around it/],
    [TEXT, '="07700900123"', "unknown_character", /marks around it/],
    [TEXT, "Телефон", "unknown_character", /repeats the column names/],
    [MAIL, "Електронна пошта", "not_valid_email", /repeats the column names/],
    [TEXT, "secret", "unknown_character", /can only include/],
    [MAIL, "a@example.com, b@example.com", "not_valid_email", /More than one email address/],
    [MAIL, "a@example.com;b@example.com", "not_valid_email", /More than one/],
    [MAIL, "07700900123", "not_valid_email", /telephone number in place of an email/],
    [MAIL, "Email Address", "not_valid_email", /repeats the column names/],
    [MAIL, "secret", "not_valid_email", /^Not a valid email address$/],
    [DIIA, "1.23457E+09", "not_valid_rnokpp", /shortened/],
    [DIIA, "123456", "not_valid_rnokpp", /^Not a taxpayer's number/],
    [DIIA, "2026-05-01", "not_valid_rnokpp", /^A date/],
  ];

for (const [draft, typed, code, says] of RECIPIENTS) {
  Deno.test(`createRecipientListValidator: says ${says.source} of the recipient ${JSON.stringify(typed)}`, () => {
    const rows = [[COLUMNS[draft.channel], "name"], [typed, "Ann"]];
    const [error, ...more] = validateRows(rows, draft).errors;
    assert.deepEqual(more, []);
    assert.equal(error?.code, code);
    assert.equal(error?.row, 2);
    assert.match(error?.message ?? "", says);
    assert.ok(!error?.message.includes("secret"));
  });
}

Deno.test("createRecipientListValidator: says that a tax number has lost the 0 at its start", () => {
  const whole = Array.from({ length: 10 }, (_, check) => `012345678${check}`)
    .find((number) => !validateRows([["rnokpp", "name"], [number, "Ann"]], DIIA).refused) ?? "";
  const rows = [["rnokpp", "name"], [whole.slice(1), "Ann"]];
  const [error] = validateRows(rows, DIIA).errors;
  assert.equal(error?.code, "not_valid_rnokpp");
  assert.match(error?.message ?? "", /removed the 0 at the start .* format the column as text/);
});

const SIMILAR: readonly (readonly [draft: Draft, heading: string])[] = [
  ...[
    "Mobile",
    "MOBILE",
    "Mobile no.",
    "Mobile phone",
    "Phone",
    "Phone:",
    "Phone *",
    "Phone Numbers",
    "Tel",
    "Tel.",
    "Tel. no.",
    "Telephone",
    "Cell",
    "Contact number",
    "Number",
    "Home phone",
    "MSISDN",
    "Телефон",
    "телефон",
    "Номер телефону",
    "Мобільний телефон",
    "Моб. тел.",
    "Тел.",
    "Телефон".normalize("NFD"),
    "Ffôn symudol",
    "Telefon komórkowy",
    "Komórka",
    "Téléphone",
    "Portable",
    "Numéro",
    "Teléfono móvil",
  ].map((heading) => [TEXT, heading] as const),
  ...[
    "E-mail",
    "Email",
    "e mail",
    "E\u2011Mail",
    "Mail",
    "E-mail addresses",
    "Email:",
    "Пошта",
    "Електронна пошта",
    "Ел. пошта",
    "Електронна адреса",
    "е-пошта",
    "Імейл",
    "Емейл",
  ].map((heading) => [MAIL, heading] as const),
  ...["РНОКПП", "ІПН", "ІНН", "Tax number", "TIN"].map((heading) => [DIIA, heading] as const),
  ...["Recipient", "User ID", "username", "Ідентифікатор", "id"].map((heading) =>
    [INBOX, heading] as const
  ),
];

for (const [draft, heading] of SIMILAR) {
  const wanted = COLUMNS[draft.channel];
  Deno.test(`createRecipientListValidator: suggests ${wanted} for the heading ${heading}`, () => {
    const { errors } = validateRows([["name", heading], ["Ann", "x"]], draft);
    assert.equal(errors[0]?.code, "missing_column");
    assert.equal(errors[0]?.row, 1);
    assert.equal(errors[0]?.column, wanted);
    const shown = heading.normalize("NFC").replace("\u2011", "-");
    assert.equal(
      errors[0]?.message,
      `Your file is missing a column called ‘${wanted}’ – is it the column ‘${shown}’? ` +
        `Then name that ‘${wanted}’`,
    );
  });
}

Deno.test("createRecipientListValidator: suggests no column that the message uses or that has another sense", () => {
  for (const heading of ["name", "Hotel", "date", "Address line 1", "Subject", "Notes"]) {
    const { errors } = validateRows([["name", heading], ["Ann", "x"]], TEXT);
    assert.equal(errors[0]?.message, "Your file is missing a column called ‘phone number’");
  }
});

const N = "07700900123";

Deno.test("createRecipientListValidator: suggests a column with telephone numbers whose heading is unknown", () => {
  const rows = [["name", "date", "To"], ["Ann", "2026-05-01", ""], ["Bob", "14.06.2026", N]];
  const [error] = validateRows(rows, TEXT).errors;
  assert.match(error?.message ?? "", /is it the column ‘To’\? Then name that ‘phone number’$/);
  const [other] = validateRows([["name", "To"], ["Ann", "Bob"]], TEXT).errors;
  assert.equal(other?.message, "Your file is missing a column called ‘phone number’");
});

const TOPS:
  readonly (readonly [label: string, rows: readonly (readonly string[])[], says: RegExp])[] = [
    [
      "a title above",
      [["Visits in May"], ["phone number", "name"], [N, "Ann"]],
      /row 1 looks like a title.*row 2: delete the rows above row 2/,
    ],
    ["a title and a blank row above", [["Visits", "", ""], [], ["", ""], [
      "Phone\u00a0number",
      "name",
    ], [N, "Ann"]], /stand in row 4/],
    ["groups above", [["Person", "Visit"], ["name", "phone number"], ["Ann", N]], /stand in row 2/],
    [
      "headings in two rows",
      [["phone", "name"], ["number", ""], [N, "Ann"]],
      /stands in two rows, 1 and the next/,
    ],
    [
      "headings in one cell",
      [["phone number;name"], [`${N};Ann`]],
      /stand in one cell, separated by ‘;’/,
    ],
    ["headings in one cell with bars", [["name|phone number"], [`Ann|${N}`]], /separated by ‘\|’/],
    [
      "headings in one cell with tabs",
      [["name\tphone number"], [`Ann\t${N}`]],
      /separated by tabs/,
    ],
    [
      "no headings",
      [[N, "Ann"], ["07700900124", "Bob"]],
      /row 1 has a recipient in place of column names/,
    ],
  ];

for (const [label, rows, says] of TOPS) {
  Deno.test(`createRecipientListValidator: refuses a list with ${label} as missing_column, and says so`, () => {
    const { errors, refused } = validateRows(rows, TEXT);
    assert.equal(refused, true);
    assert.equal(errors[0]?.code, "missing_column");
    const error = errors.find(({ column }) => column === "phone number");
    assert.match(error?.message ?? "", says);
    assert.ok(!error?.message.includes(N));
  });
}

Deno.test("createRecipientListValidator: says where the headings stand below a title by which no delimiter is found", () => {
  const { errors } = readList(`Visits in May\nphone number;name\n${N};Ann\n`, TEXT);
  for (const { message } of errors) assert.match(message, /row 1 looks like a title.* row 2/);
  assert.deepEqual(errors.map(({ column }) => column), ["name", "phone number"]);
});

Deno.test("createRecipientListValidator: says where the headings stand when they are named otherwise", () => {
  const rows = [["Visits", ""], ["Телефон", "name"], [N, "Ann"]];
  const messages = validateRows(rows, TEXT).errors.map(({ message }) => message);
  assert.equal(messages.length, 2);
  for (const message of messages) assert.match(message, /names stand in row 2/);
});

Deno.test("createRecipientListValidator: suggests a heading that differs in punctuation only", () => {
  const draft = { channel: "sms", body: "((ім'я)) ((ref.no))" } as const;
  const rows = [["phone number", "Ім’я", "Ref no"], [N, "Ann", "1"]];
  const messages = validateRows(rows, draft).errors.map(({ message }) => message);
  const letter = [["phone number", "Ім\u02bcя", "Ref no"], [N, "Ann", "1"]];
  assert.match(
    validateRows(letter, draft).errors[0]?.message ?? "",
    /is it the column ‘Ім\u02bcя’/,
  );
  assert.deepEqual(messages, [
    "Your file is missing a column called ‘ім'я’ – is it the column ‘Ім’я’? Then name that ‘ім'я’",
    "Your file is missing a column called ‘ref.no’ – is it the column ‘Ref no’? Then name that ‘ref.no’",
  ]);
});

Deno.test("createRecipientListValidator: looks for the headings in the ten rows below the first", () => {
  const rows = (above: number) => [
    ["Title"],
    ...Array.from({ length: above }, () => ["x"]),
    ["phone number", "name"],
    [N, "Ann"],
  ];
  const messageOf = (above: number) => validateRows(rows(above), TEXT).errors[0]?.message ?? "";
  assert.match(messageOf(9), /stand in row 11/);
  assert.doesNotMatch(messageOf(10), /stand in row/);
});
