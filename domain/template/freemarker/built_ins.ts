import { escapeAttribute } from "../html_text.ts";
import { toText } from "../../python_compat/text.ts";

/** A value that has fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value has fields of its own: a JSON object, no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two values are the same; `undefined` where they are not of one kind. */
export function isSame(left: unknown, right: unknown): boolean | undefined {
  const comparable = typeof left === typeof right && scalarText(left) !== undefined;
  return comparable ? left === right : undefined;
}

/** What a text, number or boolean is written as: plain digits, `true` and `false`; `undefined` for all else. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return toText(value);
  return typeof value === "boolean" ? String(value) : undefined;
}

/** Characters or items that have to be looked at to use a value. */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (isFields(value)) return Object.keys(value).length;
  if (!Array.isArray(value)) return 1;
  return value.reduce((sum: number, item) => sum + (typeof item === "string" ? item.length : 1), 1);
}

/** What it costs to apply a built-in. */
export function costOf(name: BuiltIn, value: unknown): number {
  const isCounted = name === "length" || (name === "size" && Array.isArray(value));
  return isCounted || name === "has_content" ? 1 : weightOf(value);
}

/** What a built-in is given beside its value. */
export interface BuiltInContext {
  /** The values are escaped where they are put in, so `?html` has nothing to do. */
  readonly escapes: boolean;
}

interface Entry {
  /** The fewest and the most parameters. */
  readonly parameters: readonly [number, number];
  /** `undefined`: the value or a parameter is not of the kind that this takes. */
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

/** Whether there is anything to show: as FreeMarker has it, numbers and booleans always are. */
export function hasContent(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  if (!isFields(value)) return true;
  for (const name in value) if (Object.hasOwn(value, name)) return true;
  return false;
}

/** What may follow a `?`. None of them runs code, reads a clock or knows of anything but the value. */
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

/** Names a built-in. */
export type BuiltIn = keyof typeof BUILT_INS;

/** Whether a name is a built-in's. */
export function isBuiltIn(name: string): name is BuiltIn {
  return Object.hasOwn(BUILT_INS, name);
}

/** Applies a built-in; `undefined` where the value or a parameter is not of its kind. */
export function applyBuiltIn(
  name: BuiltIn,
  value: unknown,
  parameters: readonly unknown[],
  context: BuiltInContext,
): unknown {
  const entry: Entry = BUILT_INS[name];
  return entry.apply(value, parameters, context);
}

/** Whether a built-in takes so many parameters. `?string` takes none or two: it knows no formats. */
export function takesParameters(name: BuiltIn, count: number): boolean {
  const [least, most] = BUILT_INS[name].parameters;
  return count >= least && count <= most && !(name === "string" && count === 1);
}
