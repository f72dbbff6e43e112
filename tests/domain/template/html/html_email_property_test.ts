import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { scanHtml } from "../../../../domain/template/html/scan.ts";
import type { TemplateSyntax } from "../../../../domain/template/syntax.ts";
import { checkTemplate } from "../../../support/check_templates.ts";

const MARKUP = [
  "<p>",
  "</p>",
  "<",
  "</",
  ">",
  '"',
  "'",
  "=",
  " ",
  "/>",
  "<a href=",
  '<a href="',
  "<img src='",
  '<td style="',
  " onclick='",
  "<script>",
  "</script>",
  "<style>",
  "</style>",
  "<title>",
  "</title>",
  "<textarea>",
  "</textarea>",
  "<html><body>",
  "</body></html>",
  "<!--",
  "-->",
  "<!--[if mso]>",
  "<![endif]-->",
  "<svg>",
  "<?",
  "&",
  "&lt;",
  "javascript",
  ":",
  "data:",
  "https://e.com/",
  "script",
  "title",
  "p",
  "a ",
  "href",
  "\0",
  "\ud800",
  "\n",
  "\t",
] as const;
const markup = fc.array(fc.oneof(fc.constantFrom(...MARKUP), fc.string({ maxLength: 3 })), {
  maxLength: 8,
}).map((parts) => parts.join("").replace(/[$#@[()]/g, ""));

/** How a text is written with the placeholders `v` and `w` in each syntax of e-mails that are HTML. */
const SYNTAXES = {
  freemarker: ["${v}", "${w}"],
  html: ["((v))", "((w))"],
} as const satisfies Partial<Record<TemplateSyntax, readonly string[]>>;
type HtmlSyntax = keyof typeof SYNTAXES;
const HTML_SYNTAXES = ["freemarker", "html"] as const satisfies readonly HtmlSyntax[];

/** A template: its author's HTML, and placeholders wherever there may be any. */
function templatesIn(syntax: HtmlSyntax): fc.Arbitrary<string> {
  const [v, w] = SYNTAXES[syntax];
  return fc.array(fc.oneof(markup, fc.constant(v), fc.constant(w)), { maxLength: 8 })
    .map((parts) => parts.join(""));
}

interface Found {
  readonly tags: string[];
  readonly addresses: string[];
}

function read(syntax: HtmlSyntax, body: string, v: unknown, w: unknown): Found {
  const source = { channel: "email", syntax, subject: "S", body } as const;
  const checked = checkTemplate(source);
  assert.ok(checked.ok);
  const email: Found = { tags: [], addresses: [] };
  scanHtml(renderEmail(checked.value, { v, w }, { serviceName: "C" }).body, {
    open: (name, attributes) => {
      email.tags.push([name, ...attributes.keys()].join(" "));
      for (const [key, value] of attributes) {
        if (key === "href" || key === "src") email.addresses.push(value);
      }
    },
    close: (name) => email.tags.push(`/${name}`),
    text: () => undefined,
  });
  return email;
}

/** Markup and placeholders; placeholders in values are not filled. */
const value = fc.tuple(markup, fc.constantFrom("", "((w))", "((v??<i>x</i>))", "${w}"), markup).map(
  (
    parts,
  ) => parts.join(""),
).filter((text) => text.replace(/\p{Cc}/gu, "") !== "");
const isBad = (address: string) =>
  /^(?:javascript|data|vbscript):/i.test(address.replace(/[\0-\x20\x7f-\x9f]/g, ""));

for (const syntax of HTML_SYNTAXES) {
  Deno.test(`renderEmail: no value adds a tag or an attribute to HTML in ${syntax} syntax, wherever it stands`, () => {
    fc.assert(
      fc.property(templatesIn(syntax), value, value, (body, v, w) => {
        assert.deepEqual(read(syntax, body, v, w).tags, read(syntax, body, "x", "x").tags);
      }),
      { numRuns: 3000 },
    );
  });

  Deno.test(`renderEmail: no value makes an address of HTML in ${syntax} syntax run or open data`, () => {
    fc.assert(
      fc.property(templatesIn(syntax), value, value, (body, v, w) => {
        const areBad = read(syntax, body, v, w).addresses.map(isBad);
        const plain = read(syntax, body, "x", "x").addresses.map(isBad);
        assert.deepEqual(areBad.filter((bad, index) => bad && plain[index] !== true), []);
      }),
      { numRuns: 3000 },
    );
  });
}

/** The author's beginnings of an address in which the host is whole. */
const WHOLE_HOSTS = [
  "https://e.com/",
  "https://e.com?",
  "https://e.com#",
  "HTTP:\\\\e.com/a",
  "https:e.com/a?b=",
  "//e.com/",
] as const;
/** Characters that could end a host or begin another. */
const leading = fc.array(
  fc.oneof(
    fc.constantFrom("@", "/", "//", "\\", "?", "#", ":", ".", "evil.com", "&#47;", "\t", "\n", " "),
    value,
  ),
  { minLength: 1, maxLength: 4 },
).map((parts) => parts.join(""));
const hostOf = (address: string) =>
  URL.canParse(address, "http://base.test") ? new URL(address, "http://base.test").host : "";

for (const syntax of HTML_SYNTAXES) {
  const [v, w] = SYNTAXES[syntax];
  Deno.test(`renderEmail: no value leads a link of HTML in ${syntax} syntax to another host than the author wrote`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...WHOLE_HOSTS),
        fc.constantFrom(v, `${v}${w}`, `${v}/${w}`),
        leading,
        leading,
        (start, end, first, second) => {
          const { addresses } = read(syntax, `<a href="${start}${end}">`, first, second);
          assert.deepEqual(addresses.map(hostOf), ["e.com"]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  Deno.test(`renderEmail: no value takes a link of HTML in ${syntax} syntax out of the domain that the author wrote`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          `https://${v}.e.com/`,
          `https://${v}${w}.e.com`,
          `https://a.${v}.e.com${w}`,
        ),
        leading,
        leading,
        (address, first, second) => {
          const [href = ""] = read(syntax, `<a href="${address}">`, first, second).addresses;
          const isPlain = href === "#" || !URL.canParse(href);
          assert.ok(isPlain || new URL(href).hostname.endsWith(".e.com"), href);
        },
      ),
      { numRuns: 2000 },
    );
  });
}

Deno.test("renderEmail: a list of values adds nothing to HTML in html syntax, nor does a placeholder without a value", () => {
  fc.assert(
    fc.property(templatesIn("html"), fc.array(value, { minLength: 1 }), (body, v) => {
      const plain = read("html", body, "x", "x").tags;
      // Blank items are left out.
      assert.deepEqual(read("html", body, ["x", ...v], undefined).tags, plain);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("renderEmail: conditional HTML is the author's, and its value only shows or hides it", () => {
  fc.assert(
    fc.property(markup, markup, value, (before, after, v) => {
      const part = (tags: string) => `${before}${tags}${after}`;
      const { tags } = read("html", part("((v??<i>shown</i>))"), v, "");
      const shown = read("html", part("<i>shown</i>"), "", "").tags;
      const hidden = read("html", part(""), "", "").tags;
      assert.deepEqual(tags, /^(?:yes|y|true|t|1|include|show)$/i.test(v) ? shown : hidden);
      assert.deepEqual(read("html", part("((v??<i>shown</i>))"), "yes", "").tags, shown);
    }),
    { numRuns: 1000 },
  );
});
