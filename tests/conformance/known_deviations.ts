import { z } from "zod";
import {
  explainsHtmlAddress,
  explainsPlainAddress,
  ignoreAddresses,
} from "./address_deviations.ts";
import type { Failure } from "./run_vectors.ts";

/** A rule by which Hark's answer differs from a vector's expected value on purpose. */
export interface KnownDeviation {
  /** Its row in docs/conformance.md. */
  readonly id: string;
  readonly op: string;
  readonly reason: string;
  /**
   * Whether a failure of this operation is such a case. It looks at all of it, so that no other fault hides behind it.
   */
  readonly explains: (failure: Failure) => boolean;
}

/** The most rules that there may be. */
export const MAX_DEVIATIONS = 10;
/** The most cases of tests/vectors that the rules about addresses, those about numbers and indents, and all others may explain. */
export const MAX_CASES = { addresses: 17, numbers: 13, others: 5 } as const;

const LAST_OF_BASIC_PLANE = 0xffff;

const notifyFailure = z.object({
  input: z.object({ text: z.string() }),
  expected: z.strictObject({
    __error__: z.literal("ValueError"),
    message: z.string().regex(/^(?:10|[1-9A-F])[0-9A-F]{4} is not a valid unicode codepoint$/),
  }),
  got: z.string(),
});

/**
 * Whether a character decomposes into others of which the first is outside the basic plane: GOV.UK Notify fails on
 * these.
 */
function failsNotify(character: string): boolean {
  const parts = character.normalize("NFD");
  return parts !== character && (parts.codePointAt(0) ?? 0) > LAST_OF_BASIC_PLANE;
}

/**
 * GOV.UK Notify's error must name the first code point of the text's first such character, and Hark's answer have a `?`
 * for each.
 */
function explainsSanitise(failure: Failure): boolean {
  const { success, data } = notifyFailure.safeParse(failure);
  if (!success) return false;
  const failing = [...data.input.text].filter(failsNotify);
  const named = String.fromCodePoint(parseInt(data.expected.message, 16)).normalize("NFD");
  const marks = data.got.split("?").length - 1;
  return failing.length > 0 && marks >= failing.length &&
    (failing[0] ?? "").normalize("NFD").startsWith(named);
}

const angleFailure = z.object({
  input: z.object({ template: z.string().regex(/<\/?[#@]\p{L}|<#--/u) }),
  expected: z.object({ text: z.string() }),
  got: z.strictObject({ error: z.literal(true) }),
});

/** The platform shows a directive in angle brackets as text; Hark refuses the template. */
function explainsAngleBrackets(failure: Failure): boolean {
  const { success, data } = angleFailure.safeParse(failure);
  return success && /<\/?[#@]|<#--/.test(data.expected.text);
}

const defaultFailure = z.object({
  input: z.object({ template: z.string().regex(/[\w\])][.[][^!?}]*(?:!|\?\?)/) }),
  expected: z.strictObject({ error: z.literal(true) }),
  got: z.strictObject({ text: z.string() }),
});

/** `a.b!` and `a.b??` fail on the platform where there is no `a`; in Hark they are a default and `false`. */
function explainsDefault(failure: Failure): boolean {
  return defaultFailure.safeParse(failure).success;
}

const emailFailure = z.object({
  input: z.object({ template: z.string() }),
  expected: z.array(z.unknown()),
  got: z.array(z.unknown()),
});

/** The JSON of an e-mail's tags and texts: the template's HTML by GOV.UK Notify, and by Hark. */
function readEmails(failure: Failure) {
  const { success, data } = emailFailure.safeParse(failure);
  if (!success) return undefined;
  const { input: { template }, expected, got } = data;
  return { template, expected: JSON.stringify(expected), got: JSON.stringify(got) };
}

/** Hark's answer must be GOV.UK Notify's but for the number of a list that does not begin at 1. */
function explainsStart(failure: Failure): boolean {
  const emails = readEmails(failure);
  return emails !== undefined && /^ *(?:0|[2-9]|[1-9]\d+)\./m.test(emails.template) &&
    emails.got.replace(/\["<ol","start=\d+"\]/g, '["<ol"]') === emails.expected;
}

const LIST_OPEN = '["<table"],["<tr"],["<td"],';
const LIST_CLOSE = ',["/td"],["/tr"],["/table"]';

/** As {@link explainsMixedList}; addresses may differ too, by DEV-2. */
function explainsMixedListAndAddress(failure: Failure): boolean {
  const alike = ignoreAddresses(failure);
  return explainsMixedList(failure) || (alike !== undefined && explainsMixedList(alike));
}

/** Hark's answer must be GOV.UK Notify's but for a list that ends where numbers follow bullets. */
function explainsMixedList(failure: Failure): boolean {
  const emails = readEmails(failure);
  if (emails === undefined || !/^ *\* .*\n1\. /m.test(emails.template)) return false;
  const [before = "", after = "", ...more] = emails.got.split(
    `["/ul"]${LIST_CLOSE},${LIST_OPEN}["<ol"],`,
  );
  return more.length === 0 && after !== "" &&
    before + after.replace('["/ol"]', '["/ul"]') === emails.expected;
}

/** Hark's answer must be GOV.UK Notify's but for decimal numbers, of which Notify makes lists of what follows the point. */
function explainsDecimal(failure: Failure): boolean {
  const emails = readEmails(failure);
  if (emails === undefined) return false;
  const list = `${LIST_OPEN}["<ol"],["<li"],"$1",["/li"],["/ol"]${LIST_CLOSE}`;
  const asLists = emails.got
    .replace(/(?<=\["<li"\],)"\d+\.(\d+)"(?=,\["\/li"\])/g, list)
    .replace(/\["<p"\],"\d+\.(\d+)",\["\/p"\]/g, list);
  return asLists !== emails.got && asLists === emails.expected;
}

const INDENTED = /^(?: {4}|\t)/;

/** Hark's answer must be GOV.UK Notify's text as a paragraph. */
function explainsIndentedHtml(failure: Failure): boolean {
  const emails = readEmails(failure);
  return emails !== undefined && INDENTED.test(emails.template) &&
    emails.got === `[["<p"],${emails.expected.slice(1, -1)},["/p"]]`;
}

const plainFailure = z.object({
  input: z.object({ template: z.string() }),
  expected: z.looseObject({ body: z.string() }),
  got: z.looseObject({ body: z.string() }),
});

/** The answers must be the same but for line ends, and the template have an indented paragraph. */
function explainsIndentedText(failure: Failure): boolean {
  const { success, data } = plainFailure.safeParse(failure);
  if (!success) return false;
  const { input: { template }, expected, got } = data;
  const oneLine = (text: string) => text.replaceAll("\n", "");
  const sorted = (answer: Readonly<Record<string, unknown>>) =>
    JSON.stringify(Object.entries(answer).filter(([name]) => name !== "body").toSorted());
  return template.split("\n\n").some((paragraph) => INDENTED.test(paragraph)) &&
    oneLine(got.body) === oneLine(expected.body) && sorted(got) === sorted(expected);
}

/** Every deviation from the vectors; each has its row in docs/conformance.md. */
export const KNOWN_DEVIATIONS: readonly KnownDeviation[] = [
  {
    id: "DEV-1",
    op: "sanitise",
    reason: "GOV.UK Notify fails on a character whose first part is outside the basic plane; " +
      "Hark sends `?` for it, since a failure would lose the message",
    explains: explainsSanitise,
  },
  {
    id: "DEV-2",
    op: "email_html",
    reason:
      "GOV.UK Notify percent-encodes marks of an address, takes the `>` after one into it, and ends one at " +
      "its first `)`; Hark's link opens the address that was written",
    explains: explainsHtmlAddress,
  },
  {
    id: "DEV-3",
    op: "email_plain",
    reason:
      "GOV.UK Notify curls the quotes of an address and leaves its spaces; Hark encodes both, so that the " +
      "address opens",
    explains: explainsPlainAddress,
  },
  {
    id: "DEV-4",
    op: "email_html",
    reason:
      "GOV.UK Notify numbers every list from 1; Hark keeps the first number, since a step or " +
      "clause is referred to by its number",
    explains: explainsStart,
  },
  {
    id: "DEV-5",
    op: "email_html",
    reason: "GOV.UK Notify makes a bullet of a number below a bullet; Hark keeps the number",
    explains: explainsMixedListAndAddress,
  },
  {
    id: "DEV-6",
    op: "email_html",
    reason: "GOV.UK Notify makes `1. 5` of `1.5` at the start of a line; Hark keeps the number",
    explains: explainsDecimal,
  },
  {
    id: "DEV-7",
    op: "email_html",
    reason: "GOV.UK Notify writes indented lines outside any paragraph, where their lines run " +
      "together; Hark makes a paragraph of them",
    explains: explainsIndentedHtml,
  },
  {
    id: "DEV-8",
    op: "email_plain",
    reason: "GOV.UK Notify joins indented lines to the paragraph before them; Hark makes a " +
      "paragraph of them",
    explains: explainsIndentedText,
  },
  {
    id: "DEV-9",
    op: "freemarker",
    reason:
      "the platform sends `<#if …>` to people as it is written, since its directives have square " +
      "brackets; Hark refuses such a template, which is a mistake",
    explains: explainsAngleBrackets,
  },
  {
    id: "DEV-10",
    op: "freemarker",
    reason:
      "`a.b!` and `a.b??` fail on the platform without `a`; Hark gives the default and `false`, " +
      "since the author asked for them, and templates that are sent today rely on it",
    explains: explainsDefault,
  },
];

/** The deviation that a failure is a case of, or `undefined` for a fault of Hark's. */
export function findDeviation(
  failure: Failure,
  deviations: readonly KnownDeviation[] = KNOWN_DEVIATIONS,
): KnownDeviation | undefined {
  return deviations.find(({ op, explains }) => op === failure.op && explains(failure));
}
