import { SPACE_CLASS } from "../python_compat/text.ts";
import { addressEnd } from "./markdown/addresses.ts";

/** A web address in plain text. */
export interface WebAddress {
  /** UTF-16 index of its first character. */
  readonly start: number;
  /** UTF-16 index after its last character. */
  readonly end: number;
}

const BEGIN = /(?<![\p{L}\p{N}_])https?:\/\//giu;
const RUN = new RegExp(`[^${SPACE_CLASS}<]*`, "y");
/** The beginning of addresses that every URL parser takes, which need not be parsed. */
const PLAIN_HOST = /^https?:\/\/(?:[a-z0-9]+\.)+[a-z]+(?:[/?#]|$)/i;

/**
 * Finds the `http` and `https` addresses of a plain text, in order. Addresses of other schemes are not found. The
 * sentence's punctuation after an address, and quotes and brackets around it, are not part of it, as {@link addressEnd}
 * says. Takes time linear in the text.
 */
export function findWebAddresses(text: string): readonly WebAddress[] {
  const found: WebAddress[] = [];
  BEGIN.lastIndex = 0;
  let runEnd = 0;
  for (let match = BEGIN.exec(text); match !== null; match = BEGIN.exec(text)) {
    const from = BEGIN.lastIndex;
    if (from >= runEnd) {
      RUN.lastIndex = from;
      RUN.test(text);
      runEnd = RUN.lastIndex;
    }
    const end = addressEnd(text, match.index, from, runEnd);
    const address = text.slice(match.index, end);
    if (!PLAIN_HOST.test(address) && !URL.canParse(address)) continue;
    found.push({ start: match.index, end });
    BEGIN.lastIndex = end;
  }
  return found;
}
