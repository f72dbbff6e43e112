import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { renderEmail } from "../../../domain/template/email.ts";
import { scanHtml } from "../../../domain/template/html/scan.ts";
import { checkTemplate } from "../../../domain/template/template.ts";

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
}).map((parts) => parts.join("").replace(/[$#@[]/g, ""));
const template = fc.array(fc.oneof(markup, fc.constant("${v}"), fc.constant("${w}")), {
  maxLength: 8,
}).map((parts) => parts.join(""));

interface Found {
  readonly tags: string[];
  readonly addresses: string[];
}

function read(body: string, v: string, w: string): Found {
  const source = { channel: "email", syntax: "freemarker", subject: "S", body } as const;
  const checked = checkTemplate(source);
  assert.ok(checked.ok);
  const found: Found = { tags: [], addresses: [] };
  scanHtml(renderEmail(checked.value, { v, w }, { serviceName: "C" }).body, {
    open: (name, attributes) => {
      found.tags.push([name, ...attributes.keys()].join(" "));
      for (const [key, value] of attributes) {
        if (key === "href" || key === "src") found.addresses.push(value);
      }
    },
    close: (name) => found.tags.push(`/${name}`),
    text: () => undefined,
  });
  return found;
}

const value = markup.filter((text) => text.replace(/\p{Cc}/gu, "") !== "");

Deno.test("renderEmail: no value adds a tag or an attribute to a FreeMarker template, wherever it stands", () => {
  fc.assert(
    fc.property(template, value, value, (body, v, w) => {
      assert.deepEqual(read(body, v, w).tags, read(body, "x", "x").tags);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("renderEmail: no value makes an address of a FreeMarker template run or open data", () => {
  const isBad = (address: string) =>
    /^(?:javascript|data|vbscript):/i.test(address.replace(/[\0-\x20\x7f-\x9f]/g, ""));
  fc.assert(
    fc.property(template, value, value, (body, v, w) => {
      const given = read(body, v, w).addresses.map(isBad);
      const plain = read(body, "x", "x").addresses.map(isBad);
      assert.deepEqual(given.filter((bad, index) => bad && plain[index] !== true), []);
    }),
    { numRuns: 3000 },
  );
});
