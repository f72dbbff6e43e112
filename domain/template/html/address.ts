/** Addresses in attributes: which lead somewhere harmless. */

/** Browsers take blanks and controls out of a scheme before they look at it. */
const IGNORED = /[\0-\x20\x7f-\xa0\xad\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+/g;
const SCHEME = /^([^/?#:]*):/;
const LINK_SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto", "tel"]);
const SCRIPT_SCHEMES: ReadonlySet<string> = new Set(["javascript", "vbscript", "data"]);

function schemeOf(address: string): string | undefined {
  return SCHEME.exec(address.replace(IGNORED, ""))?.[1]?.toLowerCase();
}

/** Whether an address has one of the schemes that links have: `http`, `https`, `mailto`, `tel`. */
export function hasLinkScheme(address: string): boolean {
  const scheme = schemeOf(address);
  return scheme !== undefined && LINK_SCHEMES.has(scheme);
}

/**
 * Whether an address that values have a part in may stay.
 *
 * @param authors the part of it that is the author's and comes before any value
 * @param address all of it; both with their references decoded
 */
export function mayStay(authors: string, address: string): boolean {
  const scheme = schemeOf(address);
  if (scheme === undefined || LINK_SCHEMES.has(scheme)) return true;
  // A scheme that the author wrote out is the author's choice, unless what follows it would be run.
  return schemeOf(authors) !== undefined && !SCRIPT_SCHEMES.has(scheme);
}
