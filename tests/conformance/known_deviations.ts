import { z } from "zod";
import { explainsHtmlAddress, explainsPlainAddress } from "./address_deviations.ts";
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
/** The most cases of tests/vectors that the rules about addresses, and all others, may explain. */
export const MAX_CASES = { addresses: 17, others: 10 } as const;

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
    op: "freemarker",
    reason:
      "the platform sends `<#if …>` to people as it is written, since its directives have square " +
      "brackets; Hark refuses such a template, which is a mistake",
    explains: explainsAngleBrackets,
  },
  {
    id: "DEV-5",
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
