/** A web address in plain text. */
export interface WebAddress {
  /** UTF-16 index of its first character. */
  readonly start: number;
  /** UTF-16 index after its last character. */
  readonly end: number;
}

/**
 * An `http` or `https` address up to the character that ends it: a blank, a control or format character, an angle
 * bracket, or a double quote of any kind.
 */
const ADDRESS = /(?<![\p{L}\p{N}])https?:\/\/[^\p{Z}\p{Cc}\p{Cf}<>"“”„‟«»]+/giu;
/** The beginning of addresses that every URL parser takes, which need not be parsed. */
const PLAIN_HOST = /^https?:\/\/(?:[a-z0-9]+\.)+[a-z]+(?:[/?#]|$)/i;
/** Punctuation that belongs to the sentence when an address ends with it. */
const SENTENCE_END = new Set(".,:;!?…'‘’‚‹›—–`");
const OPENING_OF: ReadonlyMap<string, string> = new Map([[")", "("], ["]", "["], ["}", "{"]]);

function countOf(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** Length of an address without the punctuation after it. A closing bracket belongs to it where it also has the opening one. */
function trimmedLength(address: string): number {
  const surplus = new Map<string, number>();
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    const opening = OPENING_OF.get(last);
    if (opening === undefined) {
      if (!SENTENCE_END.has(last)) break;
      continue;
    }
    // Of the whole address: the punctuation after it has no opening brackets.
    const more = surplus.get(last) ?? countOf(address, last) - countOf(address, opening);
    if (more <= 0) break;
    surplus.set(last, more - 1);
  }
  return end;
}

/**
 * Finds the `http` and `https` addresses of a plain text, in order. Addresses of other schemes are not found. The
 * sentence's punctuation after an address, and closing quotes and brackets around it, are not part of it. Takes time
 * linear in the text.
 */
export function findWebAddresses(text: string): readonly WebAddress[] {
  return [...text.matchAll(ADDRESS)].flatMap(({ 0: match, index }) => {
    const end = trimmedLength(match);
    const address = match.slice(0, end);
    return PLAIN_HOST.test(address) || URL.canParse(address)
      ? [{ start: index, end: index + end }]
      : [];
  });
}
