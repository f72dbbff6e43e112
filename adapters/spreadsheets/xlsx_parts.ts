/**
 * Reads the small parts of an Excel file: the workbook, shared strings and styles.
 *
 * Source: ECMA-376 part 1, sections 18.2 (workbook), 18.4 (shared strings), 18.8 (styles); part 2, section 9.3
 * (relationships).
 */
import { builtInFormat, type NumberKind, readFormat } from "./cell_text.ts";
import {
  SHEET_MAX_SHEETS,
  SHEET_MAX_STYLES,
  XLSX_MAX_FORMAT_CODE,
  XLSX_MAX_RELATIONSHIPS,
  XLSX_MAX_STRING_CHARACTERS,
  XLSX_MAX_STRINGS,
  XLSX_MAX_TARGET,
} from "./limits.ts";
import { SheetError } from "./sheet_error.ts";
import { readWholeXml, readXml } from "./xml.ts";
import type { Zip } from "./zip.ts";

/** The paths, in the ZIP file, of the parts that are needed to read the first visible sheet. */
export interface XlsxParts {
  readonly sheet: string;
  /** The shared strings, which cells refer to by index; `undefined` when the file has none. */
  readonly strings: string | undefined;
  /** The number formats of cells; `undefined` when the file has none. */
  readonly styles: string | undefined;
  /** Whether dates count days from 1904 instead of 1900. */
  readonly since1904: boolean;
}

interface Relationship {
  /** The last path segment of its type, such as `worksheet`. */
  readonly type: string;
  readonly target: string;
}

/** The types of the parts that are read. */
const READ_TYPES: ReadonlySet<string> = new Set([
  "officeDocument",
  "worksheet",
  "sharedStrings",
  "styles",
]);

/** Copies a text: a part of a string keeps the whole string in memory, here some 64 kB of XML. */
function copyText(text: string): string {
  return ` ${text}`.slice(1);
}

/** Resolves a target relative to the folder of its part, or to the root. */
function resolve(folder: string, target: string): string {
  const segments: string[] = [];
  const path = target.startsWith("/") ? target : `${folder}/${target}`;
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return segments.join("/");
}

async function readRelationships(
  zip: Zip,
  part: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Relationship>> {
  const slash = part.lastIndexOf("/");
  const folder = slash === -1 ? "" : part.slice(0, slash);
  const name = `${folder === "" ? "" : `${folder}/`}_rels/${part.slice(slash + 1)}.rels`;
  const relationships = new Map<string, Relationship>();
  let count = 0;
  if (!zip.has(name)) return relationships;
  await readWholeXml(zip, name, {
    open(element, { Id = "", Type = "", Target = "" }) {
      if (element !== "Relationship") return;
      // Counted, because relationships with the same id replace each other.
      if (++count > XLSX_MAX_RELATIONSHIPS) {
        throw new SheetError({
          kind: "too_many_relationships",
          maxRelationships: XLSX_MAX_RELATIONSHIPS,
        });
      }
      const type = Type.split("/").at(-1) ?? "";
      if (!READ_TYPES.has(type)) return;
      if (Id.length > XLSX_MAX_TARGET || Target.length > XLSX_MAX_TARGET) {
        throw new SheetError({ kind: "damaged" });
      }
      relationships.set(copyText(Id), { type, target: copyText(resolve(folder, Target)) });
    },
  }, signal);
  return relationships;
}

/** Returns the path, in the ZIP file, of an Excel file's workbook; `undefined` when the file is not an Excel file. */
export async function findWorkbook(zip: Zip, signal: AbortSignal): Promise<string | undefined> {
  if (!zip.has("[Content_Types].xml")) return undefined;
  const roots = [...(await readRelationships(zip, "", signal)).values()];
  const target = roots.find(({ type }) => type === "officeDocument")?.target ?? "xl/workbook.xml";
  return target.startsWith("xl/") && target.endsWith(".xml") && zip.has(target)
    ? target
    : undefined;
}

/**
 * Finds the first visible worksheet, and the parts that it needs.
 *
 * @param workbook the path from {@link findWorkbook}
 * @throws {SheetError} `no_sheet` when there is none, or another fault when the workbook is damaged or over a limit
 */
export async function findParts(
  zip: Zip,
  workbook: string,
  signal: AbortSignal,
): Promise<XlsxParts> {
  const relationships = await readRelationships(zip, workbook, signal);
  const sheets: string[] = [];
  let sheetCount = 0;
  let since1904 = false;
  await readWholeXml(zip, workbook, {
    open(element, { state = "visible", id = "", date1904 = "0" }) {
      if (element === "workbookPr") since1904 = date1904 === "1" || date1904 === "true";
      if (element !== "sheet") return;
      if (++sheetCount > SHEET_MAX_SHEETS) {
        throw new SheetError({ kind: "too_many_sheets", maxSheets: SHEET_MAX_SHEETS });
      }
      if (state === "visible") sheets.push(id);
    },
  }, signal);
  const targets = sheets.map((id) => relationships.get(id));
  const sheet = targets.find((target) => target?.type === "worksheet");
  if (sheet === undefined) throw new SheetError({ kind: "no_sheet" });
  const pathOf = (partType: string) => {
    const target = [...relationships.values()].find(({ type }) => type === partType)?.target;
    return target !== undefined && zip.has(target) ? target : undefined;
  };
  return {
    sheet: sheet.target,
    strings: pathOf("sharedStrings"),
    styles: pathOf("styles"),
    since1904,
  };
}

/** Decodes Excel's notation for characters that XML cannot contain, such as `_x000D_`. A NUL character is removed. */
export function unescapeText(text: string): string {
  if (!text.includes("_x")) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => {
    const unit = Number.parseInt(code, 16);
    return unit === 0 ? "" : String.fromCharCode(unit);
  });
}

/**
 * Reads the shared strings of an Excel file, in order: cells refer to them by index. Phonetic annotations are left out.
 *
 * @param part the path in the ZIP file
 * @throws {SheetError} when they are too many, too long together, or damaged
 */
export async function readStrings(
  zip: Zip,
  part: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const strings: string[] = [];
  let characters = 0;
  let text = "";
  let inText = false;
  let inPhonetics = false;
  const events = readXml(zip, part, {
    open(element) {
      if (element === "si") text = "";
      else if (element === "rPh") inPhonetics = true;
      else if (element === "t") inText = !inPhonetics;
    },
    close(element) {
      if (element === "t") inText = false;
      else if (element === "rPh") inPhonetics = false;
      else if (element === "si") strings.push(copyText(unescapeText(text)));
      if (strings.length > XLSX_MAX_STRINGS) throw new SheetError({ kind: "too_much_text" });
    },
    text(chunk) {
      if (!inText) return;
      text += chunk;
      characters += chunk.length;
      if (characters > XLSX_MAX_STRING_CHARACTERS) throw new SheetError({ kind: "too_much_text" });
    },
  }, signal);
  for await (const _ of events);
  return strings;
}

/**
 * Reads the cell styles of an Excel file: at the index of a style, how numbers of cells with that style are converted.
 */
export async function readStyles(
  zip: Zip,
  part: string,
  signal: AbortSignal,
): Promise<readonly NumberKind[]> {
  const codes = new Map<number, NumberKind>();
  const formats: NumberKind[] = [];
  let inCellFormats = false;
  let count = 0;
  const countFormat = () => {
    if (++count > SHEET_MAX_STYLES) {
      throw new SheetError({ kind: "too_many_styles", maxStyles: SHEET_MAX_STYLES });
    }
  };
  await readWholeXml(zip, part, {
    open(element, { numFmtId = "0", formatCode = "" }) {
      const id = Number(numFmtId);
      if (element === "cellXfs") inCellFormats = true;
      else if (element === "numFmt") {
        countFormat();
        if (formatCode.length > XLSX_MAX_FORMAT_CODE) throw new SheetError({ kind: "damaged" });
        codes.set(id, readFormat(formatCode));
      } else if (element === "xf" && inCellFormats) {
        countFormat();
        const format = codes.get(id) ?? builtInFormat(id);
        codes.set(id, format);
        formats.push(format);
      }
    },
    close(element) {
      if (element === "cellXfs") inCellFormats = false;
    },
  }, signal);
  return formats;
}
