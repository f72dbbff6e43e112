/** Built-ins that escape texts for HTML, addresses and programs. */
import { escapeAttribute } from "../html_text.ts";
import { type BuiltInEntry, ofText, textAt } from "./built_in.ts";
import { PiecedText } from "./values.ts";

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, "0");
}

const ESCAPED_CONTROLS: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\f", "\\f"],
  ["\b", "\\b"],
]);

type Language = "js" | "json";

/** Whether a `>` could end a comment or a CDATA section. */
function isDangerousEnd(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text.charAt(at - 1);
  if (before !== "]" && before !== "-") return false;
  return at === 1 || text.charAt(at - 2) === before;
}

function escapeCharacter(text: string, at: number, language: Language): string {
  const character = text.charAt(at);
  const isJson = language === "json";
  switch (character) {
    case '"':
    case "\\":
      return `\\${character}`;
    case "'":
      return isJson ? "'" : "\\'";
    case "/":
      return at === 0 || text.charAt(at - 1) === "<" ? "\\/" : "/";
    case ">":
      return !isDangerousEnd(text, at) ? ">" : isJson ? "\\u003E" : "\\>";
    case "<": {
      const next = text.charAt(at + 1);
      const isDangerous = at === text.length - 1 || next === "!" || next === "?";
      return !isDangerous ? "<" : isJson ? "\\u003C" : "\\x3C";
    }
  }
  const code = text.charCodeAt(at);
  const known = ESCAPED_CONTROLS.get(character);
  if (known !== undefined) return known;
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
    return isJson ? `\\u${hex(code, 4)}` : `\\x${hex(code, 2)}`;
  }
  return code === 0x2028 || code === 0x2029 ? `\\u${hex(code, 4)}` : character;
}

const SPECIAL = /["'\\/<>\p{Cc}\u2028\u2029]/gu;

function escapeFor(language: Language): BuiltInEntry {
  return ofText(
    [0, 0],
    "string",
    (text) => text.replace(SPECIAL, (_, at: number) => escapeCharacter(text, at, language)),
  );
}

function escapeJava(text: string): string {
  return text.replace(/["\\\p{Cc}]/gu, (character) => {
    if (character === '"' || character === "\\") return `\\${character}`;
    if (character.charCodeAt(0) >= 0x20) return character;
    return ESCAPED_CONTROLS.get(character) ?? `\\u${hex(character.charCodeAt(0), 4).toLowerCase()}`;
  });
}

/** Escapes markup, unless values are escaped where they are inserted. */
function markup(escape: (text: string) => string): BuiltInEntry {
  return ofText([0, 0], "string", (text, _none, { escapes, grow }) => {
    if (escapes) return text;
    grow(text.length);
    return escape(text);
  });
}

/** Escapes a text for XML: `&`, `<`, `>` and both quotes. */
export function escapeXml(text: string): string {
  return escapeAttribute(text).replaceAll("&#39;", "&apos;");
}

/** Escapes a text for RTF. */
export function escapeRtf(text: string): string {
  return text.replace(/[\\{}]/g, "\\$&");
}

function encoded(isPath: boolean): BuiltInEntry {
  return ofText([0, 1], "string", (text, parameters, context) => {
    const charset = textAt(parameters, 0, context);
    if (parameters.length > 0 && !isUtf8(charset)) return undefined;
    if (parameters.length === 0 && !context.settings.hasUrlCharset) return undefined;
    context.grow(text.length * 3);
    const address = encodeURIComponent(text.toWellFormed());
    return isPath ? address.replaceAll("%2F", "/") : address;
  });
}

/** Whether a character set is named UTF-8, in any case and with or without the hyphen. `?url` supports no other. */
export function isUtf8(charset: string | undefined): boolean {
  return /^utf-?8$/i.test(charset ?? "");
}

function ofMarkup(isEscaped: boolean): BuiltInEntry {
  return {
    parameters: [0, 0],
    apply: (value, _none, { textOf }) => {
      if (value instanceof PiecedText) return new PiecedText(value.pieces, true);
      const text = textOf(value);
      if (text === undefined) return undefined;
      // Only the author's text can be markup: a value stays a value.
      return isEscaped ? text : new PiecedText([{ text, isValue: true }], true);
    },
  };
}

/** The built-ins that escape a text: `?html`, `?xml`, `?rtf`, `?url`, `?js_string` and so on. */
export const ESCAPE_BUILT_INS = {
  html: markup(escapeAttribute),
  xhtml: markup(escapeAttribute),
  xml: markup(escapeXml),
  rtf: ofText([0, 0], "string", escapeRtf),
  url: encoded(false),
  url_path: encoded(true),
  js_string: escapeFor("js"),
  json_string: escapeFor("json"),
  j_string: ofText([0, 0], "string", escapeJava),
  esc: ofMarkup(true),
  no_esc: ofMarkup(false),
  markup_string: {
    parameters: [0, 0],
    gives: "string",
    apply: (value) => value instanceof PiecedText ? value.text : undefined,
  },
} as const satisfies Record<string, BuiltInEntry>;
