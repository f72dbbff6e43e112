/** The encodings of text files, and how UTF-16 and byte order marks are detected. */

/**
 * The name of a text encoding, as `TextDecoder` reports it: `utf-8`, `windows-1251` and so on, in lower case. Make one
 * with {@link parseEncoding}.
 */
export type TextEncoding = string;

/** The encodings that a file without a byte order mark is read by, when it is neither UTF-8 nor UTF-16. */
export type LegacyEncoding = "windows-1250" | "windows-1251" | "windows-1252";

/** Text is UTF-16 only if at least one in this many pairs of bytes has a zero byte. */
const UTF16_SHARE = 8;

/** The byte order marks with the encodings that they decide. */
const MARKS: readonly (readonly [encoding: TextEncoding, bytes: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * Returns the name of the encoding with a label of the WHATWG Encoding Standard, such as `UTF-8`, `cp1251` or `latin1`;
 * `undefined` when `TextDecoder` knows no such label.
 */
export function parseEncoding(label: string): TextEncoding | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

/** Writes the name of an encoding for people: `UTF-8`, `Windows-1251`. */
export function encodingWords(encoding: TextEncoding): string {
  return encoding.startsWith("windows-")
    ? `W${encoding.slice(1)}`
    : encoding.toUpperCase().replace(/^(UTF-16)[LB]E$/, "$1");
}

/** Returns the encoding that a byte order mark at the start of a file decides; `undefined` without one. */
export function findMark(bytes: Uint8Array): TextEncoding | undefined {
  return MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0];
}

/**
 * Detects UTF-16 by its byte order mark, or by its zero bytes: headers, digits and line ends are ASCII, so there are
 * many zero bytes, all at odd places (little endian) or all at even places (big endian).
 *
 * @returns `undefined` for bytes that are probably not UTF-16
 */
export function findUtf16(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  let even = 0;
  let odd = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  const enough = Math.max(even, odd) * UTF16_SHARE * 2 >= bytes.length;
  if (!enough || Math.min(even, odd) > 0) return undefined;
  return odd > 0 ? "utf-16le" : even > 0 ? "utf-16be" : undefined;
}
