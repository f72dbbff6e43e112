import { escapeAttribute } from "../html_text.ts";
import { toText } from "../../python_compat/text.ts";

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (not a list). */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether two strings, numbers or booleans are equal; `undefined` where their types differ, or they are of other types.
 */
export function isSame(left: unknown, right: unknown): boolean | undefined {
  const comparable = typeof left === typeof right && scalarText(left) !== undefined;
  return comparable ? left === right : undefined;
}

/**
 * The text of a string, a number (as Python writes it: `12`, `1.5`, `1e-05`) or a boolean (`true`, `false`);
 * `undefined` for other values.
 */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return toText(value);
  return typeof value === "boolean" ? String(value) : undefined;
}

/** How many characters or items an operation on the value has to read, as an estimate of its cost. */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (isFields(value)) return Object.keys(value).length;
  if (!Array.isArray(value)) return 1;
  return value.reduce((sum: number, item) => sum + (typeof item === "string" ? item.length : 1), 1);
}

/** What applying a built-in to a value costs, in the unit of the limit `MAX_WORK`. */
export function costOf(name: BuiltIn, value: unknown): number {
  const isCounted = name === "length" || (name === "size" && Array.isArray(value));
  return isCounted || name === "has_content" ? 1 : weightOf(value);
}

/** What the result of a built-in depends on, besides its value and parameters. */
export interface BuiltInContext {
  /** Whether values are escaped where they are inserted; `?html` then returns its value unchanged. */
  readonly escapes: boolean;
}

interface Entry {
  /** Minimum and maximum number of parameters. */
  readonly parameters: readonly [number, number];
  /** Returns `undefined` where the value or a parameter has the wrong type. */
  readonly apply: (
    value: unknown,
    parameters: readonly unknown[],
    context: BuiltInContext,
  ) => unknown;
}

function ofText(apply: (text: string, context: BuiltInContext) => unknown): Entry {
  return {
    parameters: [0, 0],
    apply: (value, _none, context) => typeof value === "string" ? apply(value, context) : undefined,
  };
}

function joined(value: unknown, parameters: readonly unknown[]): string | undefined {
  const [separator, empty = ""] = parameters;
  if (!Array.isArray(value) || typeof separator !== "string" || typeof empty !== "string") {
    return undefined;
  }
  const items = value.filter((item) => item !== null).map(scalarText);
  if (items.includes(undefined)) return undefined;
  return items.length === 0 ? empty : items.join(separator);
}

function asString(value: unknown, parameters: readonly unknown[]): string | undefined {
  if (parameters.length === 0) return scalarText(value);
  const [yes, no] = parameters;
  if (typeof value !== "boolean" || typeof yes !== "string" || typeof no !== "string") {
    return undefined;
  }
  return value ? yes : no;
}

/** Whether a value has content, by FreeMarker's `?has_content`: numbers and booleans always do. */
export function hasContent(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  if (!isFields(value)) return true;
  for (const name in value) if (Object.hasOwn(value, name)) return true;
  return false;
}

/** The built-ins that may follow a `?`. Each is a pure function of its value and parameters. */
const BUILT_INS = {
  html: ofText((text, { escapes }) => escapes ? text : escapeAttribute(text)),
  upper_case: ofText((text) => text.toUpperCase()),
  lower_case: ofText((text) => text.toLowerCase()),
  cap_first: ofText((text) => text.replace(/^\s*\S/u, (start) => start.toUpperCase())),
  trim: ofText((text) => text.trim()),
  length: ofText((text) => text.length),
  size: {
    parameters: [0, 0],
    apply: (value) =>
      Array.isArray(value) ? value.length : isFields(value) ? Object.keys(value).length : undefined,
  },
  join: { parameters: [1, 2], apply: joined },
  contains: {
    parameters: [1, 1],
    apply: (value, [part]) =>
      typeof value === "string" && typeof part === "string" ? value.includes(part) : undefined,
  },
  seq_contains: {
    parameters: [1, 1],
    apply: (value, [wanted]) =>
      Array.isArray(value) && scalarText(wanted) !== undefined
        ? value.some((item) => item === wanted)
        : undefined,
  },
  has_content: { parameters: [0, 0], apply: hasContent },
  string: { parameters: [0, 2], apply: asString },
  c: {
    parameters: [0, 0],
    apply: (value) => typeof value === "string" ? undefined : scalarText(value),
  },
} as const satisfies Record<string, Entry>;

/** The name of a supported FreeMarker built-in: the function `name` of `value?name` or `value?name(parameters)`. */
export type BuiltIn = keyof typeof BUILT_INS;

/** Whether a name is that of a supported built-in. */
export function isBuiltIn(name: string): name is BuiltIn {
  return Object.hasOwn(BUILT_INS, name);
}

/** Applies a built-in; `undefined` where the value or a parameter has the wrong type. */
export function applyBuiltIn(
  name: BuiltIn,
  value: unknown,
  parameters: readonly unknown[],
  context: BuiltInContext,
): unknown {
  const entry: Entry = BUILT_INS[name];
  return entry.apply(value, parameters, context);
}

/** Whether a built-in accepts this number of parameters. `?string` accepts none or two; formats are not supported. */
export function takesParameters(name: BuiltIn, count: number): boolean {
  const [least, most] = BUILT_INS[name].parameters;
  return count >= least && count <= most && !(name === "string" && count === 1);
}
