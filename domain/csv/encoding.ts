/** Detects the encoding of a text file by its first bytes. */

/** The encodings that files of recipients may have, as `TextDecoder` names them. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1251" | "windows-1252";

/** How many bytes, from the first non-ASCII byte on, the encoding is detected by. */
export const ENCODING_SAMPLE = 65_536;

/** Text is UTF-16 only if at least one in this many pairs of bytes has a zero byte. */
const UTF16_SHARE = 8;

/** The bytes of windows-1251 below 0xC0 that are letters: Ґ ґ Є є І і Ї ї Ё ё. */
const UKRAINIAN_BYTES: ReadonlySet<number> = new Set(
  [0xa5, 0xb4, 0xaa, 0xba, 0xb2, 0xb3, 0xaf, 0xbf, 0xa8, 0xb8],
);

/** The number of bytes at the end of `bytes` that begin an incomplete UTF-8 character. */
export function incompleteUtf8Length(bytes: Uint8Array): number {
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
 * @param whole whether `bytes` is the whole text. If not, an incomplete character at the end is allowed. If so, it is
 * allowed only after other non-ASCII characters, which show that UTF-8 was meant: the decoder then refuses the file.
 */
function isUtf8(bytes: Uint8Array, whole: boolean): boolean {
  const complete = bytes.subarray(0, bytes.length - incompleteUtf8Length(bytes));
  if (whole && complete.length < bytes.length && !complete.some((byte) => byte >= 0x80)) {
    return false;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(complete);
    return true;
  } catch {
    return false;
  }
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

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/**
 * Decides between the two single-byte encodings.
 *
 * In Cyrillic text, all letters of a word are above 0xBF, so such bytes are adjacent. In Latin text, they stand among
 * ASCII letters. The more frequent case decides; Latin is the default.
 */
function findSingleByte(bytes: Uint8Array): "windows-1251" | "windows-1252" {
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
 * Detects the encoding of a text that is not UTF-16 and has non-ASCII bytes: UTF-8 if the bytes are valid, otherwise
 * windows-1251 for Cyrillic letters, and windows-1252.
 *
 * @param whole whether `bytes` is the whole text
 */
export function findEncoding(
  bytes: Uint8Array,
  whole: boolean,
): Exclude<TextEncoding, "utf-16le" | "utf-16be"> {
  return isUtf8(bytes, whole) ? "utf-8" : findSingleByte(bytes);
}
