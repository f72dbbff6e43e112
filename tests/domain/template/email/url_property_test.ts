import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { Parser } from "htmlparser2";
import { renderEmail } from "../../../../domain/template/email/email.ts";
import { renderSms } from "../../../../domain/template/sms/sms.ts";
import { address } from "./url_grammar.ts";
import { parseTemplate } from "../../../../domain/template/parse_template.ts";

/*
 * What a reader's program opens is what the author wrote: the URL parser of WHATWG makes the same of both. In a template a
 * backslash before a mark is markdown's, and two brackets are a placeholder's; no address here has them.
 */

const SEED = 12;

interface Written {
  readonly body: string;
  readonly values?: Readonly<Record<string, string>>;
}

function render({ body, values = {} }: Written, subject = "S") {
  const template = parseTemplate({ channel: "email", subject, body });
  return renderEmail(template, values, { serviceName: "C" });
}

/** The addresses of links, read as a browser reads them. */
function hrefs(html: string): readonly string[] {
  const found: string[] = [];
  const parser = new Parser({
    onopentag: (name, { href }) => {
      if (name === "a" && href !== undefined) found.push(href);
    },
  }, { decodeEntities: true });
  parser.end(html);
  return found;
}

/** An address in plain text: as written, but for characters at which a mail program would end it. */
function plain(address: string): string {
  return address.replace(/[ "<>]/g, encodeURIComponent);
}

function resolved(address: string): string {
  return URL.parse(address)?.href ?? `no address: ${address}`;
}

type Place = (address: string) => Written;

/** Where an address stands in the text, as such. */
const BARE: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["See ", " now"],
  ["(", ")"],
  ["(see ", ")."],
  ["[", "]"],
  ['"', '"'],
  ['x "', '", y'],
  ["x '", "' y"],
  ["“", "”"],
  ["‘", "’"],
  ["„", "“"],
  ["Читайте «", "»."],
  ["«", "», або"],
  ["x “", "”—y"],
  ["", "."],
  ["", ","],
  ["", ";"],
  ["", ":"],
  ["", "!"],
  ["", "?"],
  ["", "…"],
  ["", "..."],
  ["", "?!"],
  ["", '."'],
  ["", ".)"],
  ["", "&nbsp;x"],
  ["&laquo;", "&raquo;"],
  ["<", ">"],
  ["x <", ">, y"],
  ["x *", "* y"],
  ["**", "**"],
  ["x _", "_ y"],
  ["~~", "~~"],
  ["x `", "` y"],
  ["| ", " | b |"],
  ["a | ", " |"],
  ["|", "|"],
  ["# ", ""],
  ["## See ", "."],
  ["* ", ""],
  ["* a\n* ", "\n* b"],
  ["1. ", "\n2. b"],
  ["^ ", ""],
  ["a\n", "\nb"],
  ["a ", " - b , c"],
  ['it\'s "q" ', " it's"],
];

const AROUND = /[*_~`|]$/;

/** Whether the place leaves no doubt about where the address ends. */
function endsClearly([before]: readonly [string, string], written: string): boolean {
  const isMarked = AROUND.test(before) && before.at(-1) === written.at(-1);
  // `[a]: b` is a definition, `#` ends a heading, and a quote ends an address in quotes.
  const isOther = (before === "[" && written.includes("]:")) ||
    (before.startsWith("#") && written.endsWith("#")) ||
    (before.endsWith('"') && written.includes('"'));
  return !isMarked && !isOther;
}

const bare = fc.constantFrom(...BARE);

function checkBare(written: string, part: Written): void {
  const { htmlBody, text } = render(part);
  const message = `${JSON.stringify(part)} ${text}`;
  assert.deepEqual(hrefs(htmlBody).map(resolved), [resolved(written)], message);
  assert.ok(text.includes(plain(written)), message);
}

Deno.test("renderEmail: a link's address survives both parts, bare in the template, wherever it stands", () => {
  fc.assert(
    fc.property(address, bare, ({ begin, rest }, place) => {
      const written = begin + rest;
      fc.pre(endsClearly(place, written));
      checkBare(written, { body: place[0] + written + place[1] });
    }),
    { seed: SEED, numRuns: 4000 },
  );
});

Deno.test("renderEmail: a link's address survives both parts, bare in a value, wherever it stands", () => {
  fc.assert(
    fc.property(address, bare, ({ begin, rest }, place) => {
      const written = begin + rest;
      fc.pre(endsClearly(place, written));
      checkBare(written, { body: `${place[0]}((v))${place[1]}`, values: { v: written } });
      checkBare(written, { body: "((v))", values: { v: place[0] + written + place[1] } });
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

Deno.test("renderEmail: a link's address survives both parts, split between the template and a value", () => {
  fc.assert(
    fc.property(address, bare, fc.nat(), ({ begin, rest }, place, cut) => {
      const written = begin + rest;
      fc.pre(endsClearly(place, written));
      const at = cut % (rest.length + 1);
      const [own, v] = [rest.slice(0, at), rest.slice(at)];
      fc.pre(resolved(begin + own + v) === resolved(written) && !own.endsWith("("));
      checkBare(written, { body: `${place[0]}${begin}${own}((v))${place[1]}`, values: { v } });
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

/** Where a link stands whose address is `((a))` here. */
const LINKS = [
  "[x](((a)))",
  "See [x](((a))).",
  '[x](((a)) "Title")',
  "[x](((a)) 'it is')",
  "[x](<((a))>)",
  "# [x](((a)))",
  "* [x](((a)))\n* b",
  "1. [x](((a)))",
  "^ [x](((a)))",
  '("[x](((a)))")',
  "«[x](((a)))»",
  "| [x](((a))) | b |",
  "[x][r] y\n\n[r]: ((a))",
  "see [x]\n\n[x]: ((a))",
  '[x][r]\n\n[r]: ((a)) "Title"',
] as const;

function checkLink(written: string, part: Written): void {
  const { htmlBody, text } = render(part);
  const message = `${JSON.stringify(part)} ${text}`;
  assert.deepEqual(hrefs(htmlBody).map(resolved), [resolved(written)], message);
  const [, shown = ""] = /x(?: \([^)]*\))?: (\S+)/.exec(text) ?? [];
  const isSame = shown.startsWith(plain(written)) ||
    resolved(shown.replace(/\.$/, "")) === resolved(written);
  assert.ok(isSame, message);
  assert.equal(resolved(plain(written)), resolved(written));
}

/** What the target of a link may end in as well. */
const ending = fc.constantFrom("", ".", "!", "?", ",", "'", "…", "*", "_");

Deno.test("renderEmail: a link's address survives both parts as the target of a link", () => {
  fc.assert(
    fc.property(address, fc.constantFrom(...LINKS), ending, ({ begin, rest }, body, end) => {
      const written = begin + rest + end;
      checkLink(written, { body: body.replace("((a))", () => written) });
      checkLink(written, { body: body.replace("((a))", "((v))"), values: { v: written } });
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

const awkward = fc.array(
  fc.constantFrom(
    "a",
    "b",
    " ",
    "&",
    '"',
    "'",
    "<",
    ">",
    "(",
    ")",
    "%",
    "+",
    "ї",
    "&copy",
    "=",
    "/",
    "»",
    "-",
    ".",
  ),
  { minLength: 1, maxLength: 8 },
).map((parts) => `v${parts.join("")}v`);

Deno.test("renderEmail: a value of any characters on one line is part of the address that it continues", () => {
  const places: readonly Place[] = [
    (v) => ({ body: "[x](https://e.com/?q=((v)))", values: { v } }),
    (v) => ({ body: '[x](https://e.com/?q=((v)) "T")', values: { v } }),
    (v) => ({ body: "x: https://e.com/?q=((v)) y", values: { v } }),
    (v) => ({ body: "x: https://e.com/?q=((v)).", values: { v } }),
    (v) => ({ body: "* [x](https://e.com/?q=((v)))", values: { v } }),
  ];
  fc.assert(
    fc.property(awkward, fc.constantFrom(...places), (v, place) => {
      checkLink(`https://e.com/?q=${v}`, place(v));
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

Deno.test("renderSubject, renderSms: an address stays as it was written", () => {
  fc.assert(
    fc.property(address, fc.constantFrom("template", "value"), ({ begin, rest }, where) => {
      const written = begin + rest;
      const body = where === "template" ? `it's ${written} - "x"` : 'it\'s ((v)) - "x"';
      const values = { v: written };
      assert.ok(render({ body: "a", values }, body).subject.includes(written));
      const sms = parseTemplate({ channel: "sms", subject: null, body });
      const sent = renderSms(sms, values, {
        prefix: undefined,
        encoding: "unicode",
        transliterate: true,
      });
      assert.ok(sent.includes(written), sent);
      const gsm = renderSms(sms, values, { prefix: undefined, encoding: "downgrade" });
      const shown = /https?:\S+/.exec(gsm)?.[0] ?? "";
      assert.equal(resolved(shown), resolved(written), gsm);
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
