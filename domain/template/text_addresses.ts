/** Finds web addresses in plain text, so that they stay as they are where the text around them is changed. */
import { addressEnd } from "./markdown/addresses.ts";
import { SPACE_CLASS } from "../python_compat/text.ts";

const MAY_HOLD = /:\/\/|www\.|mailto:/i;
/** A scheme, or a domain that programs open without one; not within a word or an address. */
const BEGIN = new RegExp(
  `(?:(?<![\\p{L}\\p{N}_])(?:https?:\\/\\/|ftp:\\/\\/|mailto:)|(?<![\\p{L}\\p{N}_.@/-])www\\.)(?=[^${SPACE_CLASS}<.])`,
  "giu",
);
const RUN = new RegExp(`[^${SPACE_CLASS}<]*`, "y");

/**
 * Changes the text around web addresses. Where a text has none, it is changed as a whole.
 *
 * @param around changes each text between addresses
 * @param inside returns how an address is written; by default as it is
 */
export function mapAroundAddresses(
  text: string,
  around: (text: string) => string,
  inside: (address: string) => string = (address) => address,
): string {
  if (!MAY_HOLD.test(text)) return around(text);
  let out = "";
  let done = 0;
  let runEnd = 0;
  BEGIN.lastIndex = 0;
  for (let match = BEGIN.exec(text); match !== null; match = BEGIN.exec(text)) {
    const from = BEGIN.lastIndex;
    if (from >= runEnd) {
      RUN.lastIndex = from;
      RUN.test(text);
      runEnd = RUN.lastIndex;
    }
    const end = addressEnd(text, match.index, from, runEnd);
    if (end === from) continue;
    out += around(text.slice(done, match.index)) + inside(text.slice(match.index, end));
    done = end;
    BEGIN.lastIndex = end;
  }
  return done === 0 ? around(text) : out + around(text.slice(done));
}
