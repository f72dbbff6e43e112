/** Parses the XML parts of a spreadsheet as events. Names come without prefixes. Only XML's own entities are decoded. */
import { Parser } from "htmlparser2";
import { SheetError } from "./sheet_error.ts";
import type { Zip } from "./zip.ts";

/** Attributes by name without prefix. */
export type Attributes = Readonly<Record<string, string>>;

/** Handles the events. */
export interface XmlHandler {
  open(name: string, attributes: Attributes): void;
  close?(name: string): void;
  text?(text: string): void;
}

/** The deepest nesting of elements. */
const MAX_DEPTH = 100;

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function localAttributes(attributes: Readonly<Record<string, string>>): Attributes {
  const local: Record<string, string> = {};
  for (const name in attributes) local[localName(name)] = attributes[name] ?? "";
  return local;
}

/**
 * Parses a part of a spreadsheet. It yields after each inflated chunk, so that the caller can take the rows collected so
 * far.
 *
 * @throws {SheetError} when the part is missing or not XML
 */
export async function* readXml(
  zip: Zip,
  part: string,
  handler: XmlHandler,
  signal: AbortSignal,
): AsyncGenerator<void> {
  let depth = 0;
  let seen = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      seen = true;
      if (++depth > MAX_DEPTH) throw new SheetError({ kind: "damaged" });
      handler.open(localName(name), localAttributes(attributes));
    },
    onclosetag(name) {
      depth--;
      handler.close?.(localName(name));
    },
    ontext: (text) => handler.text?.(text),
  }, { xmlMode: true, decodeEntities: true });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array<ArrayBuffer>) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new SheetError({ kind: "damaged" });
    }
  };
  for await (const chunk of zip.open(part, signal)) {
    parser.write(decode(chunk));
    yield;
  }
  parser.end(decode());
  if (!seen) throw new SheetError({ kind: "damaged" });
  yield;
}

/** Parses a small part to its end. */
export async function readWholeXml(
  zip: Zip,
  part: string,
  handler: XmlHandler,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of readXml(zip, part, handler, signal));
}
