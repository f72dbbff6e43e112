/** Parses HTML into events, with character references decoded, in linear time. */
import { QuoteType, Tokenizer } from "htmlparser2";

/**
 * Callbacks for a document's tags and text, in order. Names are in lower case; texts and attribute values have their
 * character references decoded, and one text may come in several calls. Comments and declarations are skipped.
 */
export interface HtmlEvents {
  /** @param isSelfClosed whether the tag is written `<name/>`, which counts for SVG and MathML only */
  readonly open: (
    name: string,
    attributes: ReadonlyMap<string, string>,
    isSelfClosed: boolean,
  ) => void;
  readonly close: (name: string) => void;
  readonly text: (text: string) => void;
}

function nothing(): void {}

/** Parses HTML, valid or not, and calls `events` for its tags and text. An incomplete tag at the end is ignored. */
export function scanHtml(html: string, events: HtmlEvents): void {
  let tag = "";
  let attribute = "";
  let value = "";
  let attributes = new Map<string, string>();
  const opened = (isSelfClosed: boolean) => events.open(tag, attributes, isSelfClosed);
  const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: true }, {
    ontext: (start, end) => {
      // At the end, the tokenizer reports an incomplete `</a b` as text with a start before the document.
      if (start >= 0) events.text(html.slice(start, end));
    },
    ontextentity: (code) => events.text(String.fromCodePoint(code)),
    onopentagname: (start, end) => {
      tag = html.slice(start, end).toLowerCase();
      attributes = new Map();
    },
    onattribname: (start, end) => {
      attribute = html.slice(start, end).toLowerCase();
      value = "";
    },
    onattribdata: (start, end) => {
      value += html.slice(start, end);
    },
    onattribentity: (code) => {
      value += String.fromCodePoint(code);
    },
    onattribend: () => {
      // The first of duplicate attributes wins, as in a browser.
      if (!attributes.has(attribute)) attributes.set(attribute, value);
    },
    onopentagend: () => opened(false),
    onselfclosingtag: () => opened(true),
    onclosetag: (start, end) => events.close(html.slice(start, end).toLowerCase()),
    oncdata: nothing,
    oncomment: nothing,
    ondeclaration: nothing,
    onprocessinginstruction: nothing,
    onend: nothing,
  });
  tokenizer.write(html);
  tokenizer.end();
}

/**
 * A position for text in HTML: a text node, or a quoted attribute value. `start` and `end` are offsets in the source.
 */
export interface TextPlace {
  readonly start: number;
  readonly end: number;
  /** The attribute's name in lower case; `undefined` for a text node. */
  readonly attribute: string | undefined;
}

/** Elements whose content is not displayed text. */
const RAW = new Set(["script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"]);

/**
 * Calls `onPlace` for each position in HTML at which a value can be inserted as text, in order: text nodes and quoted
 * attribute values that are not empty. Scripts, styles and comments have none.
 */
export function findTextPlaces(html: string, onPlace: (place: TextPlace) => void): void {
  let attribute = "";
  let value: readonly [number, number] | undefined;
  let raw: string | undefined;
  // An incomplete tag at the end is not text, even where the tokenizer reports it.
  let isEnded = false;
  const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: false }, {
    ontext: (start, end) => {
      if (raw === undefined && !isEnded) onPlace({ start, end, attribute: undefined });
    },
    ontextentity: nothing,
    onopentagname: (start, end) => {
      const name = html.slice(start, end).toLowerCase();
      if (RAW.has(name)) raw = name;
    },
    onattribname: (start, end) => {
      attribute = html.slice(start, end).toLowerCase();
      value = undefined;
    },
    onattribdata: (start, end) => {
      value = [value?.[0] ?? start, end];
    },
    onattribentity: nothing,
    onattribend: (quote) => {
      const isQuoted = quote === QuoteType.Double || quote === QuoteType.Single;
      if (isQuoted && value !== undefined) {
        onPlace({ start: value[0], end: value[1], attribute });
      }
    },
    onopentagend: nothing,
    onselfclosingtag: nothing,
    onclosetag: (start, end) => {
      if (html.slice(start, end).toLowerCase() === raw) raw = undefined;
    },
    oncdata: nothing,
    oncomment: nothing,
    ondeclaration: nothing,
    onprocessinginstruction: nothing,
    onend: nothing,
  });
  tokenizer.write(html);
  isEnded = true;
  tokenizer.end();
}
