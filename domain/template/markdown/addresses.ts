/**
 * Addresses of links: where a bare one ends, and how each part of an e-mail writes one, so that a reader's program opens
 * the address that the author wrote. Two addresses are the same when the URL parser of WHATWG makes the same of both.
 */
import { decodeAddress, escapeAttribute } from "../html_text.ts";
import { SPACE_CLASS } from "../../python_compat/text.ts";

const KNOWN_SCHEME = /^(?:https?|ftp|file|mailto|tel):/i;

/** Backslash escapes of markdown; `sanitise_content_for` writes them into values. */
const ESCAPES = /\\([\\`*{}[\]()#+\-.!_>~|]|&gt;)/g;
const ESCAPED_END = /(?:^|[^\\])(?:\\\\)*\\[\\`*{}[\]()#+\-.!_>~|]$/;

/** What ends an address wherever it stands: quotes but for apostrophes, and the names of quotes, dashes and spaces. */
const ENDS = /[«»“”„‟]|&(?:nbsp|[lr]?[sdb]quor?|[lr]aquo|[nm]dash|hellip|(?:en|em|thin)sp|zwn?j);/;
/** Punctuation that is no part of an address at its end. */
const TRAILING = new Set(
  "<.,:;!?'\"…»”’«“‘‚„‟‹›–—。．，、；：！？([{（「『【《",
);
/** Invisible marks, among them those of the writing direction. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;
const CLOSING = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
  ["）", "（"],
  ["」", "「"],
  ["』", "『"],
  ["】", "【"],
  ["》", "《"],
]);
/** Marks that may stand on both sides of an address: emphasis, code, and the bars of a table. */
const AROUND = new Set("*_~`|");
/** A character reference, whose semicolon is no punctuation. */
const REFERENCE_END = /&(?:amp|lt|gt|nbsp|quot|#[0-9]{1,6});$/;
const REFERENCE_LENGTH = 10;

/** What most addresses consist of: no character of any rule here. */
const CLEAR_RUN = /^[A-Za-z0-9._:/?#=%-]*[A-Za-z0-9/]$/;

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

/** Marks that end an address where their partner stands before it. */
const PAIRS = [["<", ">"], ["&lt;", "&gt;"], ['"', '"']] as const;

/** Where the address stops for a mark inside the run: a quote, or the end of `<https://…>` and `"https://…"`. */
function firstEnd(text: string, start: number, from: number, end: number): number {
  let first = end;
  for (const [open, close] of PAIRS) {
    if (!text.startsWith(open, start - open.length)) continue;
    const at = text.slice(from, first).indexOf(close);
    if (at !== -1) first = from + at;
  }
  // The search ends where the address does at the latest, so that many addresses in one run take linear time.
  const quote = text.slice(from, first).search(ENDS);
  return quote === -1 ? first : from + quote;
}

/**
 * Returns the index after a bare address in running text. Quotes and punctuation at the end are no part of it; a closing
 * bracket is one only where the address has its opening bracket; a mark of emphasis is none where the same stands before
 * the address. A mark with a backslash before it is part of the address.
 *
 * @param start where the address begins
 * @param from the index after `https://`, which is always part of the address
 * @param end the index of the next white space
 */
export function addressEnd(text: string, start: number, from: number, end: number): number {
  if (CLEAR_RUN.test(text.slice(from, end))) return end;
  let at = firstEnd(text, start, from, end);
  const before = text.charAt(start - 1);
  // A mark that begins a line is a bullet, and no longer in the text.
  const isPaired = (mark: string, end: number) =>
    mark === before || (mark === "*" && (start === 0 || text.charAt(end - 2) === "*"));
  let brackets: Map<string, number> | undefined;
  const unpaired = (close: string, open: string): boolean => {
    brackets ??= new Map();
    const run = text.slice(from, at);
    const extra = brackets.get(close) ?? count(run, close) - count(run, open);
    brackets.set(close, extra - 1);
    return extra > 0;
  };
  for (; at > from; at--) {
    const last = text.charAt(at - 1);
    const open = CLOSING.get(last);
    const isTrailing = open !== undefined
      ? unpaired(last, open)
      : TRAILING.has(last) || INVISIBLE.test(last) || (AROUND.has(last) && isPaired(last, at));
    if (!isTrailing) break;
    if (ESCAPED_END.test(text.slice(Math.max(from, at - REFERENCE_LENGTH), at))) break;
    if (last === ";" && REFERENCE_END.test(text.slice(Math.max(from, at - REFERENCE_LENGTH), at))) {
      break;
    }
  }
  return at;
}

/** Resolves the backslash escapes of markdown in an address. */
export function unescapeAddress(address: string): string {
  return address.includes("\\") ? address.replace(ESCAPES, "$1") : address;
}

/**
 * Returns the address that a link's target stands for: backslash escapes are resolved, and `&lt;` and `&gt;` around it
 * are removed.
 *
 * @param written the target as in the source, escaped for HTML
 */
export function toTarget(written: string): string {
  const [open, close] = ["&lt;", "&gt;"] as const;
  const isAngled = written.startsWith(open) &&
    written.indexOf(close) === written.length - close.length;
  return unescapeAddress(isAngled ? written.slice(open.length, -close.length) : written);
}

function withScheme(address: string): string {
  return KNOWN_SCHEME.test(address) ? address : `http://${address}`;
}

/** Whether the URL parser accepts an address, to which `http://` is added where it has no known scheme. */
export function isAddress(address: string): boolean {
  return URL.canParse(withScheme(address));
}

/** An address of characters that need neither percent-encoding nor a character reference. */
const PLAIN_ADDRESS = /^[A-Za-z0-9_.~:/?#=&;%-]*$/;
/** The same without references, which plain text has not. */
const CLEAR_ADDRESS = /^[A-Za-z0-9_.~:/?#=;%-]*$/;
/** What the URL parser leaves out. */
const LEFT_OUT = /[\t\n\r]+/g;
/** What the URL parser percent-encodes, in every part of an address but a host. */
const ENCODED = /[^!#-;=?-~]+/g;
/** The same without a blank, which stays one in a telephone number. */
const ENCODED_IN_OPAQUE = /[^ !#-;=?-~]+/g;
const OPAQUE = /^tel:/i;
/** Characters that GOV.UK Notify leaves as they are; it encodes all others. */
const ENCODED_BY_NOTIFY = /[^A-Za-z0-9_.~:/?#=&;%-]+/g;
/** Characters that only GOV.UK Notify encodes. */
const DIFFERING = /[!$'()*+,@[\]\\^`{|}<]/;
/** Matches an address whose host has letters outside ASCII. Such a host has an ASCII form too. */
export const FOREIGN_HOST = /^[a-z]+:\/\/[^/?#]*[^\0-\x7f]/i;
/** In plain text only what would end the address there is encoded, so that a person can read it. */
const ENDS_IN_TEXT = new RegExp(`["<>${SPACE_CLASS}]+`, "g");

function encodeByNotify(address: string): string {
  return address.toWellFormed().replace(
    ENCODED_BY_NOTIFY,
    (part) =>
      encodeURIComponent(part).replace(
        /[!'()*]/g,
        (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
  );
}

/**
 * Returns an address for an attribute in double quotes.
 *
 * An address without a known scheme is treated as a web address. Nothing is percent-encoded but what the URL parser
 * encodes as well; a host in other letters than Latin ones gets its ASCII form, which every mail program can open. Text
 * that is no address by the parser is encoded as GOV.UK Notify does.
 *
 * @param address escaped for HTML
 */
export function toHref(address: string): string {
  const whole = withScheme(address);
  if (PLAIN_ADDRESS.test(whole)) return whole;
  const isForeign = FOREIGN_HOST.test(whole);
  if (isForeign || DIFFERING.test(whole)) {
    const url = whole.includes("<") ? null : URL.parse(decodeAddress(whole));
    if (url === null) return encodeByNotify(whole);
    if (isForeign) return escapeAttribute(url.href);
  }
  return whole.trim().toWellFormed().replace(LEFT_OUT, "").replace(
    OPAQUE.test(whole) ? ENCODED_IN_OPAQUE : ENCODED,
    encodeURIComponent,
  );
}

/**
 * Returns a link's address for plain text: as written, but for white space, `"`, `<` and `>`, at which a mail program
 * would end it. Text without a known scheme is left as it is.
 *
 * @param address as in the source; it may hold character references
 */
export function toPlainAddress(address: string): string {
  if (CLEAR_ADDRESS.test(address)) return address;
  const decoded = decodeAddress(address);
  if (!KNOWN_SCHEME.test(decoded) || OPAQUE.test(decoded)) return decoded;
  return decoded.trim().toWellFormed().replace(LEFT_OUT, "").replace(
    ENDS_IN_TEXT,
    encodeURIComponent,
  );
}
