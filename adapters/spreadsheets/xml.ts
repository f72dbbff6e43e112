/**
 * Parses the XML parts of a spreadsheet as events. Names come without prefixes. Only XML's own entities are decoded.
 */
import { Parser } from "htmlparser2";
import {
  XML_MAX_ATTRIBUTES,
  XML_MAX_DEPTH,
  XML_MAX_ELEMENTS,
  XML_MAX_SMALL_ELEMENTS,
  XML_MAX_TOKEN,
} from "./limits.ts";
import { startPace } from "./pace.ts";
import { SheetError } from "./sheet_error.ts";
import type { Zip } from "./zip.ts";

/** The attributes of an XML element: value by name, without the namespace prefix. */
export type Attributes = Readonly<Record<string, string>>;

/**
 * Handles the events of the parser: the start of an element, its end, and text. Names come without the namespace
 * prefix; a long text may come in several events.
 */
export interface XmlHandler {
  open(name: string, attributes: Attributes): void;
  close?(name: string): void;
  text?(text: string): void;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function localAttributes(attributes: Readonly<Record<string, string>>): Attributes {
  const local: Record<string, string> = {};
  for (const name in attributes) local[localName(name)] = attributes[name] ?? "";
  return local;
}

/** A parser that refuses what would take too long or too much memory. */
function createParser(handler: XmlHandler, maxElements: number) {
  let depth = 0;
  let elements = 0;
  let attributeCount = 0;
  /** Characters since the last event: what the parser may have buffered. */
  let pending = 0;
  const tooComplex = () => new SheetError({ kind: "too_complex" });
  const parser = new Parser({
    onattribute() {
      pending = 0;
      if (++attributeCount > XML_MAX_ATTRIBUTES) throw tooComplex();
    },
    onopentag(name, attributes) {
      pending = 0;
      attributeCount = 0;
      if (++elements > maxElements) throw tooComplex();
      if (++depth > XML_MAX_DEPTH) throw new SheetError({ kind: "damaged" });
      handler.open(localName(name), localAttributes(attributes));
    },
    onclosetag(name) {
      pending = 0;
      depth--;
      handler.close?.(localName(name));
    },
    ontext(text) {
      pending = 0;
      handler.text?.(text);
    },
    oncomment() {
      pending = 0;
    },
    onprocessinginstruction() {
      pending = 0;
    },
  }, { xmlMode: true, decodeEntities: true });
  return {
    write(text: string) {
      pending += text.length;
      parser.write(text);
      if (pending > XML_MAX_TOKEN) throw tooComplex();
    },
    end(text: string) {
      parser.end(text);
      if (elements === 0) throw new SheetError({ kind: "damaged" });
    },
  };
}

/**
 * Parses an XML part of a spreadsheet, and calls `handler` for its events. The generator yields after each inflated
 * chunk, so that the caller can take the rows that the handler has collected; it also yields to the event loop after
 * each time slice.
 *
 * @param part the path in the ZIP file
 * @param maxElements the most elements; the default is that of a part with cells
 * @throws {SheetError} when the part is missing, not XML or over a limit
 * @throws the signal's reason
 */
export async function* readXml(
  zip: Zip,
  part: string,
  handler: XmlHandler,
  signal: AbortSignal,
  maxElements = XML_MAX_ELEMENTS,
): AsyncGenerator<void> {
  const parser = createParser(handler, maxElements);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array<ArrayBuffer>) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new SheetError({ kind: "damaged" });
    }
  };
  const pace = startPace();
  for await (const chunk of zip.open(part, signal)) {
    parser.write(decode(chunk));
    yield;
    await pace(signal);
  }
  parser.end(decode());
  yield;
}

/**
 * Parses a whole XML part of a spreadsheet, and calls `handler` for its events, as {@link readXml} does. For small
 * parts: one of more than {@link XML_MAX_SMALL_ELEMENTS} elements is refused.
 *
 * @throws {SheetError} when the part is missing, not XML or over a limit
 * @throws the signal's reason
 */
export async function readWholeXml(
  zip: Zip,
  part: string,
  handler: XmlHandler,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of readXml(zip, part, handler, signal, XML_MAX_SMALL_ELEMENTS));
}
