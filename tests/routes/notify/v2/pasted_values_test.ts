/** Numbers, letters and values as people paste them, sent singly and as lists. */
import assert from "node:assert/strict";
import { startTestApplication } from "../../../support/application.ts";
import { upload } from "../../manage/jobs_support.ts";
import {
  assertError,
  bodyOf,
  countOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  SMS,
  textTo,
} from "../../support.ts";

const BULK = "/v2/notifications/bulk";

Deno.test("POST /v2/notifications/sms: sends to a number with direction and format marks", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const marked = [
    "\u202a07700900123\u202c",
    "\u202d+447700900123\u202c",
    "\u206807700900123\u2069",
    "\u200e07700 900123\u200f",
    "07700\u00ad900\u00ad123",
    "\ufeff07700\u200b900\u2060123",
    "\u061c07700900123\u180e",
    "07700\u2011900\u2013123\u00a0",
  ];
  for (const phone_number of marked) {
    const sent = await hark.as(service.keys.live, "POST", SMS, textTo(service, { phone_number }));
    await bodyOf(sent, 201, JSON.stringify(phone_number));
  }
  await hark.settle();
  const numbers = (await hark.sent()).map(({ to }) => to);
  assert.deepEqual(numbers, marked.map(() => "447700900123"));
});

Deno.test("POST /v2/notifications/email: sends to an address with direction marks", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const email_address of ["\u2068ann@example.com\u2069", "\u200eann@example.com\u200f"]) {
    const body = emailTo(service, { email_address });
    await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, body), 201);
  }
  await hark.settle();
  assert.deepEqual((await hark.sent()).map(({ to }) => to), ["ann@example.com", "ann@example.com"]);
});

const LETTERS:
  readonly (readonly [encoding: "unicode" | "downgrade", name: string, sent: string])[] = [
    ["downgrade", "José Zoë", "José Zoë"],
    ["downgrade", "Ŵyn", "Ŵyn"],
    ["unicode", "José Zoë", "José Zoë"],
    ["unicode", "Їжак Йосип", "Їжак Йосип"],
    ["unicode", "한글", "한글"],
    ["downgrade", "\u202aJosé\u202c \u200eZo\u00adë", "José Zoë"],
    ["unicode", "\u2068Ann\u2069\u200f \ufeffBob", "Ann Bob"],
    ["unicode", "مرحبا\u200f Ann", "مرحبا\u200f Ann"],
    // There is no composed form.
    ["unicode", "а\u0301 x\u0323\u0301", "а\u0301 x\u0323\u0301".normalize("NFC")],
  ];

for (const [encoding, name, sent] of LETTERS) {
  Deno.test(`POST /v2/notifications/sms: sends ${name} as it was before its letters were taken apart: ${encoding}`, async () => {
    await using hark = await startTestApplication();
    const service = await newServiceWithTemplates(hark, {
      sms_prefix: false,
      sms_encoding: encoding,
    });
    const personalisation = { name: name.normalize("NFD") };
    const response = await bodyOf(
      await hark.as(service.keys.live, "POST", SMS, textTo(service, { personalisation })),
      201,
    );
    assert.equal(response.content.body, `Hi ${sent}`);
    await hark.settle();
    assert.deepEqual((await hark.sent()).map(({ text }) => text), [`Hi ${sent}`]);
    const list = `phone number,name\n07700900123,${name.normalize("NFD")}\n`;
    const report = await bodyOf(await upload(hark, service, list, { dry_run: "true" }), 200);
    assert.equal(report.samples[0].text, `Hi ${sent}`);
  });
}

Deno.test("POST /v2/notifications/sms: removes control characters from values, and keeps line ends", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false });
  const personalisation = { name: "A\u0007n\u0000n\u0092\nB\u001f" };
  const sent = await bodyOf(
    await hark.as(service.keys.live, "POST", SMS, textTo(service, { personalisation })),
    201,
  );
  assert.equal(sent.content.body, "Hi Ann\nB");
  const list = { name: ["A\u0007", { x: "\u0001" }] };
  const nested = textTo(service, { personalisation: list });
  const second = await bodyOf(await hark.as(service.keys.live, "POST", SMS, nested), 201);
  assert.equal(second.content.body, "Hi A and {'x': ''}");
  const preview = await bodyOf(
    await hark.as(service.keys.live, "POST", `/v2/template/${service.sms}/preview`, {
      personalisation,
    }),
    200,
  );
  assert.equal(preview.body, "Hi Ann\nB");
});

const REFUSED: readonly (readonly [csv: string, message: string])[] = [
  [
    'phone number,name\n07700900321,"Ann\n07700900322,Bob\n07700900323,Cy',
    'Error converting to CSV: The cell in row 2, column 2 begins with a quotation mark (") that ' +
    "is never closed – delete it, or write one at the end of the cell too",
  ],
  [
    'phone number,name\n07700900321,Ann\n07700900123,"5" pipe',
    "Error converting to CSV: The cell in row 3, column 2 has text after its closing quotation " +
    'mark (") – write a quotation mark that belongs to the text twice ("")',
  ],
  [
    'phone number,name\n07700900321,"Ann\n07700900322,Bob"\n07700900323,Cy',
    "Error converting to CSV: The cell in row 2, column 2 takes in text that looks like further " +
    'rows – check for a quotation mark (") that is not closed at the end of its cell',
  ],
  [
    "phone number,name\n07700900123,Smith, Ann",
    "Some rows have errors. Row 2 - `C`: The cell C2 has a value, but the last column is B – in " +
    "a CSV file, a value that holds the separator needs quotation marks around it.",
  ],
  [
    "phone number,name,\n07700900123,Ann,x",
    "Some rows have errors. Row 2 - `C`: The cell C2 has a value, but its column has no name – " +
    "name the column, or empty it.",
  ],
  [
    "phone number,name\n07700900123,A\u0007nn",
    "Some rows have errors. Row 2 - `name`: The cell holds the control character U+0007, which " +
    "cannot be seen – type the value again.",
  ],
];

Deno.test("POST /v2/notifications/bulk: 400 with the row in its words for csv that is not right; stores nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const [csv, message] of REFUSED) {
    const body = { name: "May", template_id: service.sms, csv };
    const refused = await hark.as(service.keys.live, "POST", BULK, body);
    await assertError(refused, 400, "BadRequestError", message, csv);
  }
  assert.equal(await countOf(hark, "jobs"), 0);
});

Deno.test("POST /v2/notifications/bulk: reads csv and rows with pasted marks in headings and numbers", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const rows = [["phone\u00a0number", "\u200bname"], ["\u202a07700900123\u202c", "Ann"]];
  const csv = rows.map((row) => row.join()).join("\n");
  for (const list of [{ csv }, { rows }]) {
    const body = { name: "May", template_id: service.sms, ...list };
    await bodyOf(await hark.as(service.keys.live, "POST", BULK, body), 201);
  }
  await hark.settle();
  assert.deepEqual((await hark.sent()).map(({ to }) => to), ["447700900123", "447700900123"]);
});
