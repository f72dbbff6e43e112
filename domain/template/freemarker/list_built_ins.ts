/** Built-ins of lists and of objects with fields. */
import { type BuiltInContext, type BuiltInEntry, type Kind, textAt, wholeAt } from "./built_in.ts";
import { isSame, orderOf } from "./compare_values.ts";
import { isNumeric } from "./decimal.ts";
import { EmptyValue, isFields, MatchResult, Moment, PiecedText } from "./values.ts";

/**
 * Returns the items of a list: of a JSON array, of the empty default of `value!`, or of the matches of `?matches`.
 * `undefined` for other values.
 */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof EmptyValue) return [];
  return value instanceof MatchResult ? value.found : undefined;
}

function ofList(
  parameters: readonly [number, number],
  gives: Kind | undefined,
  apply: (
    items: readonly unknown[],
    parameters: readonly unknown[],
    context: BuiltInContext,
  ) => unknown,
): BuiltInEntry {
  return {
    parameters,
    on: ["list"],
    gives,
    apply: (value, given, context) => {
      const items = itemsOf(value);
      return items === undefined ? undefined : apply(items, given, context);
    },
  };
}

function joined(
  items: readonly unknown[],
  parameters: readonly unknown[],
  context: BuiltInContext,
): string | undefined {
  const separator = textAt(parameters, 0, context);
  const empty = parameters.length > 1 ? textAt(parameters, 1, context) : "";
  const after = parameters.length > 2 ? textAt(parameters, 2, context) : "";
  if (separator === undefined || empty === undefined || after === undefined) return undefined;
  const texts: string[] = [];
  let length = 0;
  for (const item of items) {
    if (item === null || item === undefined) continue;
    const text = context.textOf(item);
    if (text === undefined) return undefined;
    texts.push(text);
    length += text.length + separator.length;
  }
  context.grow(length);
  return texts.length === 0 ? empty : texts.join(separator) + after;
}

const COLLATORS = new Map<string, Intl.Collator>();

function collatorOf(locale: string): Intl.Collator {
  const known = COLLATORS.get(locale);
  if (known !== undefined) return known;
  const collator = new Intl.Collator(locale);
  COLLATORS.set(locale, collator);
  return collator;
}

type SortKind = "text" | "number" | "date" | "boolean";

function sortKind(value: unknown): SortKind | undefined {
  if (typeof value === "string" || value instanceof PiecedText) return "text";
  if (isNumeric(value)) return "number";
  if (value instanceof Moment) return "date";
  return typeof value === "boolean" ? "boolean" : undefined;
}

/** Sorts items by their keys, which must be of one kind. Equal items keep their order. */
function sorted(
  entries: readonly { readonly item: unknown; readonly key: unknown }[],
  { settings, spend, textOf }: BuiltInContext,
): readonly unknown[] | undefined {
  const kind = entries[0] === undefined ? "number" : sortKind(entries[0].key);
  if (kind === undefined || entries.some(({ key }) => sortKind(key) !== kind)) return undefined;
  spend(entries.length * Math.ceil(Math.log2(entries.length + 2)) * 10);
  const collator = collatorOf(settings.locale);
  const compare = (left: unknown, right: unknown): number => {
    if (kind === "text") return collator.compare(textOf(left) ?? "", textOf(right) ?? "");
    return kind === "boolean" ? Number(left) - Number(right) : orderOf(left, right) ?? 0;
  };
  return entries.toSorted((left, right) => compare(left.key, right.key)).map(({ item }) => item);
}

function keyAt(item: unknown, path: readonly unknown[]): unknown {
  let value = item;
  for (const name of path) {
    if (typeof name !== "string" || !isFields(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = value[name];
  }
  return value;
}

/** The place of a wanted item; -1 where it is not there. Items of other types are not equal. */
function placeOf(
  items: readonly unknown[],
  parameters: readonly unknown[],
  isLast: boolean,
): number | undefined {
  const [wanted] = parameters;
  const from = parameters.length > 1 ? wholeAt(parameters, 1) : isLast ? items.length - 1 : 0;
  if (from === undefined) return undefined;
  const step = isLast ? -1 : 1;
  const start = isLast ? Math.min(from, items.length - 1) : Math.max(0, from);
  for (let at = start; at >= 0 && at < items.length; at += step) {
    if (isSame(items[at], wanted) === true) return at;
  }
  return -1;
}

/** The least or greatest of numbers or dates; nulls do not count. */
function extreme(items: readonly unknown[], sign: 1 | -1): unknown {
  const [first, ...others] = items.filter((item) => item !== null && item !== undefined);
  let best = first;
  for (const item of others) {
    const order = orderOf(item, best);
    if (order === undefined) return undefined;
    if (order * sign > 0) best = item;
  }
  return best;
}

function chunks(
  items: readonly unknown[],
  parameters: readonly unknown[],
  context: BuiltInContext,
): readonly unknown[] | undefined {
  const size = wholeAt(parameters, 0);
  if (size === undefined || size < 1) return undefined;
  const out: unknown[][] = [];
  for (let at = 0; at < items.length; at += size) out.push(items.slice(at, at + size));
  const last = out.at(-1);
  if (parameters.length > 1 && last !== undefined) {
    context.grow(size);
    while (last.length < size) last.push(parameters[1]);
  }
  return out;
}

/** A test or conversion of an item, as a parameter. */
type Apply = (item: unknown) => unknown;

function isApply(value: unknown): value is Apply {
  return typeof value === "function";
}

/** A built-in whose parameter is applied to each item. */
function byItem(
  make: (items: readonly unknown[], apply: Apply) => readonly unknown[] | undefined,
): BuiltInEntry {
  return ofList(
    [1, 1],
    "list",
    (items, [apply]) => isApply(apply) ? make(items, apply) : undefined,
  );
}

/** The items for which a test holds; `undefined` where it gives anything but a boolean. */
function chosen(
  items: readonly unknown[],
  apply: Apply,
  choose: (holds: boolean, state: { hasFailed: boolean }) => boolean,
): readonly unknown[] | undefined {
  const out: unknown[] = [];
  const state = { hasFailed: false };
  for (const item of items) {
    const holds = apply(item);
    if (typeof holds !== "boolean") return undefined;
    if (choose(holds, state)) out.push(item);
  }
  return out;
}

function fieldsOf(gives: Kind, read: (fields: Readonly<Record<string, unknown>>) => unknown) {
  return {
    parameters: [0, 0],
    on: ["hash"],
    gives,
    apply: (value) => {
      if (value instanceof EmptyValue) return read({});
      return isFields(value) ? read(value) : undefined;
    },
  } as const satisfies BuiltInEntry;
}

/** The number of items or fields. */
const SIZE: BuiltInEntry = {
  parameters: [0, 0],
  on: ["list", "hash"],
  gives: "number",
  apply: (value) =>
    itemsOf(value)?.length ?? (isFields(value) ? Object.keys(value).length : undefined),
};

/** The built-ins of lists and of objects with fields, such as `?size`, `?sort` and `?keys`. */
export const LIST_BUILT_INS = {
  size: SIZE,
  keys: fieldsOf("list", Object.keys),
  values: fieldsOf("list", Object.values),
  join: ofList([1, 3], "string", joined),
  first: ofList([0, 0], undefined, (items) => items[0]),
  last: ofList([0, 0], undefined, (items) => items.at(-1)),
  reverse: ofList([0, 0], "list", (items) => items.toReversed()),
  sequence: ofList([0, 0], "list", (items) => items),
  sort: ofList(
    [0, 0],
    "list",
    (items, _none, context) => sorted(items.map((item) => ({ item, key: item })), context),
  ),
  sort_by: ofList([1, 1], "list", (items, [name], context) => {
    const path = Array.isArray(name) ? name : [name];
    return sorted(items.map((item) => ({ item, key: keyAt(item, path) })), context);
  }),
  seq_contains: ofList([1, 1], "boolean", (items, parameters) => {
    const place = placeOf(items, parameters, false);
    return place === undefined ? undefined : place !== -1;
  }),
  seq_index_of: ofList([1, 2], "number", (items, parameters) => placeOf(items, parameters, false)),
  seq_last_index_of: ofList([1, 2], "number", (items, given) => placeOf(items, given, true)),
  min: ofList([0, 0], undefined, (items) => extreme(items, -1)),
  max: ofList([0, 0], undefined, (items) => extreme(items, 1)),
  chunk: ofList([1, 2], "list", chunks),
  filter: byItem((items, apply) => chosen(items, apply, (holds) => holds)),
  take_while: byItem((items, apply) =>
    chosen(items, apply, (holds, state) => !(state.hasFailed ||= !holds))
  ),
  drop_while: byItem((items, apply) =>
    chosen(items, apply, (holds, state) => state.hasFailed ||= !holds)
  ),
  map: byItem((items, apply) => {
    const made = items.map(apply);
    return made.includes(undefined) ? undefined : made;
  }),
} as const satisfies Record<string, BuiltInEntry>;
