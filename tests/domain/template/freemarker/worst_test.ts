import assert from "node:assert/strict";
import { filledSize } from "../../../../domain/template/filled_size.ts";
import { parseFreemarker } from "../../../../domain/template/freemarker/parse.ts";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { renderInbox } from "../../../../domain/template/inbox.ts";
import { renderSms } from "../../../../domain/template/sms/sms.ts";
import {
  checkTemplate,
  missingPersonalisation,
  type Personalisation,
} from "../../../../domain/template/template.ts";

/** A message made large: the work of it is to be in proportion to the size. */
type Make = (size: number) => { readonly body: string; readonly values?: Personalisation };

function renderAll({ body, values = {} }: ReturnType<Make>): void {
  const source = { syntax: "freemarker", subject: "s", body } as const;
  const email = checkTemplate({ ...source, channel: "email" });
  const inbox = checkTemplate({ ...source, channel: "inbox" });
  const sms = checkTemplate({ ...source, channel: "sms" });
  if (!email.ok || !inbox.ok || !sms.ok) return;
  missingPersonalisation(email.value, values);
  filledSize(email.value, values);
  renderEmail(email.value, values, { serviceName: "" });
  renderInbox(inbox.value, values);
  renderSms(sms.value, values, { prefix: undefined, encoding: "unicode" });
}

/** The least of three, in milliseconds: what the machine does besides only adds. */
function timeOf(make: Make, size: number): number {
  const message = make(size);
  return Math.min(...[0, 1, 2].map(() => {
    const start = performance.now();
    renderAll(message);
    return performance.now() - start;
  }));
}

/** Eight times the size: quadratic work would take 64 times as long. Below the floor the clock says nothing. */
function assertLinear(make: Make, size: number): void {
  timeOf(make, size / 2);
  const short = timeOf(make, size);
  const long = timeOf(make, size * 8);
  assert.ok(long < 60 || long < short * 32, `${short} ms, then ${long} ms`);
}

const WORST = [
  "${",
  "${a}",
  "${a",
  '${"',
  '"',
  '${"\\"',
  "${r'",
  "[#",
  "[#if ",
  "[#if a]",
  "[#if a][/#if]",
  "[#if a]\n[/#if]\n",
  "[#list b as c]${c}[/#list]\n",
  "[#--",
  "[#-- --]",
  "[#-- --]\n",
  " \n[#-- --] ",
  "[#else]",
  "[/#if]",
  "[@",
  "\n",
  " ",
  "\r",
  "[",
  "$",
  "<",
  "<a ",
  "<a href='",
  "<a href='${a}'>",
  "<a href='https://e.com'>",
  "<a b=",
  "<${a}",
  "</",
  "</b>",
  "<b>",
  "<li><p>",
  "<table><tr><td>",
  "<!--",
  "<![CDATA[",
  "<?",
  "<script>",
  "<svg>",
  "<title></titl",
  "&",
  "&amp",
  "&#x26;",
  "\ud800",
  "\0",
] as const;
for (const unit of WORST) {
  Deno.test(`checkTemplate and what renders take time linear in the length of ${JSON.stringify(unit)} repeated`, () => {
    const values = { a: "x'", b: ["y"] };
    assertLinear((size) => ({ body: unit.repeat(Math.ceil(size / unit.length)), values }), 10_000);
  });
}

const LARGE: readonly (readonly [string, number, Make])[] = [
  [
    "a letter of 1 MB",
    125_000,
    (size) => ({
      body: "<p>Dear ${a},</p>\n<ul><li>b</ul>\n".repeat(size / 40),
      values: { a: "A" },
    }),
  ],
  [
    "10,000 names",
    1250,
    (size) => ({
      body: Array.from({ length: size }, (_, n) => `\${a${n}}[#if b${n}??]c[/#if]`).join(" "),
      values: Object.fromEntries(Array.from({ length: size }, (_, n) => [`a${n}`, `v${n}`])),
    }),
  ],
  [
    "a list of 10,000",
    1250,
    (size) => ({
      body: "[#list a as x]${x.b}[#sep], [/#list]",
      values: { a: Array.from({ length: size }, () => ({ b: "<c>" })) },
    }),
  ],
  [
    "a list of 10,000 whose items lack what is needed",
    1250,
    (size) => ({
      body: "[#list a as x]${x.b}[/#list]",
      values: { a: Array.from({ length: size }, () => ({})) },
    }),
  ],
  ["conditions in a row", 1250, (size) => ({ body: `[#if ${"a || ".repeat(size)}a][/#if]` })],
  ["parts of a list", 1250, (size) => ({ body: `\${[${"'a', ".repeat(size)}'b']?join('')}` })],
  ["[#elseif]", 1250, (size) => ({
    body: `[#if a]${"[#elseif a]".repeat(size)}[/#if]`,
    values: { a: false },
  })],
  [
    "one long value",
    25_000,
    (size) => ({
      body: "<p title='${a}'>${a?upper_case}",
      values: { a: "<'&\"".repeat(size / 4) },
    }),
  ],
  [
    "values in one address",
    5000,
    (size) => ({ body: `<a href="${"${a}".repeat(size)}">b</a>`, values: { a: "\tx" } }),
  ],
];
for (const [what, size, make] of LARGE) {
  Deno.test(`checkTemplate and what renders take time linear in ${what}`, () =>
    assertLinear(make, size));
}

Deno.test("parseFreemarker reads 1 MB of text, outputs, tags and blank lines, and refuses 1 MB of what is not closed", () => {
  for (const unit of ["a", "${a}", "[#if a]b[/#if]\n", "\n \n", "${'"]) {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
    assert.equal(parseFreemarker(text).ok, unit !== "${'", unit);
  }
});
