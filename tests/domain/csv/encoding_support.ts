/** Bytes of texts in other encodings than UTF-8. `TextEncoder` has UTF-8 only. */
import assert from "node:assert/strict";
import type { LegacyEncoding } from "../../../domain/csv/encoding.ts";

const HIGH = Uint8Array.from({ length: 128 }, (_, index) => index + 128);

/** The text in a one-byte encoding of Windows that is guessed. */
export const encode: (text: string, encoding: LegacyEncoding) => Uint8Array<ArrayBuffer> = encodeAs;

/** The text in any encoding that has one byte for a character, by its name. */
export function encodeAs(text: string, encoding: string): Uint8Array<ArrayBuffer> {
  const table = new TextDecoder(encoding).decode(HIGH);
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    const at = table.indexOf(character);
    assert.ok(code < 128 || at >= 0, `${character} is not in ${encoding}`);
    return code < 128 ? code : at + 128;
  });
}

/** The text in UTF-16, without a byte order mark of its own. */
export function utf16(text: string, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) {
    view.setUint16(at * 2, text.charCodeAt(at), littleEndian);
  }
  return new Uint8Array(view.buffer);
}

/** The text in UTF-8. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Texts and bytes, one after the other; texts are in UTF-8. */
export function concat(...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    parts.flatMap((part) => [...typeof part === "string" ? utf8(part) : part]),
  );
}
