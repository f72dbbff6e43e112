/** Reads HTML as events, with character references decoded, in time linear in its length. */
import { QuoteType, Tokenizer } from "htmlparser2";

/** Is told of what stands in a document, first to last. Names are in lower case. Comments and declarations are passed over. */
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

/** Reads HTML of any quality. A tag that is not complete at the end is none. */
export function scanHtml(html: string, events: HtmlEvents): void {
  let tag = "";
  let attribute = "";
  let value = "";
  let attributes = new Map<string, string>();
  const opened = (isSelfClosed: boolean) => events.open(tag, attributes, isSelfClosed);
  const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: true }, {
    ontext: (start, end) => {
      // The tokenizer hands over what the end cuts off of `</a b` as text that begins before the document.
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
      // Of attributes with one name the first counts, as in a browser.
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

/** A place in HTML where text may stand: running text, or an attribute's value in quotes. Offsets are of the source. */
export interface TextPlace {
  readonly start: number;
  readonly end: number;
  /** The attribute's name in lower case; `undefined` for running text. */
  readonly attribute: string | undefined;
}

/** Elements whose content is no text to a reader. */
const RAW = new Set(["script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"]);

/** The places of a document where text may stand, first to last; scripts, styles and comments are none. */
export function findTextPlaces(html: string, onPlace: (place: TextPlace) => void): void {
  let attribute = "";
  let value: readonly [number, number] | undefined;
  let raw: string | undefined;
  // What the end of the document cuts off is no text, even where the tokenizer hands it over.
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
