import { SPACE_CLASS } from "../../python_compat/text.ts";

/** Marks of markdown, quotes and brackets, also as character references, that may stand between a blank and the name. */
const BEFORE = `(?:[#*^_~"'“”„‟‘’‚«»‹›([{<]|&[a-z]{2,6};)`;
const BLANK = `(?:^|[${SPACE_CLASS}—–]|&nbsp;)`;
/**
 * The name where mail programs would make a link of it: at the start of a word, but for quotes and brackets, and no part
 * of an address. The target of a link in markdown is one, `](gov.uk)` or
 * `]: gov.uk`, and the text of a link, `[GOV.UK](`, needs none. The lookbehind follows the word, so that
 * the engine searches for a literal.
 */
const GOVUK = new RegExp(
  `(gov)\\.(uk)(?<![a-z0-9.@/:-]gov\\.uk)(?<=${BLANK}${BEFORE}{0,4}gov\\.uk)(?<!\\]: {0,3}<?gov\\.uk)` +
    `(?<!\\]\\([${SPACE_CLASS}]{0,3}<?gov\\.uk)(?![/#]|\\]\\(|:[0-9]|\\?(?![${SPACE_CLASS}]|$))`,
  "gi",
);

/**
 * Puts a zero-width space into the name GOV.UK, also in quotes and brackets, since mail programs turn it into a link. An
 * address keeps it: one that goes on after the name, and the target of a link.
 */
export function breakGovUk(text: string): string {
  return text.replace(GOVUK, "$1.\u200b$2");
}
