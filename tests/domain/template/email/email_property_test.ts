import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { decodeReferences } from "../../../../domain/template/html_text.ts";
import { renderSms } from "../../../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";

/*
 * What a value may do. As with GOV.UK Notify, markdown in a value is markdown: a value can make headings, lists, insets, rules
 * and links to known schemes (`sanitise_content_for` is there to take that out of a value). It can never make HTML.
 */

function email(body: string, values: Readonly<Record<string, unknown>>, subject: string) {
  const template = parseTemplate({ channel: "email", subject, body });
  return renderEmail(template, values, { serviceName: "Council & <Co>", language: "cy" });
}

const MARKS = [
  "<script>",
  "</p>",
  '" onerror="x',
  "&lt;b&gt;",
  "&#60;i&#62;",
  "](",
  "[a](",
  "javascript:x",
  ")",
  "'",
  "<!--",
  "* ",
  "\n",
  "\n\n",
  "^ ",
  "# ",
  "((",
  "))",
  "\\",
  "&amp;",
  "https://e.com/",
  '"',
  ">",
  "<",
  "|",
  "```\n",
  "data:text/html,x",
  "java\tscript:x",
  "vbscript:x",
  "&#106;avascript&colon;x",
  "&Tab;",
  "\r\nBcc: a@example.com\r\n",
  "\0",
  "\x1b",
  "\x7f",
  "\x85",
  "\u2028",
  "\u202e",
  "\u2066",
  "\ud800",
  "\udc00",
  "<a@b.c>",
  "<http://e.com>",
  "[^1]",
  "[^1]: x\n",
  "[r]: javascript:x\n",
  "[r]",
  "<span class='placeholder'>",
  "<![endif]-->",
] as const;
const value = fc.array(fc.oneof(fc.constantFrom(...MARKS), fc.string({ maxLength: 5 })), {
  maxLength: 12,
})
  .map((parts) => parts.join(""));

/** Everything that the renderer may write: no other tag, and no attribute but these. */
const OWN_TAG =
  /^<(?:\/?(?:p|h2|h3|ul|ol|li|table|tr|td|a|blockquote|div)|br|hr)(?: (?:style|href|title|role)="[^"<>]*")*>$/;

const BODIES = [
  "((v))",
  '[((v))](https://e.com/((v)) "((v))")',
  "[a](((v)))",
  "[a][r] ((v))\n\n[r]: ((v))",
  "<((v))>",
  "# ((v))\n\n* ((v))\n\n^ ((v))",
  "a ((v)) b ((missing)) ((v??c))",
] as const;

Deno.test("renderEmail: no value can add a tag, or an attribute that markdown does not have", () => {
  fc.assert(
    fc.property(value, fc.constantFrom(...BODIES), (v, body) => {
      const { htmlBody } = email(body, { v }, "((v))");
      const own = htmlBody.replace(/<span class='placeholder(?:-conditional)?'>|<\/span>/g, "");
      for (const [tag] of own.matchAll(/<[^>]*>?/g)) assert.match(tag, OWN_TAG);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("renderEmail: every link leads to a known scheme, however the value is written", () => {
  fc.assert(
    fc.property(value, fc.constantFrom(...BODIES), (v, body) => {
      const { html } = email(body, { v }, "S");
      for (const [, href] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
        // As a browser reads it: references decoded, white space and controls left out.
        const read = decodeReferences(href ?? "").replace(/[\0-\x20]/g, "");
        assert.match(read, /^(?:https?|ftp|file|mailto|tel):/i);
      }
    }),
    { numRuns: 1500 },
  );
});

/** The tags of HTML with their attributes, in order, texts left out. */
function skeleton(html: string): readonly string[] {
  return [...html.matchAll(/<!--[^]*?-->|<[^>]*>/g)].map(([tag]) => tag);
}

/** Everything that HTML or a scheme could be made of, but no mark of markdown. */
const plain = fc.array(
  fc.constantFrom(
    ..."ab <>&\"'/=;:,%$@é😀",
    "<script>",
    "</td></table>",
    "javascript:",
    "data:",
    "&lt;b&gt;",
    " onclick=x",
    "\0",
    "\u202e",
    "\ud800",
  ),
  { maxLength: 20 },
).map((parts) => `x${parts.join("")}x`);

Deno.test("renderEmail: a value without marks of markdown adds nothing but text, in the whole document", () => {
  const body =
    "# ((v))\n\nHello ((v)), see [((v))](https://e.com/).\n\n* ((v))\n* ((v))\n\n^ ((v))\n\n---\n\n1. ((v))";
  const expected = skeleton(email(body, { v: "x" }, "((v))").html);
  fc.assert(
    fc.property(plain, (v) => {
      assert.deepEqual(skeleton(email(body, { v }, "((v))").html), expected);
    }),
    { numRuns: 500 },
  );
});

Deno.test("renderEmail: no service's name, subject, colour, logo or language can add a tag to the document", () => {
  const template = parseTemplate({ channel: "email", subject: "((v))", body: "a" });
  const tags = (text: string, logoUrl?: string): readonly string[] => {
    const { html } = renderEmail(template, { v: text }, {
      serviceName: text,
      language: text,
      brandColour: text,
      logoUrl,
    });
    return skeleton(html).map((tag) => /^<[^ >]*/.exec(tag)?.[0] ?? "");
  };
  const [bare, withLogo] = [tags("x"), tags("x", "https://e.com/")];
  fc.assert(fc.property(value, (text) => {
    assert.deepEqual(tags(text, `x${text}`), bare);
    assert.deepEqual(tags(text, `https://e.com/${text}`), withLogo);
  }));
});

Deno.test("renderEmail: the subject is one line without controls, whatever the value", () => {
  fc.assert(
    fc.property(value, (v) => {
      const { subject } = email("a", { v, list: [v, v] }, "a ((v))\r\n((list))");
      assert.doesNotMatch(subject, /\p{Cc}|[\u2028\u2029\u202d\u202e]/u);
      assert.ok(subject.isWellFormed());
    }),
    { numRuns: 1000 },
  );
});

Deno.test("renderEmail, renderSms: never throw, and return well-formed Unicode", () => {
  const anything = fc.oneof(value, fc.jsonValue());
  fc.assert(
    fc.property(value, anything, (body, v) => {
      const { text, html, subject } = email(`${body}((v))${body}`, { v }, body);
      assert.ok(text.endsWith("\n"));
      assert.ok([text, html, subject].every((part) => part.isWellFormed()));
      const sms = parseTemplate({ channel: "sms", subject: null, body: `${body}((v))` });
      for (const encoding of ["unicode", "downgrade"] as const) {
        const sent = renderSms(sms, { v }, { prefix: "P", encoding, transliterate: true });
        assert.ok(sent.isWellFormed());
      }
    }),
    { numRuns: 1000 },
  );
});
