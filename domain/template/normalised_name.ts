/** Names that are that form already: most are. */
const KEY = /^[a-z0-9]+$/;

/**
 * The form in which names of personalisation are compared: without blanks, `_` and `-`, in lower case.
 *
 * Only the ASCII blank is removed; a tab or a no-break space makes another name.
 */
export function normalisedName(name: string): string {
  return KEY.test(name) ? name : name.replace(/[ _-]/g, "").toLowerCase();
}
