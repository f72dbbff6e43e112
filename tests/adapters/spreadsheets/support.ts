import { readSheet } from "../../../adapters/spreadsheets/read_sheet.ts";
import type { SheetHint } from "../../../domain/ports/read_sheet.ts";
import type { SheetFault } from "../../../domain/csv/faults.ts";

/** Bytes of a file. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The result of reading a file. */
export interface ReadFile {
  readonly rows: readonly (readonly string[])[];
  /** The rows' numbers. */
  readonly numbers: readonly number[];
  readonly fault: SheetFault | undefined;
  /** The columns with numbers shown by their formats, in the order in which the rows name them. */
  readonly formatted: readonly number[];
  /** Row, column and text of numbers that a recipient is read from. */
  readonly digits: readonly (readonly [row: number, column: number, text: string])[];
}

/** The bytes as an upload in chunks. */
export function upload(bytes: Uint8Array, pieceSize = 65_536): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + pieceSize));
      at += pieceSize;
    },
  });
}

/** Reads a file to its end. */
export async function readFile(
  file: Bytes | string,
  hint: SheetHint = {},
  pieceSize?: number,
): Promise<ReadFile> {
  const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
  const rows: (readonly string[])[] = [];
  const numbers: number[] = [];
  const formattedColumns: number[] = [];
  const digitsOfCells: (readonly [number, number, string])[] = [];
  let fault: SheetFault | undefined;
  const signal = new AbortController().signal;
  for await (const batch of readSheet(upload(bytes, pieceSize), hint, signal)) {
    if (batch.ok) {
      for (const { row, cells, formatted = [], digits = new Map() } of batch.value) {
        rows.push(cells);
        numbers.push(row);
        formattedColumns.push(...formatted);
        for (const [column, text] of digits) digitsOfCells.push([row, column, text]);
      }
    } else fault = batch.refusal;
  }
  return { rows, numbers, fault, formatted: formattedColumns, digits: digitsOfCells };
}

/** An entry of a ZIP file: its name and content. */
export type Part = readonly [name: string, content: string | Bytes];

const encoder = new TextEncoder();

async function deflate(bytes: Bytes): Promise<Bytes> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function header(length: number, fields: readonly (readonly [number, 2 | 4, number])[]): Bytes {
  const view = new DataView(new ArrayBuffer(length));
  for (const [at, size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
  return new Uint8Array(view.buffer);
}

/** Makes a ZIP file. Checksums are left out, because the readers under test do not verify them. */
export async function zip(
  parts: readonly Part[],
  options: { readonly flags?: number; readonly stored?: boolean } = {},
): Promise<Bytes> {
  const { flags = 0, stored = false } = options;
  const method = stored ? 0 : 8;
  const chunks: Bytes[] = [];
  const directory: Bytes[] = [];
  let offset = 0;
  for (const [name, content] of parts) {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    const packed = stored ? bytes : await deflate(bytes);
    const path = encoder.encode(name);
    const sizes = [packed.length, bytes.length] as const;
    const local = header(30, [
      [0, 4, 0x04034b50],
      [6, 2, flags],
      [8, 2, method],
      [18, 4, sizes[0]],
      [22, 4, sizes[1]],
      [26, 2, path.length],
    ]);
    chunks.push(local, path, packed);
    const central = header(46, [
      [0, 4, 0x02014b50],
      [8, 2, flags],
      [10, 2, method],
      [20, 4, sizes[0]],
      [24, 4, sizes[1]],
      [28, 2, path.length],
      [42, 4, offset],
    ]);
    directory.push(central, path);
    offset += local.length + path.length + packed.length;
  }
  const size = directory.reduce((sum, chunk) => sum + chunk.length, 0);
  const end = header(22, [
    [0, 4, 0x06054b50],
    [8, 2, parts.length],
    [10, 2, parts.length],
    [12, 4, size],
    [16, 4, offset],
  ]);
  return new Uint8Array(await new Blob([...chunks, ...directory, end]).arrayBuffer());
}

const XLSX_TYPES: Part = ["[Content_Types].xml", "<Types/>"];
const RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** The parts of an Excel file with this sheet data. */
export function xlsxParts(
  sheet: string,
  more: { readonly styles?: string; readonly strings?: string; readonly workbook?: string } = {},
): readonly Part[] {
  const workbook = more.workbook ??
    `<workbook xmlns:r="r"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`;
  return [
    XLSX_TYPES,
    [
      "_rels/.rels",
      `<R><Relationship Id="x" Type="${RELS}/officeDocument" Target="xl/workbook.xml"/></R>`,
    ],
    ["xl/workbook.xml", workbook],
    [
      "xl/_rels/workbook.xml.rels",
      `<R><Relationship Id="rId1" Type="${RELS}/worksheet" Target="worksheets/sheet1.xml"/>` +
      `<Relationship Id="rId2" Type="${RELS}/sharedStrings" Target="/xl/sharedStrings.xml"/>` +
      `<Relationship Id="rId3" Type="${RELS}/styles" Target="styles.xml"/>` +
      `<Relationship Id="rId4" Type="${RELS}/worksheet" Target="worksheets/sheet2.xml"/></R>`,
    ],
    ["xl/worksheets/sheet1.xml", `<worksheet>${sheet}</worksheet>`],
    [
      "xl/worksheets/sheet2.xml",
      `<worksheet><sheetData><row r="1"><c t="str"><v>second</v></c></row><row><c><v>2</v></c></row></sheetData></worksheet>`,
    ],
    ...more.strings === undefined
      ? []
      : [["xl/sharedStrings.xml", `<sst>${more.strings}</sst>`] as const],
    ...more.styles === undefined
      ? []
      : [["xl/styles.xml", `<styleSheet>${more.styles}</styleSheet>`] as const],
  ];
}

const ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet";

/** The parts of an OpenDocument file with these tables. */
export function odsParts(tables: string, styles = ""): readonly Part[] {
  return [
    ["mimetype", ODS_TYPE],
    [
      "content.xml",
      `<?xml version="1.0"?><office:document-content><office:automatic-styles>${styles}` +
      `</office:automatic-styles><office:body><office:spreadsheet>${tables}` +
      `</office:spreadsheet></office:body></office:document-content>`,
    ],
  ];
}
