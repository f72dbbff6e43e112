/**
 * Encodes host names by IDNA 2003 (RFC 3490, with the nameprep of RFC 3491), with unassigned code points allowed, as
 * Python does. The `URL` of the runtimes implements a later IDNA, which accepts other characters.
 *
 * Nameprep is fixed to Unicode 3.2, but the runtime's tables are newer: characters that got a decomposition after 3.2
 * are excluded from normalisation. Source: RFC 3454, tables B.1, B.2, C.1.2 to C.9, D.1 and D.2.
 */
import { encodePunycode } from "./punycode.ts";

const ACE_PREFIX = "xn--";
const MAX_LABEL_LENGTH = 63;
/** A longer label cannot be part of a valid address, so it is not encoded. */
const MAX_LABEL_POINTS = 320;

const NON_ASCII = /\P{ASCII}/u;
const DOTS = /[.\u3002\uff0e\uff61]/;

const MAPPED_TO_NOTHING = /[\xad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/g;

const AFTER_UNICODE_3_2 =
  /([\u03f9\u10fc\u1d2c-\u1dbf\u2090-\u209c\u213b\u213c\u2150-\u2152\u2189\u2c7c\u2c7d\u2d6f\u321d\u321e\u3244-\u3247\u3250\u327c-\u327e\u32cc-\u32cf\u32ff\u3377-\u337a\u33de\u33df\u33ff\ua69c\ua69d\ua770\ua7f2-\ua7f9\uab5c-\uab69\ufa2e\ufa2f\ufa6b-\ufad9\ufe10-\ufe19\ufe47\ufe48\u{10781}-\u{107ba}\u{1d4c1}\u{1d6a4}\u{1d6a5}\u{1d7ca}\u{1d7cb}\u{1ee00}-\u{1fbf9}])/u;

const PROHIBITED =
  /[\x80-\xa0\u0340\u0341\u06dd\u070f\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2063\u206a-\u206f\u2ff0-\u2ffb\u3000\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\ufeff\ufff9-\uffff\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

const RIGHT_TO_LEFT =
  "\\u05be\\u05c0\\u05c3\\u05d0-\\u05ea\\u05f0-\\u05f4\\u061b\\u061f\\u0621-\\u063a\\u0640-\\u064a\\u066d-\\u066f\\u0671-\\u06d5\\u06dd\\u06e5\\u06e6\\u06fa-\\u06fe\\u0700-\\u070d\\u0710\\u0712-\\u072c\\u0780-\\u07a5\\u07b1\\u200f\\ufb1d\\ufb1f-\\ufb28\\ufb2a-\\ufb36\\ufb38-\\ufb3c\\ufb3e\\ufb40\\ufb41\\ufb43\\ufb44\\ufb46-\\ufbb1\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufd92-\\ufdc7\\ufdf0-\\ufdfc\\ufe70-\\ufe74\\ufe76-\\ufefc";
const HAS_RIGHT_TO_LEFT = new RegExp(`[${RIGHT_TO_LEFT}]`, "u");
const RIGHT_TO_LEFT_AT_ENDS = new RegExp(
  `^[${RIGHT_TO_LEFT}](?:.*[${RIGHT_TO_LEFT}])?$`,
  "su",
);
const LEFT_TO_RIGHT = new RegExp(`(?![${RIGHT_TO_LEFT}])[\\p{L}\\p{Mc}]`, "u");

function normalise(label: string): string {
  return label.split(AFTER_UNICODE_3_2)
    .map((part, index) => index % 2 === 1 ? part : part.normalize("NFKC")).join("");
}

/** Case folding. Of the characters whose folding differs from lower case, only `ß` can result in ASCII. */
function fold(label: string): string {
  return Array.from(label, (character) => character.toLowerCase()).join("").replaceAll("ß", "ss");
}

function prepareLabel(label: string): string | undefined {
  const mapped = fold(normalise(fold(label.replace(MAPPED_TO_NOTHING, ""))));
  const prepared = normalise(mapped);
  if (PROHIBITED.test(prepared)) return undefined;
  if (!HAS_RIGHT_TO_LEFT.test(prepared)) return prepared;
  const uniform = RIGHT_TO_LEFT_AT_ENDS.test(prepared) && !LEFT_TO_RIGHT.test(prepared);
  return uniform ? prepared : undefined;
}

function toAsciiLabel(label: string): string | undefined {
  const prepared = NON_ASCII.test(label) ? prepareLabel(label) : label;
  if (prepared === undefined || prepared.length > MAX_LABEL_POINTS) return undefined;
  if (NON_ASCII.test(prepared) && prepared.startsWith(ACE_PREFIX)) return undefined;
  const ascii = NON_ASCII.test(prepared) ? ACE_PREFIX + encodePunycode(prepared) : prepared;
  return ascii.length > 0 && ascii.length <= MAX_LABEL_LENGTH ? ascii : undefined;
}

/**
 * Encodes a host name in ASCII by IDNA 2003 (`xn--…` labels). A name in ASCII is returned unchanged and unchecked.
 *
 * @returns `undefined` when a label is empty, too long, has prohibited characters, or mixes right-to-left and
 * left-to-right letters
 */
export function toAsciiHost(host: string): string | undefined {
  if (!NON_ASCII.test(host)) return host;
  const labels: string[] = [];
  for (const label of host.split(DOTS)) {
    const ascii = toAsciiLabel(label);
    if (ascii === undefined) return undefined;
    labels.push(ascii);
  }
  return labels.join(".");
}
