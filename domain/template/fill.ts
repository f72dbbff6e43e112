import { type Emit, expand } from "./freemarker/expand.ts";
import { escapeHtml } from "./html_text.ts";
import { normalisedName } from "./normalised_name.ts";
import type { Placeholder, Segment } from "./segments.ts";
import { toText } from "../python_compat/text.ts";

/** The values for a template's placeholders: any JSON values, by names compared without case, blanks, `_` and `-`. */
export type Personalisation = Readonly<Record<string, unknown>>;

/** Values by the key of their name; of names that compare equal the later wins. */
export type Values = ReadonlyMap<string, unknown>;

/** How values are put into text. */
export interface FillStyle {
  /** `true`: template and values are made fit for HTML, and the names of the values with them. */
  readonly escape: boolean;
  /** What a list becomes: a bullet list after a blank line, or `a, b and c`. */
  readonly lists: "bullets" | "sentence";
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

/** The values by their exact names, as FreeMarker and Diia know them. Names of objects' own inner workings are none. */
export function exactValues(personalisation: Personalisation): Values {
  return new Map(Object.entries(personalisation));
}

/** The values by key. `escape` must be that of the style that they are used with. */
export function keyValues(personalisation: Personalisation, escape: boolean): Values {
  const values = new Map<string, unknown>();
  for (const name of Object.keys(personalisation)) {
    values.set(normalisedName(escape ? escapeHtml(name) : name), personalisation[name]);
  }
  return values;
}

/** The values by key for text that is made fit for HTML; `plain` are those for text that is not. */
export function keyHtmlValues(personalisation: Personalisation, plain: Values): Values {
  // Hardly any name needs escaping: the keys are the same then.
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

/** A placeholder without a value, as it stands in the text; marked up where the text is HTML. */
function unfilled(placeholder: Placeholder, escape: boolean): string {
  const { name, conditionalText } = placeholder;
  if (conditionalText === undefined) {
    return escape ? `<span class='placeholder'>&#40;&#40;${name}&#41;&#41;</span>` : `((${name}))`;
  }
  return escape
    ? `<span class='placeholder-conditional'>&#40;&#40;${name}??</span>${conditionalText}&#41;&#41;`
    : `((${name}??${conditionalText}))`;
}

function fillPlaceholder(placeholder: Placeholder, values: Values, style: FillStyle): string {
  const value = values.get(placeholder.key);
  if (value === null || value === undefined) return unfilled(placeholder, style.escape);
  const raw = Array.isArray(value) ? listText(value, style) : toText(value);
  const text = style.escape ? escapeHtml(raw) : raw;
  if (placeholder.conditionalText === undefined) return text;
  return SHOWING.has(text.toLowerCase()) ? placeholder.conditionalText : "";
}

/** Says what a template with its values is made of: first to last, the author's text and the values apart. */
export function emitFilled(
  segments: readonly Segment[],
  values: Values,
  style: FillStyle,
  emit: Emit,
): void {
  const isPlain = segments.every((part) => typeof part === "string" || part.kind === "placeholder");
  if (!isPlain) return expand(segments, values, style.escape, emit);
  for (const segment of segments) {
    if (typeof segment === "string") emit(segment, false);
    else if (segment.kind === "placeholder") {
      const text = fillPlaceholder(segment, values, style);
      // An optional part is the author's.
      const isAuthors = segment.conditionalText !== undefined && text === segment.conditionalText;
      emit(text, !isAuthors);
    }
  }
}

/**
 * The text with its values. A value is put in once: brackets inside it are not looked at.
 *
 * @throws {TemplateStopped} where loops and values go past a limit; see `filledSize`
 */
export function fill(segments: readonly Segment[], values: Values, style: FillStyle): string {
  let out = "";
  for (const segment of segments) {
    if (typeof segment === "string") out += segment;
    else if (segment.kind === "placeholder") out += fillPlaceholder(segment, values, style);
    else return expanded(segments, values, style);
  }
  return out;
}

function expanded(segments: readonly Segment[], values: Values, style: FillStyle): string {
  let out = "";
  expand(segments, values, style.escape, (text) => out += text);
  return out;
}
