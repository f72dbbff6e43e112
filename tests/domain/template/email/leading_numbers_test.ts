import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";

type Values = Readonly<Record<string, unknown>>;

function email(body: string, values: Values = {}) {
  const template = parseTemplate({ channel: "email", subject: "Subject", body });
  return renderEmail(template, values, { serviceName: "Council", language: "cy" });
}

/** The part of the HTML between its first and last block of the message. */
function contentOf(html: string): string {
  const bare = html.replace(/ style="[^"]*"/g, "")
    .replace(/<table role="presentation"><tr><td>(<[ou]l)/g, "$1")
    .replace(/(<\/[ou]l>)<\/td><\/tr><\/table>/g, "$1");
  return bare.slice(bare.indexOf("<body")).replace(/<!--[^]*?-->/g, "");
}

/**
 * The lines that a reader's program shows of HTML, each with the numbers that the program writes in front of it. Bullets
 * are left out.
 */
function shownLines(html: string): readonly string[] {
  const lists: { next: number | undefined }[] = [];
  let shown = "";
  for (const [token, tag = ""] of contentOf(html).matchAll(/<(\/?[a-z0-9]+)[^>]*>|[^<]+/g)) {
    if (tag === "ol") lists.push({ next: Number(/start="(\d+)"/.exec(token)?.[1] ?? 1) });
    else if (tag === "ul") lists.push({ next: undefined });
    else if (tag === "/ol" || tag === "/ul") lists.pop();
    else if (tag === "li") {
      const list = lists.at(-1);
      // A list in an item begins on the item's own line when no text precedes it.
      const before = /(?:^|\n)(?:\d+\. )*$/.test(shown) ? "" : "\n";
      shown += before + (list?.next === undefined ? "" : `${list.next++}. `);
    } else if (/^(?:p|br|h[1-6]|hr|td)$/.test(tag)) {
      // A paragraph in an item stands beside its number.
      if (!/\n(?:\d+\. )+$/.test(shown)) shown += "\n";
    } else if (tag === "") shown += token.trim();
    else if (tag === "/li" || tag === "/p") shown += "\n";
  }
  return shown.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** The lines of plain text, without bullets. */
function textLines(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replaceAll("• ", "").trim())
    .filter((line) => line !== "");
}

const CASES: readonly (readonly [body: string, values: Values, html: string, text: string])[] = [
  [
    "Your hearing is on\n14. June 2026",
    {},
    "<p>Your hearing is on<br>14. June 2026</p>",
    "Your hearing is on\n14. June 2026\n",
  ],
  [
    "Дата:\n((d))",
    { d: "14. червня 2026" },
    "<p>Дата:<br>14. червня 2026</p>",
    "Дата:\n14. червня 2026\n",
  ],
  [
    "Address:\n((n))",
    { n: "1. Flat A\n2026. x" },
    "<p>Address:<br>1. Flat A<br>2026. x</p>",
    "Address:\n1. Flat A\n2026. x\n",
  ],
  [
    "Address\n\n((a))",
    { a: "    1 HIGH STREET\n    LONDON" },
    "<p>Address</p><p>1 HIGH STREET<br>LONDON</p>",
    "Address\n\n1 HIGH STREET\nLONDON\n",
  ],
  ["3. a\n4. b", {}, '<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b\n"],
  ["1. a\n2. b", {}, "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b\n"],
  ["1. a", {}, "<ol><li>a</li></ol>", "1. a\n"],
  ["0. a\n1. b", {}, '<ol start="0"><li>a</li><li>b</li></ol>', "0. a\n1. b\n"],
  ["14. June", {}, "<p>14. June</p>", "14. June\n"],
  [
    "1. a\n2. b\n2026. x",
    {},
    "<ol><li>a</li><li>b</li></ol><p>2026. x</p>",
    "1. a\n2. b\n\n2026. x\n",
  ],
  ["1. a\n1. b\n1. c", {}, "<p>1. a<br>1. b<br>1. c</p>", "1. a\n1. b\n1. c\n"],
  ["1. a\n3. b", {}, "<p>1. a<br>3. b</p>", "1. a\n3. b\n"],
  ["07. July\n08. August", {}, "<p>07. July<br>08. August</p>", "07. July\n08. August\n"],
  ["12.30 a\n13.00 b", {}, "<p>12.30 a<br>13.00 b</p>", "12.30 a\n13.00 b\n"],
  ["١. ا\n٢. ب", {}, "<p>١. ا<br>٢. ب</p>", "١. ا\n٢. ب\n"],
  ["* a\n14. June", {}, "<ul><li>a</li></ul><p>14. June</p>", "• a\n\n14. June\n"],
  ["* a\n1. b", {}, "<ul><li>a</li></ul><ol><li>b</li></ol>", "• a\n\n1. b\n"],
  [
    "* 14. June\n* 15. July",
    {},
    "<ul><li>14. June</li><li>15. July</li></ul>",
    "• 14. June\n• 15. July\n",
  ],
  [
    "1. a\n   5. b\n   6. c\n2. d",
    {},
    '<ol><li>a<ol start="5"><li>b</li><li>c</li></ol></li><li>d</li></ol>',
    "1. a\n\n5. b\n6. c\n2. d\n",
  ],
  ["^ 14. June", {}, "<div><blockquote><p>14. June</p></blockquote></div>", "14. June\n"],
  [
    "1. a\n\ntext\n\n2. b",
    {},
    "<ol><li>a</li></ol><p>text</p><p>2. b</p>",
    "1. a\n\ntext\n\n2. b\n",
  ],
  ["    a\n\n    b\n\nc", {}, "<p>a</p><p>b</p><p>c</p>", "a\n\nb\n\nc\n"],
  [
    "Address\n\n((a))",
    { a: "    1 HIGH STREET\nLONDON\n\nW1" },
    "<p>Address</p><p>1 HIGH STREET<br>LONDON</p><p>W1</p>",
    "Address\n\n1 HIGH STREET\nLONDON\n\nW1\n",
  ],
  ["    a\n* b", {}, "<p>a</p><ul><li>b</li></ul>", "a\n\n• b\n"],
  ["    14. June", {}, "<p>14. June</p>", "14. June\n"],
  [
    "a\n\n\tSee [x](https://e.com)",
    {},
    '<p>a</p><p>See <a href="https://e.com">x</a></p>',
    "a\n\nSee x: https://e.com\n",
  ],
];

for (const [body, values, html, text] of CASES) {
  const name = JSON.stringify(body) +
    (Object.keys(values).length === 0 ? "" : JSON.stringify(values));
  Deno.test(`renderEmail: keeps the numbers and lines of ${name}`, () => {
    const rendered = email(body, values);
    assert.equal(rendered.text, text);
    assert(contentOf(rendered.html).includes(html), contentOf(rendered.html));
  });
}

const number = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map(String),
  fc.integer({ min: 0, max: 2100 }).map(String),
  fc.constantFrom("01", "007", "2147483648", "14.06", "1.2", "0.5"),
);
const indent = fc.constantFrom("", "", "", " ", "   ", "    ", "      ");
/** A line of a document: its mark, and whether a blank line precedes it. */
const line = fc.record({
  gap: fc.boolean(),
  indent,
  mark: fc.oneof(
    { weight: 5, arbitrary: number.map((text) => `${text}. `) },
    { weight: 2, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constant("* ") },
    { weight: 1, arbitrary: number.map((text) => `* ${text}. `) },
  ),
});

/** The lines with a word of its own each, as the source and as a reader should see them. */
function documentOf(lines: readonly { gap: boolean; indent: string; mark: string }[]) {
  const source = lines.map(({ gap, indent, mark }, at) =>
    `${gap ? "\n" : ""}${indent}${mark}w${at}`
  );
  const expected = lines.map(({ mark }, at) => `${mark.replace(/^[*-] /, "")}w${at}`);
  return { source: source.join("\n"), expected };
}

/** The shown lines, without the marks of bullets in lines where they are text, as in indented ones. */
const withoutMarks = (lines: readonly string[]) => lines.map((line) => line.replace(/^[*–-] /, ""));

Deno.test("renderEmail: changes, adds and drops no number at the start of a line of a template", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 9 }), (lines) => {
      const { source, expected } = documentOf(lines);
      const { html, text } = email(source);
      assert.deepEqual(withoutMarks(textLines(text)), expected);
      assert.deepEqual(withoutMarks(shownLines(html)).slice(-expected.length), expected);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("renderEmail: changes, adds and drops no number at the start of a line of a value", () => {
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 9 }),
      fc.constantFrom("", "Text\n", "Text\n\n", "* ", "5. ", "^ "),
      (lines, before) => {
        const { source, expected } = documentOf(lines);
        const { html, text } = email(`${before}((value))`, { value: source });
        const last = (shown: readonly string[]) =>
          shown.join("\n").slice(-expected.join("\n").length);
        assert.equal(last(withoutMarks(textLines(text))), expected.join("\n"));
        assert.equal(last(withoutMarks(shownLines(html))), expected.join("\n"));
      },
    ),
    { numRuns: 2_000 },
  );
});
