/** Decides which addresses in attributes are safe. */

/** Characters that browsers remove from a scheme before they interpret it. */
const IGNORED = /[\0-\x20\x7f-\xa0\xad\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+/g;
const SCHEME = /^([^/?#:]*):/;
const LINK_SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto", "tel"]);
const SCRIPT_SCHEMES: ReadonlySet<string> = new Set(["javascript", "vbscript", "data"]);

function schemeOf(address: string): string | undefined {
  return SCHEME.exec(address.replace(IGNORED, ""))?.[1]?.toLowerCase();
}

/** Whether an address has a scheme that links may have: `http`, `https`, `mailto`, `tel`. */
export function hasLinkScheme(address: string): boolean {
  const scheme = schemeOf(address);
  return scheme !== undefined && LINK_SCHEMES.has(scheme);
}

/**
 * The beginning of an address up to its host: two slashes, with or without a scheme. Browsers treat `\` as `/`, and accept
 * any number of slashes after `http:` and `https:`.
 */
const BEFORE_HOST = /^(?:(?:https?:)?[/\\]{2,}|https?:[/\\]?(?=[^/\\])|[^/\\?#:]*:\/\/)/i;
/** The end of a host. The `#` of a character reference does not end it. */
const HOST_END = /[/?]|(?<!&)#/;
const NEXT_TO_HOST = /^(?:$|[/?#:\\])/;
/** A host that contains a dot and does not end in one; a port may follow. */
const WHOLE_HOST = /\.[^.:@]+$/;
/** Characters that a value may add to a host. */
const PART_OF_HOST = /^[a-z0-9.-]*$/i;

/**
 * An address in an attribute such as `href` that contains values of the personalisation. Parts that the author wrote
 * and values alternate, beginning and ending with an author's part. Character references are decoded.
 */
export interface MixedAddress {
  /** The author's parts, one more than values; a part may be empty. */
  readonly authors: readonly string[];
  readonly values: readonly string[];
  /** The whole address, decoded as one text. */
  readonly address: string;
}

/** Whether the values keep the host that the author began; they may add letters, digits, `.` and `-` to it. */
function keepsHost({ authors, values, address }: MixedAddress): boolean {
  const own = authors.map((text) => text.replace(IGNORED, ""));
  const [first = "", ...others] = own;
  const [opening] = BEFORE_HOST.exec(first) ?? [];
  // A second slash would turn the rest into a host.
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
    // A character reference that includes part of a value may stand for any character.
    if (index === 0 && interleave(authors, values) !== address) return false;
    before = after;
  }
  return true;
}

function interleave(authors: readonly string[], values: readonly string[]): string {
  return authors.map((text, index) => text + (values[index] ?? "")).join("");
}

/**
 * Whether an address that contains values is allowed. It is refused where a value makes it a script or data address, or
 * changes a host that the author began. Where the author wrote nothing before the first value, the value may choose the
 * host.
 */
export function mayStay(mixed: MixedAddress): boolean {
  const scheme = schemeOf(mixed.address);
  // A complete scheme in the author's text is allowed, except those that run the rest as a script.
  const isHarmless = scheme === undefined || LINK_SCHEMES.has(scheme) ||
    (schemeOf(mixed.authors[0] ?? "") !== undefined && !SCRIPT_SCHEMES.has(scheme));
  return isHarmless && keepsHost(mixed);
}
