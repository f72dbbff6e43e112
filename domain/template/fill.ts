import type { TemplateEngine } from "./engine.ts";
import type { Emit } from "./freemarker/expand.ts";
import { escapeHtml } from "./html_text.ts";
import { addressValue, endsInAddress } from "./markdown/address_values.ts";
import { normalisedName } from "./normalised_name.ts";
import type { Placeholder, Segment } from "./segments.ts";
import { toText } from "../python_compat/text.ts";

/**
 * Values for a template's placeholders: any JSON values by name. Case, spaces, `_` and `-` in names are ignored, except
 * in FreeMarker and Diia templates, whose names are exact.
 */
export type Personalisation = Readonly<Record<string, unknown>>;

/**
 * Values by the form in which a template compares names: for `((name))` placeholders in lower case, without spaces, `_`
 * and `-`; for FreeMarker and Diia exactly as written. Where two names have the same form, the later value wins.
 */
export type Values = ReadonlyMap<string, unknown>;

/** How values are inserted into text. */
export interface FillStyle {
  /**
   * Whether the values of `((name))` placeholders are escaped for HTML. The template's text must be escaped already,
   * with the names in it. In FreeMarker it only turns `?html` off, because the caller escapes all values itself.
   */
  readonly escape: boolean;
  /** How a value that is a list is written: as a markdown bullet list after a blank line, or as `a, b and c`. */
  readonly lists: "bullets" | "sentence";
  /** The placeholders that may continue an address; markdown then reads their values as part of it (`addressValue`). */
  readonly inAddress?: ReadonlySet<Placeholder>;
  /** The template's {@link TemplateEngine}; needed where segments are not text and `((name))` only. */
  readonly engine: TemplateEngine | undefined;
}

const SHOWING = new Set(["yes", "y", "true", "t", "1", "include", "show"]);
const INVISIBLE = /[\u180e\u200b-\u200d\u2060\ufeff\u2028\u2029\u00a0\u202f]/g;
const ASCII_SPACE = new Set([" ", "\t", "\n", "\r", "\v", "\f"]);

function trimAscii(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ASCII_SPACE.has(text.charAt(start))) start++;
  while (end > start && ASCII_SPACE.has(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The values by exact name, for FreeMarker and Diia. Only own properties count, so `constructor` has no value. */
export function exactValues(personalisation: Personalisation): Values {
  return new Map(Object.entries(personalisation));
}

/**
 * The values by normalised name, for `((name))` placeholders.
 *
 * @param escape whether the names are escaped for HTML first, as those of the placeholders then are: equal to the
 * `escape` of the style that the values are used with
 */
export function keyValues(personalisation: Personalisation, escape: boolean): Values {
  const values = new Map<string, unknown>();
  for (const name of Object.keys(personalisation)) {
    values.set(normalisedName(escape ? escapeHtml(name) : name), personalisation[name]);
  }
  return values;
}

/**
 * The values by normalised name, for `((name))` placeholders in text that is escaped for HTML: the names are escaped
 * too.
 *
 * @param plain the values without `escape`, which are returned when no name needs escaping
 */
export function keyHtmlValues(personalisation: Personalisation, plain: Values): Values {
  // Few names need escaping; without any, both maps are equal.
  return Object.keys(personalisation).some((name) => escapeHtml(name) !== name)
    ? keyValues(personalisation, true)
    : plain;
}

function listText(list: readonly unknown[], style: FillStyle): string {
  const items: string[] = [];
  for (const value of list) {
    if (value === null || value === undefined) continue;
    const item = trimAscii(toText(value).replace(INVISIBLE, ""));
    if (item !== "") items.push(item);
  }
  const last = items.at(-1);
  if (last === undefined) return "";
  if (style.lists === "bullets") return "\n\n" + items.map((item) => `* ${item}`).join("\n");
  return items.length === 1 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}

/** A placeholder without a value, as the author wrote it; with markup where the text is HTML. */
function unfilled(placeholder: Placeholder, escape: boolean): string {
  const { name, conditionalText } = placeholder;
  if (conditionalText === undefined) {
    return escape ? `<span class='placeholder'>&#40;&#40;${name}&#41;&#41;</span>` : `((${name}))`;
  }
  return escape
    ? `<span class='placeholder-conditional'>&#40;&#40;${name}??</span>${conditionalText}&#41;&#41;`
    : `((${name}??${conditionalText}))`;
}

/** @param before the filled text before the placeholder */
function fillPlaceholder(
  placeholder: Placeholder,
  values: Values,
  style: FillStyle,
  before: string,
): string {
  const value = values.get(placeholder.key);
  if (value === null || value === undefined) return unfilled(placeholder, style.escape);
  const raw = Array.isArray(value) ? listText(value, style) : toText(value);
  const inAddress = style.inAddress?.has(placeholder) === true && endsInAddress(before);
  const text = style.escape ? escapeHtml(raw, inAddress) : raw;
  if (placeholder.conditionalText === undefined) return inAddress ? addressValue(text) : text;
  return SHOWING.has(text.toLowerCase()) ? placeholder.conditionalText : "";
}

/**
 * Passes a filled template to `emit` piece by piece, in order. The author's text and the values are separate pieces, so
 * that the caller can treat them differently.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function emitFilled(
  segments: readonly Segment[],
  values: Values,
  style: FillStyle,
  emit: Emit,
): void {
  const isPlain = segments.every((part) => typeof part === "string" || part.kind === "placeholder");
  if (!isPlain) return engineOf(style).expand(segments, values, style.escape, emit);
  for (const segment of segments) {
    if (typeof segment === "string") emit(segment, false);
    else if (segment.kind === "placeholder") {
      const text = fillPlaceholder(segment, values, style, "");
      // Conditional text is the author's.
      const isAuthors = segment.conditionalText !== undefined && text === segment.conditionalText;
      emit(text, !isAuthors);
    }
  }
}

/**
 * Returns the text of parsed segments with its values. A placeholder without a value keeps its written form, and
 * placeholders inside a value are not filled.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function fill(segments: readonly Segment[], values: Values, style: FillStyle): string {
  let out = "";
  for (const segment of segments) {
    if (typeof segment === "string") out += segment;
    else if (segment.kind === "placeholder") {
      out += fillPlaceholder(segment, values, style, out);
    } else return expanded(segments, values, style);
  }
  return out;
}

function engineOf({ engine }: FillStyle): TemplateEngine {
  if (engine === undefined) throw new Error("These segments need the engine of their template");
  return engine;
}

function expanded(segments: readonly Segment[], values: Values, style: FillStyle): string {
  let out = "";
  engineOf(style).expand(segments, values, style.escape, (text) => out += text);
  return out;
}
