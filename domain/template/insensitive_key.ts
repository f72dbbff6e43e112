/**
 * The form in which names of personalisation are compared: without blanks, `_` and `-`, in lower case.
 *
 * Only the ASCII blank is removed; a tab or a no-break space makes another name.
 */
export function insensitiveKey(name: string): string {
  return name.replace(/[ _-]/g, "").toLowerCase();
}
