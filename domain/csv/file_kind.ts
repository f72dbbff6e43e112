/** Detects the kind of an uploaded file by its first bytes. Names and content types are often wrong. */
import type { SheetFault } from "./faults.ts";
import { findUtf16 } from "./encoding.ts";

/** How many of a file's first bytes decide its kind. */
export const FILE_KIND_SAMPLE = 1_024;

/** How to read a file: as CSV (`text`), or as an XLSX or ODS spreadsheet (`zip`); or why it is refused. */
export type FileKind =
  | { readonly kind: "text" }
  | { readonly kind: "zip" }
  | { readonly kind: "refused"; readonly fault: SheetFault };

interface Signature {
  readonly starts: readonly number[];
  readonly is: FileKind;
}

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));

const SIGNATURES: readonly Signature[] = [
  { starts: [...ascii("PK"), 3, 4], is: { kind: "zip" } },
  { starts: [...ascii("PK"), 5, 6], is: { kind: "zip" } },
  { starts: ascii("%PDF-"), is: { kind: "refused", fault: { kind: "pdf" } } },
  {
    starts: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
    is: { kind: "refused", fault: { kind: "old_excel" } },
  },
];

const WEB_PAGE = /^(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)*<(?:!doctype\s+html|html[\s>])/i;
const XML = /^<(?:\?xml\s|!doctype\s)/i;

function textStart(bytes: Uint8Array): string {
  const decoded = new TextDecoder(findUtf16(bytes) ?? "utf-8").decode(bytes);
  return decoded.replace(/^[\ufeff\s]+/, "");
}

/** Detects the kind of a file by its first {@link FILE_KIND_SAMPLE} bytes. The default is text. */
export function findFileKind(bytes: Uint8Array): FileKind {
  const signature = SIGNATURES.find(({ starts }) => starts.every((byte, at) => bytes[at] === byte));
  if (signature !== undefined) return signature.is;
  const start = textStart(bytes);
  if (WEB_PAGE.test(start)) return { kind: "refused", fault: { kind: "web_page" } };
  if (XML.test(start)) return { kind: "refused", fault: { kind: "xml" } };
  return { kind: "text" };
}
