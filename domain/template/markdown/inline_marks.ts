/** Patterns by which the begin of inline markup is found. */

/** Characters at which inline markup may begin. */
const MARKUP = /[\\<![_*`~\n]|h(?=ttps?:\/\/)/g;
/** The same and the addresses of {@link SHOWN_ADDRESS}, for which the search takes twice as long. */
const MARKUP_OR_SHOWN =
  /[\\<![_*`~\n]|[hH](?=ttps?:\/\/|TTPS?:\/\/)|w(?=ww\.)|m(?=ailto:)|f(?=tp:\/\/)/g;

/**
 * Matches, at `lastIndex`, the begin of an address that mail programs make a link of but GOV.UK Notify's markdown does
 * not.
 */
export const SHOWN_ADDRESS = /(?:www\.(?=[^.])|mailto:|ftp:\/\/|H(?:ttps?|TTPS?):\/\/)/y;

/** The last character is searched for, because few texts have it. `https://www.` is no such address. */
const MAY_SHOW = /:(?<=mailto:|ftp:|H(?:ttps?|TTPS?):)|w\.(?<=(?<!\/)www\.)/;

/**
 * Returns the global pattern that finds the characters at which inline markup of this source may begin. A source with
 * {@link SHOWN_ADDRESS} gets a slower one that finds these addresses too.
 */
export function markupOf(source: string): RegExp {
  return MAY_SHOW.test(source) ? MARKUP_OR_SHOWN : MARKUP;
}
