/** In which encoding the text of a file is, by its first bytes. No I/O and no clock. */

/** An encoding that files of recipients come in, by the name that `TextDecoder` knows. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1251" | "windows-1252";

/** How many bytes are looked at. */
export const ENCODING_SAMPLE = 65_536;

/** Fewer pairs than one in so many with a zero byte are not UTF-16. */
const UTF16_SHARE = 8;

/** The bytes of windows-1251 beyond 0xC0 that are letters: Ґ ґ Є є І і Ї ї Ё ё. */
const UKRAINIAN_BYTES: ReadonlySet<number> = new Set(
  [0xa5, 0xb4, 0xaa, 0xba, 0xb2, 0xb3, 0xaf, 0xbf, 0xa8, 0xb8],
);

/** How many bytes at the end of `bytes` are the beginning of a character whose rest is to come, in UTF-8. */
export function unfinishedUtf8(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/**
 * Whether the bytes are UTF-8.
 *
 * @param whole whether they are all. A character that is cut off at their end is no fault otherwise, and even then none
 * where other characters show that it was meant to be UTF-8: better refused than read as something else.
 */
export function isUtf8(bytes: Uint8Array, whole: boolean): boolean {
  const sound = bytes.subarray(0, bytes.length - unfinishedUtf8(bytes));
  if (whole && sound.length < bytes.length && !sound.some((byte) => byte >= 0x80)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(sound);
    return true;
  } catch {
    return false;
  }
}

/**
 * UTF-16 by its mark; without one by its zero bytes, for names of columns, digits and line ends are ASCII: many of them,
 * and all at the odd places (little endian) or at the even ones.
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

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/**
 * Which of the two one-byte encodings the bytes are in.
 *
 * In Cyrillic all letters of a word are above 0xBF, and so stand beside one another; in a Latin text each stands among
 * letters of ASCII. Whichever happens more often decides, and the Latin one where there is neither.
 */
export function findSingleByte(bytes: Uint8Array): "windows-1251" | "windows-1252" {
  const isHigh = (byte: number) => byte >= 0xc0 || UKRAINIAN_BYTES.has(byte);
  let cyrillic = 0;
  let latin = 0;
  for (let at = 1; at < bytes.length; at++) {
    const before = bytes[at - 1] ?? 0;
    const byte = bytes[at] ?? 0;
    if (isHigh(before) && isHigh(byte)) cyrillic++;
    else if (
      (isHigh(before) && isAsciiLetter(byte)) || (isAsciiLetter(before) && isHigh(byte))
    ) latin++;
  }
  return cyrillic > latin ? "windows-1251" : "windows-1252";
}

/**
 * The encoding of a text that is not UTF-16 and has bytes outside ASCII.
 *
 * @param whole whether `bytes` is all of it
 */
export function findEncoding(
  bytes: Uint8Array,
  whole: boolean,
): Exclude<TextEncoding, "utf-16le" | "utf-16be"> {
  return isUtf8(bytes, whole) ? "utf-8" : findSingleByte(bytes);
}
