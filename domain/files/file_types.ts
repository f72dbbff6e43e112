/** The types of file that may be sent, and the detection of the type of a file without a name. */
import { parseJson } from "../json/parse_json.ts";

interface FileType {
  /** The content type that the file is served with. */
  readonly mime: string;
  /** The name for people. */
  readonly label: string;
}

/** Every type by its extension, in the order in which GOV.UK Notify lists them. */
export const FILE_TYPES = {
  csv: { mime: "text/csv", label: "CSV file" },
  doc: { mime: "application/msword", label: "Microsoft Word document" },
  docx: {
    mime: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    label: "Microsoft Word document",
  },
  jpeg: { mime: "image/jpeg", label: "JPEG image" },
  jpg: { mime: "image/jpeg", label: "JPEG image" },
  json: { mime: "application/json", label: "JSON file" },
  odt: { mime: "application/vnd.oasis.opendocument.text", label: "OpenDocument text" },
  pdf: { mime: "application/pdf", label: "PDF" },
  png: { mime: "image/png", label: "PNG image" },
  rtf: { mime: "text/rtf", label: "Rich text file" },
  txt: { mime: "text/plain", label: "Text file" },
  xlsx: {
    mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    label: "Microsoft Excel spreadsheet",
  },
} as const satisfies Record<string, FileType>;

/** A type of file that may be sent, by its extension. */
export type FileExtension = keyof typeof FILE_TYPES;

/** The extensions in GOV.UK Notify's order. */
export const FILE_EXTENSIONS = Object.keys(FILE_TYPES) as readonly FileExtension[];

/** Parses an extension without its dot, in upper or lower case; `undefined` when such files may not be sent. */
export function toFileExtension(extension: string): FileExtension | undefined {
  const lower = extension.toLowerCase();
  return FILE_EXTENSIONS.find((candidate) => candidate === lower);
}

/** The detected type of a file: one that may be sent, or the MIME type of another. */
export type SniffedType =
  | { readonly extension: FileExtension }
  | { readonly extension: undefined; readonly mime: string };

interface Signature {
  readonly bytes: readonly number[];
  readonly is: (bytes: Uint8Array) => SniffedType;
}

const allowed = (extension: FileExtension) => () => ({ extension });
const refused = (mime: string) => () => ({ extension: undefined, mime });

/** The first bytes of each type. */
const SIGNATURES: readonly Signature[] = [
  { bytes: ascii("%PDF-"), is: allowed("pdf") },
  { bytes: [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a], is: allowed("png") },
  { bytes: [0xff, 0xd8, 0xff], is: allowed("jpg") },
  { bytes: ascii("{\\rtf"), is: allowed("rtf") },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], is: sniffCompound },
  { bytes: [...ascii("PK"), 3, 4], is: sniffZip },
  { bytes: ascii("MZ"), is: refused("application/x-dosexec") },
  { bytes: [0x7f, ...ascii("ELF")], is: refused("application/x-executable") },
  { bytes: ascii("GIF8"), is: refused("image/gif") },
  { bytes: [0x1f, 0x8b], is: refused("application/gzip") },
  { bytes: ascii("#!"), is: refused("text/x-shellscript") },
  { bytes: [0xff, 0xfe], is: allowed("txt") },
  { bytes: [0xfe, 0xff], is: allowed("txt") },
];

/** Text that a browser would render or run as a document. */
const MARKUP: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(?:!doctype\s+html|html|head|body|script)\b/i, "text/html"],
  [/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)?<svg\b/i, "image/svg+xml"],
  [/^\s*<\?xml\b/i, "text/xml"],
];
/** How many bytes of a text are searched for {@link MARKUP}. */
const HEAD_BYTES = 1024;

/**
 * Detects the type of a file without a name by its content. Text is `json` when it can be parsed as such, and otherwise
 * `txt`; unknown binary content is `application/octet-stream`.
 */
export function sniffFileType(bytes: Uint8Array): SniffedType {
  const signature = SIGNATURES.find((candidate) => startsWith(bytes, candidate.bytes));
  if (signature !== undefined) return signature.is(bytes);
  return isText(bytes)
    ? sniffText(bytes)
    : { extension: undefined, mime: "application/octet-stream" };
}

function sniffText(bytes: Uint8Array): SniffedType {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES));
  const markup = MARKUP.find(([pattern]) => pattern.test(head));
  if (markup !== undefined) return { extension: undefined, mime: markup[1] };
  return { extension: /^\s*[[{]/.test(head) && isJson(bytes) ? "json" : "txt" };
}

function isJson(bytes: Uint8Array): boolean {
  return parseJson(new TextDecoder().decode(bytes)) !== undefined;
}

/** Older Office documents share one container format; a Word document has a stream with this name. */
function sniffCompound(bytes: Uint8Array): SniffedType {
  const stream = [...ascii("WordDocument")].flatMap((byte) => [byte, 0]);
  return includes(bytes, stream)
    ? { extension: "doc" }
    : { extension: undefined, mime: "application/x-ole-storage" };
}

/** The type of a ZIP archive depends on its entries. */
function sniffZip(bytes: Uint8Array): SniffedType {
  if (startsWith(bytes.subarray(30), ascii(`mimetype${FILE_TYPES.odt.mime}`))) {
    return { extension: "odt" };
  }
  if (includes(bytes, ascii("[Content_Types].xml"))) {
    if (includes(bytes, ascii("word/document.xml"))) return { extension: "docx" };
    if (includes(bytes, ascii("xl/workbook.xml"))) return { extension: "xlsx" };
  }
  return { extension: undefined, mime: "application/zip" };
}

/** Whether all bytes can be text, in any encoding that extends ASCII. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) =>
    byte >= 0x20 ? byte !== 0x7f : (byte >= 0x07 && byte <= 0x0d) || byte === 0x1b
  );
}

function startsWith(bytes: Uint8Array, expected: ArrayLike<number>): boolean {
  return matchesAt(bytes, 0, expected);
}

function matchesAt(bytes: Uint8Array, at: number, expected: ArrayLike<number>): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}

function includes(bytes: Uint8Array, expected: readonly number[]): boolean {
  const first = expected[0] ?? 0;
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (matchesAt(bytes, at, expected)) return true;
  }
  return false;
}

function ascii(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
