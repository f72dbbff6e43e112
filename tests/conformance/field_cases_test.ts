/**
 * Public bug reports of people who run notification services, each tried through the API as it was reported. Each name
 * begins with where it was reported.
 */
import assert from "node:assert/strict";
import { ADMIN_TOKEN, startTestApplication, type TestApplication } from "../support/application.ts";
import { xlsxParts, zip } from "../adapters/spreadsheets/support.ts";
import { bodyOf, EMAIL, newServiceWithTemplates, SMS } from "../routes/support.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function joined(...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const chunks = parts.map((part) => typeof part === "string" ? utf8(part) : part);
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** "Олександра", cut within a letter. */
const CUT = utf8("Олександра").slice(0, 7);
const NAMES = "07700900321,Олена\n".repeat(4_000);

/** A service with templates of ((v)), of ((name)) and ((ref no)), and of ((name)). */
async function start() {
  const hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, {
    sms_prefix: false,
    international_sms: true,
  });
  const template = (body: string) =>
    hark.newTemplate(service.id, { channel: "sms", name: `Dear ${body}`, body });
  return {
    hark,
    service,
    v: await template("V=((v))="),
    name: await template("Dear ((name))"),
    ref: await template("Dear ((name)), ref ((ref no))"),
    [Symbol.asyncDispose]: () => hark[Symbol.asyncDispose](),
  };
}
type Started = Awaited<ReturnType<typeof start>>;

async function upload(
  { hark, service }: Started,
  template: string,
  body: BodyInit,
  type = "text/csv",
) {
  const path = `/manage/services/${service.id}/jobs?template_id=${template}`;
  const answer = await hark.request(path, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": type },
    body,
  });
  const json = await answer.json();
  await hark.settle();
  return { status: answer.status, json };
}

const textsOf = async (hark: TestApplication) =>
  (await hark.sent()).map(({ text }) => text).toSorted();

interface RefusedList {
  readonly report: string;
  readonly template: "v" | "name" | "ref";
  readonly body: BodyInit;
  readonly code: string;
  readonly row: number;
}

const REFUSED: readonly RefusedList[] = [
  {
    report: "actualbudget/actual#8924: a cut letter among three rows",
    template: "name",
    body: joined("phone number,name\n07700900321,Олена\n07700900322,", CUT, "\n07700900323,Їжак\n"),
    code: "bad_encoding",
    row: 3,
  },
  {
    report: "enso-org/enso#10148: a cut letter before 4,000 rows",
    template: "name",
    body: joined("phone number,name\n07700900322,", CUT, `\n${NAMES}`),
    code: "bad_encoding",
    row: 2,
  },
  {
    report: "adaltas/node-csv-parse#273: a quote that is never closed",
    template: "v",
    body: 'phone number,v\n07700900321,"Ann\n07700900322,Bob\n07700900323,Cy',
    code: "quote_not_closed",
    row: 2,
  },
  {
    report: "adaltas/node-csv-parse#273: text after a closing quote",
    template: "v",
    body: 'phone number,v\n07700900123,"5" pipe',
    code: "text_after_quote",
    row: 2,
  },
  {
    report: "adaltas/node-csv-parse#273: a stray quote before the last column",
    template: "ref",
    body: 'phone number,name,ref no\n07700900123,"Ann,1\n07700900124,B,2',
    code: "quote_not_closed",
    row: 2,
  },
  {
    report: "opengovsg/isomer#2805: an unquoted comma shifts the values",
    template: "ref",
    body: "phone number,name,ref no\n07700900123,Smith, Ann,1",
    code: "value_beyond_columns",
    row: 2,
  },
  {
    report: "alphagov/notifications-utils#87: a column without a heading has a value",
    template: "v",
    body: "phone number,v,\n07700900123,Smith, Ann",
    code: "column_without_heading",
    row: 2,
  },
];

for (const { report, template, body, code, row } of REFUSED) {
  Deno.test(`${report}: refused in row ${row} as ${code}, and nothing is sent`, async () => {
    await using started = await start();
    const { status, json } = await upload(started, started[template], body);
    assert.equal(status, 422, JSON.stringify(json));
    assert.deepEqual([json.errors[0].row, json.errors[0].code], [row, code]);
    assert.deepEqual(await textsOf(started.hark), []);
  });
}

const HEADINGS = [
  ["alphagov/notifications-admin#571", "phone number,\u00a0name\n07700900123,Ann"],
  ["alphagov/notifications-admin#5301", "phone\u00a0number,name\n07700900123,Ann"],
  ["medic/cht-core#7654", '"phone\nnumber",name\n07700900123,Ann'],
] as const;
for (const [report, body] of HEADINGS) {
  Deno.test(`${report}: a heading with an odd blank is recognised`, async () => {
    await using started = await start();
    const { status, json } = await upload(started, started.name, body);
    assert.equal(status, 201, JSON.stringify(json));
    await started.hark.settle();
    assert.deepEqual(await textsOf(started.hark), ["Dear Ann"]);
  });
}

const CELLS = [
  ["tidyverse/readxl#669", '<c r="B2" t="e"><v>#REF!</v></c>', 422],
  ["GSA/notifications-admin#870", '<c r="B2" t="e"><f>VLOOKUP(1,A1,1)</f><v>#N/A</v></c>', 422],
] as const;
for (const [report, cell, expected] of CELLS) {
  Deno.test(`${report}: an error cell is an error of its row`, async () => {
    await using started = await start();
    const sheet = await zip(xlsxParts(
      '<sheetData><row r="1"><c r="A1" t="str"><v>phone number</v></c><c r="B1" t="str"><v>v</v></c></row>' +
        `<row r="2"><c r="A2" t="str"><v>07700900123</v></c>${cell}</row></sheetData>`,
    ));
    const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    const { status, json } = await upload(started, started.v, sheet, type);
    assert.equal(status, expected, JSON.stringify(json));
    assert.deepEqual([json.errors[0].row, json.errors[0].code], [2, "spreadsheet_error"]);
  });
}

const NUMBERS = [
  "\u202a07700900123\u202c",
  "\u202d+447700900123\u202c",
  "\u206807700900123\u2069",
  "07700\u2011900\u2011123",
];
for (const [at, phone_number] of NUMBERS.entries()) {
  Deno.test(`glific/glific#4815: a number with invisible marks is accepted, ${at + 1}`, async () => {
    await using started = await start();
    const { hark, service, v } = started;
    const body = { phone_number, template_id: v, personalisation: { v: "x" } };
    await bodyOf(await hark.as(service.keys.live, "POST", SMS, body), 201);
    await hark.settle();
    assert.deepEqual((await hark.sent()).map(({ to }) => to), ["447700900123"]);
  });
}

Deno.test("dsch/gsm0338#4: letters that were pasted in parts are composed before a text is downgraded", async () => {
  await using started = await start();
  const { hark, service, v } = started;
  const settings = `/manage/services/${service.id}`;
  await bodyOf(await hark.manage("PATCH", settings, { sms_encoding: "downgrade" }), 200);
  const personalisation = { v: "José Zoë".normalize("NFD") };
  const body = { phone_number: "07700900123", template_id: v, personalisation };
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, body), 201);
  await hark.settle();
  assert.deepEqual(await textsOf(hark), ["V=José Zoë="]);
});

interface Email {
  readonly report: string;
  readonly body: string;
  readonly values?: Readonly<Record<string, string>>;
  /** What the plain text must have. */
  readonly text?: string;
  /** What the HTML must have. */
  readonly html?: string | RegExp;
}

const linkOf = (query: string): Email => ({
  report: "alphagov/notifications-utils e7886aa4",
  body: `See https://example.com/${query} for more`,
  text: `https://example.com/${query}`,
});
const EMAILS: readonly Email[] = [
  ...["?id=1&section=3", "?id=1&notice=7", "?x=1&registration=9&currency=GBP", "?a=1&timestamp=5"]
    .map(linkOf),
  {
    report: "vmg/rinku#78",
    body: "[Page](https://example.com/a_(b))",
    html: 'href="https://example.com/a_(b)"',
  },
  {
    report: "markedjs/marked#1533",
    body: "Look: https://example.com/d! And https://example.com/a…",
    html: /href="https:\/\/example\.com\/d"[\s\S]*href="https:\/\/example\.com\/a"/,
  },
  {
    report: "postalserver/postal#115",
    body: "See https://example.com/?name=O'Brien",
    text: "https://example.com/?name=O'Brien",
  },
  {
    report: "mozilla/legal-docs#198",
    body: "Your hearing is on\n14. June 2026",
    text: "14. June 2026",
    html: "14. June 2026",
  },
  {
    report: "element-hq/element-meta#2511",
    body: "Дата:\n((d))",
    values: { d: "14. червня 2026" },
    text: "14. червня 2026",
  },
  {
    report: "thomersch/openstreetmap-calendar#140",
    body: "Address:\n((n))",
    values: { n: "1. Flat A\n2026. x" },
    text: "2026. x",
  },
  {
    report: "alphagov/notifications-utils#1471",
    body: 'Use "GOV.UK Pay"',
    text: "GOV.\u200bUK Pay",
  },
  {
    report: "alphagov/notifications-api#1988",
    body: "Address\n\n((a))",
    values: { a: "    1 HIGH STREET\n    LONDON" },
    text: "Address\n\n",
    html: /<p[^>]*>\s*1 HIGH STREET/,
  },
];

for (const [at, { report, body, values = {}, text, html }] of EMAILS.entries()) {
  Deno.test(`${report}: what was written arrives, ${at + 1}`, async () => {
    await using started = await start();
    const { hark, service } = started;
    const template_id = await hark.newTemplate(service.id, {
      channel: "email",
      name: "Letter",
      subject: "Letter",
      body,
    });
    const email = { email_address: "ann@example.com", template_id, personalisation: values };
    await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, email), 201);
    await hark.settle();
    const [sent] = await hark.sent();
    assert.ok(sent !== undefined);
    if (text !== undefined) assert.ok(sent.text.includes(text), sent.text);
    const document = sent.html ?? "";
    if (typeof html === "string") assert.ok(document.includes(html), document);
    if (html instanceof RegExp) assert.match(document, html);
  });
}

Deno.test("bryntum/support#12361: a number is sent as its sheet shows it", async () => {
  await using started = await start();
  const sheet = await zip(xlsxParts(
    '<sheetData><row r="1"><c r="A1" t="str"><v>phone number</v></c><c r="B1" t="str"><v>v</v></c></row>' +
      '<row r="2"><c r="A2" t="str"><v>07700900123</v></c><c r="B2" s="1"><v>1234567.891</v></c></row></sheetData>',
    { styles: '<cellXfs><xf numFmtId="0"/><xf numFmtId="4"/></cellXfs>' },
  ));
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  const { status, json } = await upload(started, started.v, sheet, type);
  assert.equal(status, 201, JSON.stringify(json));
  assert.deepEqual(await textsOf(started.hark), ["V=1,234,567.89="]);
});
