import assert from "node:assert/strict";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { measureSms, renderSms } from "../../../../domain/template/sms/sms.ts";
import { parseTemplate, type Personalisation } from "../../../../domain/template/template.ts";

/** A message made large: the work of it is to be in proportion to the size. */
type Make = (size: number) => { readonly body: string; readonly values?: Personalisation };

function renderAll({ body, values = {} }: ReturnType<Make>): void {
  const template = parseTemplate({ channel: "email", subject: body, body });
  renderEmail(template, values, { serviceName: "Council" });
  const sms = parseTemplate({ channel: "sms", subject: null, body });
  for (const encoding of ["unicode", "downgrade"] as const) {
    measureSms(renderSms(sms, values, { prefix: "Council", encoding, transliterate: true }));
  }
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
  "[",
  "[a",
  "]",
  "[[a]",
  '[a](b "',
  "<",
  "<a ",
  "<b>x",
  "<!--",
  "```\n",
  "~~~~\n",
  "^ a\n",
  "^",
  "* a\n",
  "*",
  "1.",
  "#",
  " ",
  "- ",
  "a\n===\n",
  "https://",
  "\\",
  "\"'",
  "a@",
  "‘@a",
  "&",
  "((",
  "a|b\n",
  "[a]: b\n",
  "[a\n",
  "[^a]",
  "\n",
  "\t",
  " - ",
  " ,",
  "[a]: b\n[a] [a]",
  "![",
  "_ ",
] as const;

for (const unit of WORST) {
  Deno.test(`renderEmail and renderSms take time linear in the length of ${JSON.stringify(unit)} repeated`, () => {
    assertLinear((size) => ({ body: unit.repeat(Math.ceil(size / unit.length)) }), 10_000);
  });
}

const PROSE =
  'Dear ((name)), it\'s "so" - see https://e.com/a & [here](https://e.com/b).\n\n* one\n* two\n\n';

const LARGE: readonly (readonly [string, number, Make])[] = [
  [
    "a body of 2 MB",
    250_000,
    (size) => ({ body: PROSE.repeat(size / PROSE.length), values: { name: "A" } }),
  ],
  [
    "10,000 placeholders",
    1250,
    (size) => ({
      body: Array.from({ length: size }, (_, index) => `((a ${index}))((b_${index}??c))`).join(" "),
      values: Object.fromEntries(
        Array.from({ length: size }, (_, index) => [`A${index}`, `value ${index}`]),
      ),
    }),
  ],
  [
    "one placeholder 10,000 times",
    1250,
    (size) => ({ body: "((a))".repeat(size), values: { a: "* b\n" } }),
  ],
  ["100,000 opening brackets", 12_500, (size) => ({ body: "[".repeat(size) })],
  ["100,000 opening round brackets", 12_500, (size) => ({ body: "(".repeat(size) })],
  [
    "100,000 opening brackets in a value",
    12_500,
    (size) => ({ body: "((a))", values: { a: "[".repeat(size) } }),
  ],
  [
    "100,000 brackets, closed",
    12_500,
    (size) => ({ body: "[".repeat(size / 2) + "]".repeat(size / 2) }),
  ],
  ["quotes nested deep", 2500, (size) => ({ body: "^ ".repeat(size) + "a" })],
  [
    "lists nested deep",
    60,
    (size) => ({ body: Array.from({ length: size }, (_, n) => `${" ".repeat(n)}* a`).join("\n") }),
  ],
  ["lists in quotes in lists", 2500, (size) => ({ body: "* ^ ".repeat(size) + "a" })],
  ["links in links", 2500, (size) => ({ body: "[a".repeat(size) + "](b)".repeat(size) })],
  [
    "a list of 10,000 values",
    1250,
    (size) => ({ body: "((a))", values: { a: Array.from({ length: size }, () => "x") } }),
  ],
  ["a value in Cyrillic", 12_500, (size) => ({ body: "((a))", values: { a: "Щ’".repeat(size) } })],
  [
    "white space",
    12_500,
    (size) => ({ body: `a${" \t".repeat(size)}\n.\u00a0${"\u200b".repeat(size)}` }),
  ],
  ["references", 12_500, (size) => ({ body: "&#x26;&lt;&nosuch;&".repeat(size / 8) })],
  ["apostrophes", 12_500, (size) => ({ body: "'\"".repeat(size) + "a'b@c".repeat(size / 8) })],
];
for (const [what, size, make] of LARGE) {
  Deno.test(`renderEmail and renderSms take time linear in ${what}`, () =>
    assertLinear(make, size));
}
