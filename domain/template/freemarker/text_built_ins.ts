/** Built-ins of texts that cut, join, search and pad. */
import { type BuiltInContext, type BuiltInEntry, ofText, textAt, wholeAt } from "./built_in.ts";
import { parseNumeric } from "./decimal.ts";
import { findAll, findMatch, groupText, type Places, toProgram } from "./regex.ts";
import { MatchResult } from "./values.ts";

/** Removes white space and control characters at both ends, as the platform's `trim` does. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

function withFirst(text: string, change: (character: string) => string): string {
  return text.replace(/^\s*\S/u, change);
}

function capitalize(text: string): string {
  return text.replace(
    /[^ \t\r\n]+/g,
    (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
  );
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly places?: Places;
}

/** Finds a plain text or, with the flag `r`, a regular expression. `undefined` for an expression that is not valid. */
function findParts(
  text: string,
  wanted: string,
  flags: string,
  { spend }: BuiltInContext,
): readonly Found[] | undefined {
  if (flags.includes("r")) {
    const program = toProgram(wanted, flags);
    if (program === undefined) return undefined;
    const all = findAll(program, text, spend);
    return all.map((places) => ({ start: places[0] ?? 0, end: places[1] ?? 0, places }));
  }
  const isLoose = flags.includes("i");
  const [where, what] = isLoose ? [text.toLowerCase(), wanted.toLowerCase()] : [text, wanted];
  const found: Found[] = [];
  if (what === "") {
    for (let at = 0; at <= text.length; at++) found.push({ start: at, end: at });
    return found;
  }
  for (let at = where.indexOf(what); at !== -1; at = where.indexOf(what, at + what.length)) {
    found.push({ start: at, end: at + what.length });
  }
  return found;
}

/** The replacement of a match: with `r`, `$1` is its first group. `undefined` for a group that there is not. */
function replacementOf(text: string, by: string, { places }: Found): string | undefined {
  if (places === undefined) return by;
  let isValid = true;
  const made = by.replace(/\\(.)|\$(\d)/gs, (_, escaped: string | undefined, group: string) => {
    if (escaped !== undefined) return escaped;
    if (Number(group) * 2 >= places.length) isValid = false;
    return groupText(text, places, Number(group));
  });
  return isValid ? made : undefined;
}

function replaced(
  text: string,
  parameters: readonly unknown[],
  context: BuiltInContext,
): string | undefined {
  const [wanted, by] = [textAt(parameters, 0, context), textAt(parameters, 1, context)];
  const flags = textAt(parameters, 2, context) ?? "";
  if (wanted === undefined || by === undefined) return undefined;
  const all = findParts(text, wanted, flags, context);
  if (all === undefined) return undefined;
  const parts = flags.includes("f") ? all.slice(0, 1) : all;
  context.grow(text.length + parts.length * by.length);
  let out = "";
  let from = 0;
  for (const part of parts) {
    const replacement = replacementOf(text, by, part);
    if (replacement === undefined) return undefined;
    out += text.slice(from, part.start) + replacement;
    from = part.end;
    if (out.length > text.length) context.grow(out.length - text.length);
  }
  return out + text.slice(from);
}

function split(
  text: string,
  parameters: readonly unknown[],
  context: BuiltInContext,
): readonly string[] | undefined {
  const wanted = textAt(parameters, 0, context);
  if (wanted === undefined) return undefined;
  const flags = textAt(parameters, 1, context) ?? "";
  if (wanted === "" && !flags.includes("r")) {
    context.grow(text.length);
    return text.split("");
  }
  const parts = findParts(text, wanted, flags, context);
  if (parts === undefined) return undefined;
  const out: string[] = [];
  let from = 0;
  for (const { start, end } of parts) {
    // An empty match at the start adds no empty text.
    if (end === start && (start === 0 || start === text.length)) continue;
    out.push(text.slice(from, start));
    from = end;
  }
  out.push(text.slice(from));
  // A regular expression leaves no empty texts at the end.
  while (flags.includes("r") && out.length > 1 && out.at(-1) === "") out.pop();
  return out;
}

/** The part of a text before or after the first or last place of another text. */
function kept(isBefore: boolean, isLast: boolean): BuiltInEntry {
  return ofText([1, 2], "string", (text, parameters, context) => {
    const wanted = textAt(parameters, 0, context);
    const flags = textAt(parameters, 1, context) ?? "";
    if (wanted === undefined) return undefined;
    const parts = findParts(text, wanted, flags, context);
    const part = isLast ? parts?.at(-1) : parts?.[0];
    if (parts === undefined) return undefined;
    if (part === undefined) return isBefore ? text : "";
    return isBefore ? text.slice(0, part.start) : text.slice(part.end);
  });
}

function padded(isLeft: boolean): BuiltInEntry {
  return ofText([1, 2], "string", (text, parameters, context) => {
    const length = wholeAt(parameters, 0);
    const filling = parameters.length > 1 ? textAt(parameters, 1, context) : " ";
    if (length === undefined || filling === undefined || filling === "") return undefined;
    if (length <= text.length) return text;
    context.grow(length);
    if (isLeft) return text.padStart(length, filling);
    // On the right the filling goes on as if it had begun at the start of the text.
    const whole = filling.repeat(Math.ceil(length / filling.length));
    return text + whole.slice(text.length, length);
  });
}

function search(
  test: (text: string, part: string) => unknown,
  gives: "boolean" | "number",
): BuiltInEntry {
  return ofText([1, 1], gives, (text, parameters, context) => {
    const part = textAt(parameters, 0, context);
    return part === undefined ? undefined : test(text, part);
  });
}

function indexOf(isLast: boolean): BuiltInEntry {
  return ofText([1, 2], "number", (text, parameters, context) => {
    const part = textAt(parameters, 0, context);
    const from = parameters.length > 1 ? wholeAt(parameters, 1) : isLast ? Infinity : 0;
    if (part === undefined || from === undefined) return undefined;
    if (isLast) return from < 0 ? -1 : text.lastIndexOf(part, from);
    return text.indexOf(part, from);
  });
}

function substring(text: string, parameters: readonly unknown[]): string | undefined {
  const from = wholeAt(parameters, 0);
  const to = parameters.length > 1 ? wholeAt(parameters, 1) : text.length;
  if (from === undefined || to === undefined || from < 0 || to > text.length || from > to) {
    return undefined;
  }
  return text.slice(from, to);
}

/** Adds or removes a text at the start or the end. */
function atEdge(isStart: boolean, adds: boolean): BuiltInEntry {
  return ofText([1, adds && isStart ? 3 : 1], "string", (text, parameters, context) => {
    const edge = textAt(parameters, 0, context);
    if (edge === undefined) return undefined;
    const added = textAt(parameters, 1, context);
    if (added !== undefined) {
      const flags = textAt(parameters, 2, context) ?? "r";
      const found = findParts(text, edge, flags.includes("r") ? flags : `${flags}r`, context);
      if (found === undefined) return undefined;
      return found[0]?.start === 0 ? text : added + text;
    }
    const has = isStart ? text.startsWith(edge) : text.endsWith(edge);
    if (adds) return has ? text : isStart ? edge + text : text + edge;
    if (!has) return text;
    return isStart ? text.slice(edge.length) : text.slice(0, text.length - edge.length);
  });
}

function matches(
  text: string,
  parameters: readonly unknown[],
  context: BuiltInContext,
): MatchResult | undefined {
  const wanted = textAt(parameters, 0, context);
  const program = wanted === undefined
    ? undefined
    : toProgram(wanted, textAt(parameters, 1, context) ?? "");
  if (program === undefined) return undefined;
  const whole = findMatch(program, text, 0, true, context.spend);
  const found = findAll(program, text, context.spend);
  const groupsOf = (places: Places) =>
    Array.from({ length: places.length / 2 }, (_, group) => groupText(text, places, group));
  const first = whole ?? found[0];
  return new MatchResult(
    whole !== undefined,
    found.map((places) => groupText(text, places, 0)),
    first === undefined ? [] : groupsOf(first),
  );
}

/** The built-ins that are applied to a text, such as `?upper_case`, `?replace` and `?split`. */
export const TEXT_BUILT_INS = {
  upper_case: ofText([0, 0], "string", (text) => text.toUpperCase()),
  lower_case: ofText([0, 0], "string", (text) => text.toLowerCase()),
  cap_first: ofText([0, 0], "string", (text) => withFirst(text, (one) => one.toUpperCase())),
  uncap_first: ofText([0, 0], "string", (text) => withFirst(text, (one) => one.toLowerCase())),
  capitalize: ofText([0, 0], "string", capitalize),
  trim: ofText([0, 0], "string", trimmed),
  length: ofText([0, 0], "number", (text) => text.length),
  chop_linebreak: ofText([0, 0], "string", (text) => text.replace(/(?:\r\n|\r|\n)$/, "")),
  word_list: ofText([0, 0], "list", (text) => trimmed(text).split(/\s+/).filter(Boolean)),
  contains: search((text, part) => text.includes(part), "boolean"),
  starts_with: search((text, part) => text.startsWith(part), "boolean"),
  ends_with: search((text, part) => text.endsWith(part), "boolean"),
  index_of: indexOf(false),
  last_index_of: indexOf(true),
  substring: ofText([1, 2], "string", substring),
  replace: ofText([2, 3], "string", replaced),
  split: ofText([1, 2], "list", split),
  keep_before: kept(true, false),
  keep_before_last: kept(true, true),
  keep_after: kept(false, false),
  keep_after_last: kept(false, true),
  remove_beginning: atEdge(true, false),
  remove_ending: atEdge(false, false),
  ensure_starts_with: atEdge(true, true),
  ensure_ends_with: atEdge(false, true),
  left_pad: padded(true),
  right_pad: padded(false),
  matches: ofText([1, 2], undefined, matches),
  groups: {
    parameters: [0, 0],
    gives: "list",
    apply: (value) => value instanceof MatchResult ? value.groups : undefined,
  },
  number: ofText([0, 0], "number", (text) => parseNumeric(text)),
  boolean: {
    ...ofText(
      [0, 0],
      "boolean",
      (text) => text === "true" ? true : text === "false" ? false : undefined,
    ),
    // No other kind has such a text.
    on: ["string"],
  },
} as const satisfies Record<string, BuiltInEntry>;
