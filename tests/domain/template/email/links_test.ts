import assert from "node:assert/strict";
import { renderEmail, renderEmailContent } from "../../../../domain/template/email/email.ts";
import {
  ADDRESS_BEFORE,
  decodeAddress,
  escapeHtml,
} from "../../../../domain/template/html_text.ts";
import {
  endsInAddress,
  LONGEST_ADDRESS,
} from "../../../../domain/template/markdown/address_values.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";
import { Parser } from "htmlparser2";

type Values = Readonly<Record<string, string>>;

function render(body: string, values: Values = {}, subject = "S") {
  const template = parseTemplate({ channel: "email", subject, body });
  return renderEmail(template, values, { serviceName: "C" });
}

/** The addresses of links as a browser reads them, and the text without tags. */
function read(html: string): { readonly hrefs: readonly string[]; readonly text: string } {
  const hrefs: string[] = [];
  let text = "";
  const parser = new Parser({
    onopentag: (_, { href }) => {
      if (href !== undefined) hrefs.push(href);
    },
    ontext: (part) => text += part,
  }, { decodeEntities: true });
  parser.end(html);
  return { hrefs, text };
}

/** A text with its links, and the same text where it is no different in plain text. */
const SHOWN: readonly (readonly [body: string, hrefs: readonly string[], text?: string])[] = [
  ["https://example.com/?id=1&section=3", ["https://example.com/?id=1&section=3"]],
  ["https://example.com/?id=1&notice=7", ["https://example.com/?id=1&notice=7"]],
  [
    "https://example.com/?x=1&registration=9&currency=GBP",
    ["https://example.com/?x=1&registration=9&currency=GBP"],
  ],
  ["https://example.com/?a=1&timestamp=5", ["https://example.com/?a=1&timestamp=5"]],
  ["https://example.com/?a=1&copy=2&reg&para;", ["https://example.com/?a=1&copy=2&reg&para"]],
  [
    "https://example.com/?a=1&amp;copy=2",
    ["https://example.com/?a=1&copy=2"],
    "https://example.com/?a=1&copy=2",
  ],
  ["https://example.com/d! https://example.com/a…", [
    "https://example.com/d",
    "https://example.com/a",
  ]],
  ["https://example.com/?name=O'Brien", ["https://example.com/?name=O'Brien"]],
  ["(https://example.com/a_(b)).", ["https://example.com/a_(b)"]],
  ["(https://example.com/a).", ["https://example.com/a"]],
  ["https://example.com/a(b", ["https://example.com/a(b"]],
  ["«https://example.com/шлях», “https://example.com/b”", [
    "https://example.com/%D1%88%D0%BB%D1%8F%D1%85",
    "https://example.com/b",
  ]],
  ["‘https://example.com/a’, „https://example.com/b“", [
    "https://example.com/a",
    "https://example.com/b",
  ]],
  ["https://пошта.укр/а", ["https://xn--80a1acn3a.xn--j1amh/%D0%B0"]],
  ["https://example.com/?q=a+b&c=%2B%20", ["https://example.com/?q=a+b&c=%2B%20"]],
  ["x **https://example.com/a** _https://example.com/b_", [
    "https://example.com/a",
    "https://example.com/b",
  ]],
  ["https://example.com/_a_*b*~c~|d", ["https://example.com/_a_*b*~c~|d"]],
  ["https://u:p@example.com:8080/a#b", ["https://u:p@example.com:8080/a#b"]],
  ["https://example.com/a--b - c", ["https://example.com/a--b"], "https://example.com/a--b – c"],
  ['"https://example.com/a"', ["https://example.com/a"], "“https://example.com/a”"],
  ["www.example.com/?name=O'Brien", []],
  ["HTTPS://example.com/?name=O'Brien", []],
];
for (const [body, hrefs, text = body] of SHOWN) {
  Deno.test(`renderEmail: leaves the addresses of ${body} as they are`, () => {
    const rendered = render(body);
    const html = read(rendered.htmlBody);
    assert.deepEqual(html.hrefs, hrefs);
    assert.equal(html.text, text);
    assert.equal(rendered.text, `${text}\n`);
  });
}

/** A link `[x](…)` or the like: its address in HTML, and in plain text where that differs. */
const LINKS: readonly (readonly [body: string, href: string, text?: string])[] = [
  ["[x](https://example.com/a_(b))", "https://example.com/a_(b)"],
  ['[x](https://example.com/a_(b) "T")', "https://example.com/a_(b)"],
  ["[x]( https://example.com/a_(b) )", "https://example.com/a_(b)"],
  ["[x](https://example.com/a\\))", "https://example.com/a)"],
  ["[x](<https://example.com/a b>)", "https://example.com/a%20b"],
  ["[x](https://example.com/a b)", "https://example.com/a%20b"],
  ["[x](https://example.com/?a+b&region=c!)", "https://example.com/?a+b&region=c!"],
  ["[x](https://example.com/O'Brien)", "https://example.com/O'Brien"],
  ["[x](example.com/a_(b))", "http://example.com/a_(b)", "example.com/a_(b)"],
  ["[x](mailto:o'b+c@example.com?subject=a%20b)", "mailto:o'b+c@example.com?subject=a%20b"],
  ["[x](tel:+442079460000)", "tel:+442079460000"],
  ["[x][1]\n\n[1]: https://example.com/a_(b)'c", "https://example.com/a_(b)'c"],
  ["[x](https://пошта.укр/)", "https://xn--80a1acn3a.xn--j1amh/", "https://пошта.укр/"],
  ["[x](gov.uk)", "http://gov.uk", "gov.uk"],
];
for (const [body, href, text = href] of LINKS) {
  Deno.test(`renderEmail: links to the address of ${body}`, () => {
    const rendered = render(body);
    assert.deepEqual(read(rendered.htmlBody).hrefs, [href]);
    assert.ok(rendered.text.endsWith(`: ${text}\n`), rendered.text);
  });
}

/** A value that continues an address of the template, and the whole address. */
const CONTINUED: readonly (readonly [value: string, address: string])[] = [
  ["Ann Smith", "Ann%20Smith"],
  ["a&region=b", "a&region=b"],
  ["a&copy;b", "a&copy;b"],
  ["a)b", "a)b"],
  ["(a) b)", "(a)%20b)"],
  ['say "hi"', "say%20%22hi%22"],
  ["a<b>", "a%3Cb%3E"],
  ["v1.", "v1."],
  ["a\\-1", "a-1"],
  ["«a»", "%C2%ABa%C2%BB"],
];
for (const [v, rest] of CONTINUED) {
  Deno.test(`renderEmail: takes the value ${v} into the address that it continues`, () => {
    for (const body of ["[x](https://e.com/?q=((v)))", "x: https://e.com/?q=((v))."]) {
      const rendered = render(body, { v });
      assert.deepEqual(read(rendered.htmlBody).hrefs, [`https://e.com/?q=${rest}`]);
      const text = rendered.text.replace(/\.\n$/, body.endsWith(".") ? "\n" : ".\n");

      assert.equal(text, `x: https://e.com/?q=${rest}\n`);
    }
  });
}

Deno.test("renderEmail: leaves a value alone that begins with a blank or has several lines", () => {
  const { htmlBody, text } = render("See https://e.com/a((v))", { v: " (now)\n\nBye" });
  assert.deepEqual(read(htmlBody).hrefs, ["https://e.com/a"]);
  assert.equal(text, "See https://e.com/a (now)\n\nBye\n");
});

Deno.test("renderEmailContent: gives the values as they are, also in addresses", () => {
  const template = parseTemplate({
    channel: "email",
    subject: "S",
    body: "[x](https://e.com/((v)))",
  });
  assert.equal(renderEmailContent(template, { v: "a (b)" }).body, "[x](https://e.com/a (b))");
});

Deno.test("renderEmail: keeps addresses in subjects, in code and in the texts of links", () => {
  const { subject, htmlBody, text } = render(
    "```\nit's https://e.com/O'B\n```\n\n[https://e.com/O'B](https://e.com/c)",
    {},
    "it's https://e.com/O'B - \"x\"",
  );
  assert.equal(subject, "it’s https://e.com/O'B – “x”");
  assert.equal(text, "it’s https://e.com/O'B\n\nhttps://e.com/O'B: https://e.com/c\n");
  assert.match(htmlBody, /it’s https:\/\/e\.com\/O'B.*>https:\/\/e\.com\/O'B<\/a>/s);
});

Deno.test("renderEmail: decodes a reference without its semicolon only where no letter, digit or = follows", () => {
  const { text } = render('<a href="https://e.com/?a=1&copy=2&reg3">&copy;</a>');
  assert.equal(text, '<a href="https://e.com/?a=1&copy=2&reg3">©</a>\n');
});

Deno.test("renderEmail: removes the characters that mark addresses from a source", () => {
  const body = "a\ufdd0b\ufdd1c &#xfdd0; https://e.com/'a'b";
  assert.equal(render(body).text, "abc  https://e.com/'a'b\n");
  assert.equal(read(render(body).htmlBody).text, "abc  https://e.com/'a'b");
});

const GOV_UK = [
  ['"GOV.UK Pay"', "“GOV.|UK Pay”"],
  ["(GOV.UK)", "(GOV.|UK)"],
  ["“GOV.UK”", "“GOV.|UK”"],
  ["x [GOV.UK] y", "x [GOV.|UK] y"],
  ['("GOV.UK"), gov.uk: «GOV.UK»', "(“GOV.|UK”), gov.|uk: «GOV.|UK»"],
  ["&laquo;GOV.UK&raquo; &nbsp;GOV.UK", "«GOV.|UK» \u00a0GOV.|UK"],
  ["GOV.UK? GOV.UK!", "GOV.|UK? GOV.|UK!"],
  ["https://gov.uk www.gov.uk a@gov.uk", "https://gov.uk www.gov.uk a@gov.uk"],
  ["(gov.uk/pay) gov.uk?a=b gov.uk:443", "(gov.uk/pay) gov.uk?a=b gov.uk:443"],
] as const;
for (const [body, expected] of GOV_UK) {
  Deno.test(`renderEmail: breaks the name in ${body} where a mail program would link it`, () => {
    const { htmlBody, text } = render(body);
    assert.equal(text.replaceAll("\u200b", "|"), `${expected}\n`);
    assert.equal(read(htmlBody).text.replaceAll("\u200b", "|"), expected);
  });
}

Deno.test("renderEmail: parts a link in plain text from what its address would go on with", () => {
  const body =
    "[a](https://e.com/a)b [c](https://e.com/c)(d) [e](https://e.com/e)[f](https://e.com/f). " +
    "[g](https://e.com/g)\n(h)";
  const { htmlBody, text } = render(body);
  assert.equal(
    text,
    "a: https://e.com/a b c: https://e.com/c (d) e: https://e.com/e f: https://e.com/f. " +
      "g: https://e.com/g\n(h)\n",
  );
  assert.equal(read(htmlBody).text, "ab c(d) ef. g(h)");
  assert.equal(render("https://e.com/a\n\n```\nb\n```").text, "https://e.com/a b\n");
});

Deno.test("renderEmail: shows addresses in the preheader as they are, without their marks", () => {
  const { html } = render("It's https://e.com/?a=1&region=O'Brien.");
  assert.match(html, />It’s https:\/\/e\.com\/\?a=1&amp;region=O.{1,5}Brien\.…<\/span>/);
});

Deno.test("endsInAddress: looks at the last 2,048 characters", () => {
  const begin = "https://e.com/";
  const whole = begin + "a".repeat(LONGEST_ADDRESS - begin.length);
  assert.equal(endsInAddress(whole), true);
  assert.equal(endsInAddress(`${whole}a`), false);
  assert.equal(endsInAddress(`${begin} a`), false);
});

Deno.test("escapeHtml: keeps the parameters of an address that begins at most 256 characters before", () => {
  const begin = "://";
  const whole = begin + "a".repeat(ADDRESS_BEFORE - begin.length);
  assert.equal(escapeHtml(`${whole}&region;`), `${whole}&amp;region;`);
  assert.equal(escapeHtml(`${whole}a&region;`), `${whole}a®ion;`);
  assert.equal(escapeHtml("&copy;"), "©");
  assert.equal(escapeHtml("&copy;", true), "&amp;copy;");
});

Deno.test("decodeAddress: decodes numbers and the names of marks that HTML escapes", () => {
  assert.equal(
    decodeAddress("&#65;&#x42;&amp;&lt;&gt;&quot;&apos;&nbsp;&copy;&copy=&region;&amp=&lt"),
    "AB&<>\"'\u00a0&copy;&copy=&region;&amp=&lt",
  );
});
