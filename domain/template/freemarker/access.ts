/** Reads parts of values: fields, items and ranges. */
import { isNumeric, toNumber } from "./decimal.ts";
import { itemsOf } from "./list_built_ins.ts";
import { EmptyValue, isFields, OpenRange, PiecedText } from "./values.ts";

/**
 * Returns an object's own field. `undefined` for a missing or inherited field, and for a value that is not an object.
 */
export function fieldOf(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function textIn(value: unknown): string | undefined {
  if (value instanceof PiecedText) return value.text;
  return typeof value === "string" ? value : undefined;
}

/**
 * Returns the item of a list, or the UTF-16 unit of a text, at an index from 0; `undefined` beyond the end and for
 * other values.
 */
export function itemAt(value: unknown, index: number): unknown {
  const items = itemsOf(value);
  if (items !== undefined) return items[index];
  const character = textIn(value)?.charAt(index);
  return character === "" ? undefined : character;
}

/**
 * Returns what `value[key]` reads: an item by a number, which is cut to a whole one, or a field by its name.
 * `undefined` where there is none, and for a key of another type.
 */
export function keyOf(value: unknown, key: unknown): unknown {
  if (isNumeric(key)) return itemAt(value, Math.trunc(toNumber(key)));
  const name = textIn(key);
  if (name === undefined) return undefined;
  return value instanceof EmptyValue ? undefined : fieldOf(value, name);
}

/** The numbers of a range such as `1..3`, which are computed before it selects a part of a list or text. */
export interface Bounds {
  readonly from: number;
  /**
   * By `by`: the last index (`..`), the index after the last (`..<`), or the number of items (`..*`). `undefined` for a
   * range up to the end.
   */
  readonly to: number | undefined;
  readonly by: ".." | "..<" | "..*";
}

/** How many places a range has, and in which direction; `undefined` up to the end. */
function extent(
  { from, to, by }: Bounds,
): { readonly size: number; readonly step: 1 | -1 } | undefined {
  if (to === undefined) return undefined;
  if (by === "..*") return { size: Math.abs(to), step: to < 0 ? -1 : 1 };
  const step = to < from ? -1 : 1;
  return { size: Math.abs(to - from) + (by === ".." ? 1 : 0), step };
}

/**
 * Returns the numbers of a range as an array, or an `OpenRange` for a range without an end.
 *
 * @param grow called with the array's length before it is made; throws when the length exceeds the message's limits
 */
export function rangeOf(bounds: Bounds, grow: (length: number) => void): unknown {
  const found = extent(bounds);
  if (found === undefined) return new OpenRange(bounds.from);
  grow(found.size);
  return Array.from({ length: found.size }, (_, index) => bounds.from + index * found.step);
}

/** The places of a list of this length that a range reads; `undefined` where there are none such. */
function placesOf(length: number, bounds: Bounds) {
  const found = extent(bounds);
  const { from } = bounds;
  const isClipped = found === undefined || bounds.by === "..*";
  if (found?.size === 0) return { from: 0, size: 0, step: 1 };
  if (from < 0 || from > length || (from === length && !isClipped)) return undefined;
  const step = found?.step ?? 1;
  const room = step === 1 ? length - from : from + 1;
  const size = found?.size ?? room;
  if (from === length) return step === 1 ? { from, size: 0, step } : undefined;
  return size <= room ? { from, size, step } : isClipped ? { from, size: room, step } : undefined;
}

/**
 * Returns the part of a list or text that a range selects. A range `..*` or without an end stops at the last item.
 * `undefined` for another range that goes beyond the end, one that begins beyond it, a text that is to be read
 * backwards, and other values.
 */
export function sliceOf(value: unknown, bounds: Bounds): unknown {
  const text = textIn(value);
  const items = text ?? itemsOf(value);
  const places = items === undefined ? undefined : placesOf(items.length, bounds);
  if (items === undefined || places === undefined) return undefined;
  const { from, size, step } = places;
  if (text !== undefined) {
    return step === 1 || size <= 1 ? text.slice(from, from + size) : undefined;
  }
  return Array.from({ length: size }, (_, index) => items[from + index * step]);
}
