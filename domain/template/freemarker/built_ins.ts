/** Every built-in that may follow a `?`. */
import type { BuiltInContext, BuiltInEntry, Kind } from "./built_in.ts";
import { isNumeric } from "./decimal.ts";
import { ESCAPE_BUILT_INS } from "./escape_built_ins.ts";
import { itemsOf, LIST_BUILT_INS } from "./list_built_ins.ts";
import { NUMBER_BUILT_INS } from "./number_built_ins.ts";
import { TEXT_BUILT_INS } from "./text_built_ins.ts";
import { TRUNCATE_BUILT_INS } from "./truncate.ts";
import { Callable, EmptyValue, isFields, Moment, PiecedText, weightOf } from "./values.ts";

/** Whether a value has content, by FreeMarker's `?has_content`: numbers and booleans always do. */
export function hasContent(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (value instanceof EmptyValue) return false;
  if (value instanceof PiecedText) return value.text !== "";
  const items = itemsOf(value);
  if (items !== undefined) return items.length > 0;
  if (!isFields(value)) return true;
  for (const name in value) if (Object.hasOwn(value, name)) return true;
  return false;
}

function test(holds: (value: unknown) => boolean): BuiltInEntry {
  return { parameters: [0, 0], gives: "boolean", apply: (value) => holds(value) };
}

/** Evaluated by the evaluator itself, which does not need all of their values. */
function special(parameters: readonly [number, number], gives?: Kind): BuiltInEntry {
  return { parameters, gives, apply: () => undefined };
}

const isText = (value: unknown) =>
  typeof value === "string" || value instanceof EmptyValue ||
  (value instanceof PiecedText && !value.isEscaped);
const isList = (value: unknown) => itemsOf(value) !== undefined;
const isHash = (value: unknown) => isFields(value) || value instanceof EmptyValue;
const isDate = (value: unknown) => value instanceof Moment;
const isDateOf = (kind: Moment["kind"]) => (value: unknown) =>
  value instanceof Moment && value.kind === kind;

const KIND_BUILT_INS = {
  is_string: test(isText),
  is_number: test(isNumeric),
  is_boolean: test((value) => typeof value === "boolean"),
  is_date: test(isDate),
  is_date_like: test(isDate),
  is_date_only: test(isDateOf("date")),
  is_time: test(isDateOf("time")),
  is_datetime: test(isDateOf("datetime")),
  is_unknown_date_like: test(() => false),
  is_sequence: test(isList),
  is_indexable: test(isList),
  is_enumerable: test(isList),
  is_collection: test(() => false),
  is_collection_ex: test(() => false),
  is_hash: test(isHash),
  is_hash_ex: test(isHash),
  is_markup_output: test((value) => value instanceof PiecedText && value.isEscaped),
  is_macro: test((value) => value instanceof Callable),
  is_directive: test((value) => value instanceof Callable),
  is_method: test(() => false),
  is_node: test(() => false),
  is_transform: test(() => false),
} as const satisfies Record<string, BuiltInEntry>;

/** Built-ins that do not need all of their values. */
const LAZY_BUILT_INS = {
  has_content: special([0, 0], "boolean"),
  then: special([2, 2]),
  switch: special([2, 100]),
  default: special([1, 10]),
  exists: special([0, 0], "boolean"),
  if_exists: special([0, 0]),
} as const satisfies Record<string, BuiltInEntry>;

const BUILT_INS = {
  ...TEXT_BUILT_INS,
  ...TRUNCATE_BUILT_INS,
  ...ESCAPE_BUILT_INS,
  ...NUMBER_BUILT_INS,
  ...LIST_BUILT_INS,
  ...KIND_BUILT_INS,
  ...LAZY_BUILT_INS,
} as const satisfies Record<string, BuiltInEntry>;

/** The name of a supported FreeMarker built-in: the function `name` of `value?name` or `value?name(parameters)`. */
export type BuiltIn = keyof typeof BUILT_INS;

const TESTS: ReadonlySet<BuiltIn> = new Set(["filter", "map", "take_while", "drop_while"]);
/** Built-ins that cost nothing by the size of their value. */
const CHEAP: ReadonlySet<BuiltIn> = new Set(["length", "size", "first", "last"]);

const FORMATTING = /^(?:string|c|date|time|datetime|iso.*)$/;
/** What reading or writing a date or number costs. */
const FORMAT_WORK = 300;

/** Whether a name is that of a supported built-in. */
export function isBuiltIn(name: string): name is BuiltIn {
  return Object.hasOwn(BUILT_INS, name);
}

/** Returns a built-in's number of parameters and kinds, which can be checked without values. */
export function builtInOf(name: BuiltIn): BuiltInEntry {
  return BUILT_INS[name];
}

/**
 * Returns the kinds of values that a built-in can be applied to; `undefined` for all.
 *
 * @param booleansHaveText whether the template sets a text for `true` and `false`: what takes any text takes them too
 */
export function kindsTakenBy(
  name: BuiltIn,
  booleansHaveText: boolean,
): readonly Kind[] | undefined {
  const { on }: BuiltInEntry = BUILT_INS[name];
  const takesTexts = on?.includes("string") && on.includes("number") && on.includes("date");
  return on !== undefined && booleansHaveText && takesTexts ? [...on, "boolean"] : on;
}

/** What applying a built-in to a value costs, in the unit of the limit `MAX_WORK`. */
export function costOf(name: BuiltIn, value: unknown): number {
  if (CHEAP.has(name)) return 1;
  return weightOf(value) + (FORMATTING.test(name) ? FORMAT_WORK : 0);
}

/** Applies a built-in; `undefined` where the value or a parameter has the wrong type. */
export function applyBuiltIn(
  name: BuiltIn,
  value: unknown,
  parameters: readonly unknown[],
  context: BuiltInContext,
): unknown {
  const entry: BuiltInEntry = BUILT_INS[name];
  return entry.apply(value, parameters, context);
}

/** Whether a built-in accepts this number of parameters. */
export function takesParameters(name: BuiltIn, count: number): boolean {
  const [least, most] = BUILT_INS[name].parameters;
  return count >= least && count <= most;
}

/** Whether a parameter of the built-in may be a function `x -> …`, as in `list?filter(x -> x > 1)`. */
export function takesTests(name: BuiltIn): boolean {
  return TESTS.has(name);
}
