import { renderEmail } from "../../domain/template/email/email.ts";
import { measureSms, renderSms } from "../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";
import { type GrowingMessage, type LargeMessage, messageGrowth } from "./message_growth.ts";

function renderAll({ body, values = {} }: GrowingMessage): void {
  const template = parseTemplate({ channel: "email", subject: body, body });
  renderEmail(template, values, { serviceName: "Council" });
  const sms = parseTemplate({ channel: "sms", subject: null, body });
  for (const encoding of ["unicode", "downgrade"] as const) {
    measureSms(renderSms(sms, values, { prefix: "Council", encoding, transliterate: true }));
  }
}

const UNITS = [
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
  "14. a\n",
  "9. a\n 9. b\n",
  "    a\n\n",
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

const PROSE =
  'Dear ((name)), it\'s "so" - see https://e.com/a & [here](https://e.com/b).\n\n* one\n* two\n\n';

const LARGE: readonly LargeMessage[] = [
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
    14_400,
    // The indent grows with each line, so the length of the body is half the square of its lines.
    (size) => ({
      body: Array.from({ length: Math.sqrt(2 * size) }, (_, n) => `${" ".repeat(n)}* a`).join("\n"),
    }),
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
/** Texts and e-mails in `((name))` syntax and markdown. */
export const EMAIL_GROWTH = messageGrowth("renderEmail and renderSms", renderAll, UNITS, LARGE);
