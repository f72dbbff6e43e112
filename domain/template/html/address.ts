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
 * What an address begins with up to its host: two slashes, with or without a scheme. Browsers take `\` for `/`, and for
 * `http` and `https` any number of them.
 */
const BEFORE_HOST = /^(?:(?:https?:)?[/\\]{2,}|https?:[/\\]?(?=[^/\\])|[^/\\?#:]*:\/\/)/i;
/** Not the `#` of a reference that a value goes on with. */
const HOST_END = /[/?]|(?<!&)#/;
const NEXT_TO_HOST = /^(?:$|[/?#:\\])/;
/** A name with a dot in it and no dot at its end; what follows a colon is a port. */
const WHOLE_HOST = /\.[^.:@]+$/;
/** What a value may add to a host. */
const PART_OF_HOST = /^[a-z0-9.-]*$/i;

/** An address that values have a part in, references decoded: an author's part, a value, and so on to an author's part. */
export interface MixedAddress {
  /** One more than there are values; may be empty. */
  readonly authors: readonly string[];
  readonly values: readonly string[];
  /** All of it, decoded as a whole. */
  readonly address: string;
}

/** Whether the values leave the host alone that the author began, but for letters, digits, `.` and `-` of their own. */
function keepsHost({ authors, values, address }: MixedAddress): boolean {
  const own = authors.map((text) => text.replace(IGNORED, ""));
  const [first = "", ...others] = own;
  const [opening] = BEFORE_HOST.exec(first) ?? [];
  // A second slash would make a host of what follows.
  if (opening === undefined) {
    return !/^[/\\]$/.test(first) || !/^[/\\]{2}/.test(address.replace(IGNORED, ""));
  }
  let before = first.slice(opening.length);
  for (const [index, value] of values.entries()) {
    if (HOST_END.test(before)) return true;
    const after = others[index] ?? "";
    if (!PART_OF_HOST.test(value)) return false;
    // `https://gov.uk` and `.e.com`
    if (NEXT_TO_HOST.test(after) && WHOLE_HOST.test(before)) return false;
    // A reference of which the value is a part may stand for anything.
    if (index === 0 && interleave(authors, values) !== address) return false;
    before = after;
  }
  return true;
}

function interleave(authors: readonly string[], values: readonly string[]): string {
  return authors.map((text, index) => text + (values[index] ?? "")).join("");
}

/**
 * Whether an address that values have a part in may stay: not if they make it one that runs or opens data, and not if the
 * author began its host and they lead elsewhere. Where the author wrote nothing before the first value, the address is
 * the value's to choose.
 */
export function mayStay(mixed: MixedAddress): boolean {
  const scheme = schemeOf(mixed.address);
  // A scheme that the author wrote out is the author's choice, unless what follows it would be run.
  const isHarmless = scheme === undefined || LINK_SCHEMES.has(scheme) ||
    (schemeOf(mixed.authors[0] ?? "") !== undefined && !SCRIPT_SCHEMES.has(scheme));
  return isHarmless && keepsHost(mixed);
}
