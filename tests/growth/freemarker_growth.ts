import { renderEmail } from "../../domain/template/email/email.ts";
import { filledSize } from "../../domain/template/filled_size.ts";
import { renderInbox } from "../../domain/template/inbox.ts";
import { renderSms } from "../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";
import {
  missingPersonalisation,
  type Template,
  type TemplateSource,
} from "../../domain/template/template.ts";
import { type GrowingMessage, type LargeMessage, messageGrowth } from "./message_growth.ts";
import { checkTemplate } from "../support/check_templates.ts";

/** Checks a template and parses it as a stored one, which may have any number of tags. */
function parsed(source: TemplateSource): Template | undefined {
  const checked = checkTemplate(source);
  if (!checked.ok && checked.refusal.kind !== "template-too-long") return undefined;
  try {
    return parseTemplate(source);
  } catch {
    // It is too long to be checked, and cannot be read.
    return undefined;
  }
}

function renderAll({ body, values = {} }: GrowingMessage): void {
  const source = { syntax: "freemarker", subject: "s", body } as const;
  const email = parsed({ ...source, channel: "email" });
  const inbox = parsed({ ...source, channel: "inbox" });
  const sms = parsed({ ...source, channel: "sms" });
  if (email === undefined || inbox === undefined || sms === undefined) return;
  missingPersonalisation(email, values);
  filledSize(email, values);
  renderEmail(email, values, { serviceName: "" });
  renderInbox(inbox, values);
  renderSms(sms, values, { prefix: undefined, encoding: "unicode" });
}

const UNITS = [
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
const LARGE: readonly LargeMessage[] = [
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
/** Messages of every channel in FreeMarker syntax. */
export const FREEMARKER_GROWTH = messageGrowth(
  "checkTemplate and the functions that render",
  renderAll,
  UNITS,
  LARGE,
  { a: "x'", b: ["y"] },
);
