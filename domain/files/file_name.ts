/** The names under which browsers save files. */
import type { DocumentId } from "../ids.ts";
import type { FileExtension } from "./file_types.ts";

/** Characters that some file system refuses, that reorder text, or that could end a header. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}"*/:<>?\\|]/gu;
/** Characters that are replaced by `_` in a plain `filename`. */
const PLAIN = /[^A-Za-z0-9 ._()-]/g;
/** Characters that `encodeURIComponent` keeps, but RFC 8187 does not allow unescaped. */
const NOT_ATTRIBUTE = /['()*]/g;
const MAX_BASE_LENGTH = 100;

/**
 * Makes a file name safe to save under: without a path, control characters, changes of text direction and leading dots,
 * and with the extension of its type. A long name is cut to 100 characters and its extension.
 *
 * @param name the sender's name for the file, or `null`
 * @param id replaces a name of which nothing remains
 */
export function toSafeFileName(name: string | null, id: DocumentId, type: FileExtension): string {
  const last = (name ?? "").toWellFormed().replaceAll("\ufffd", "_").split(/[/\\]/).at(-1) ?? "";
  const clean = last.replace(UNSAFE, "_").replace(/^[.\s]+|[.\s]+$/g, "");
  const dot = clean.lastIndexOf(".");
  const hasExtension = dot > 0 && clean.slice(dot + 1).toLowerCase() === type;
  const base = hasExtension ? clean.slice(0, dot) : clean.toLowerCase() === type ? "" : clean;
  const short = Array.from(base).slice(0, MAX_BASE_LENGTH).join("");
  return `${short === "" ? id : short}.${type}`;
}

/**
 * Returns the value of the header `Content-Disposition` that makes a browser save a file under this name (RFC 6266,
 * 8187).
 *
 * @param safeName as {@link toSafeFileName} returns it
 */
export function toContentDisposition(safeName: string): string {
  const plain = safeName.replace(PLAIN, "_");
  if (plain === safeName) return `attachment; filename="${plain}"`;
  const extended = encodeURIComponent(safeName).replace(
    NOT_ATTRIBUTE,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${extended}`;
}
