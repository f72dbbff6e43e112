/** Decodes base64 (not base64url), also with blanks or without padding; `undefined` when the text is not valid. */
export function parseBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
