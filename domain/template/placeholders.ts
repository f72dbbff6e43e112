import { insensitiveKey } from "./insensitive_key.ts";

/** A place in a template where a value goes. */
export interface Placeholder {
  readonly name: string;
  /** The name in the form in which it is compared. */
  readonly key: string;
  /** For `((name??text))` the text that the value shows or hides; `undefined` for a plain one. */
  readonly conditionalText: string | undefined;
}

/** A template's text cut at its placeholders. */
export type Segment = string | Placeholder;

const PLACEHOLDER = /\(\(([^()]+)\)\)/g;
const CONDITION = "??";

function toPlaceholder(body: string): Placeholder {
  const cut = body.indexOf(CONDITION);
  const name = cut === -1 ? body : body.slice(0, cut);
  return {
    name,
    key: insensitiveKey(name),
    conditionalText: cut === -1 ? undefined : body.slice(cut + CONDITION.length),
  };
}

/**
 * Cuts text at its placeholders: two brackets, one or more characters other than brackets, two brackets. Further brackets
 * outside stay text. (facts/notify.md 4.1)
 */
export function parseSegments(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > from) segments.push(text.slice(from, match.index));
    segments.push(toPlaceholder(match[1] ?? ""));
    from = match.index + match[0].length;
  }
  if (from < text.length) segments.push(text.slice(from));
  return segments;
}

/** The names in order of first use, each once (names that compare equal are one), in their first spelling. */
export function placeholderNames(...fields: readonly (readonly Segment[])[]): readonly string[] {
  const names = new Map<string, string>();
  for (const segments of fields) {
    for (const segment of segments) {
      if (typeof segment !== "string" && !names.has(segment.key)) {
        names.set(segment.key, segment.name);
      }
    }
  }
  return [...names.values()];
}
