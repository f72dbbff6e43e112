/** Exact decimal numbers: FreeMarker computes with them, so that `0.1 + 0.2` is 0.3. */
import { FreemarkerValue } from "./values.ts";

/** A number that is not a whole number of safe size: `units` divided by ten to the power of `scale`. */
export class Decimal extends FreemarkerValue {
  constructor(readonly units: bigint, readonly scale: number) {
    super();
  }
}

/** A number of a template: a JSON value, or the result of a computation. */
export type Numeric = number | Decimal;

/** The most digits of a number. The result of `compute` or `parseNumeric` is `undefined` where it needs more. */
export const MAX_DIGITS = 300;
/** The fewest digits after the point that a division is computed to. */
const DIVISION_SCALE = 12;
const MAX_UNITS = 10n ** BigInt(MAX_DIGITS);
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Whether a value is a number. */
export function isNumeric(value: unknown): value is Numeric {
  return typeof value === "number" || value instanceof Decimal;
}

function absolute(units: bigint): bigint {
  return units < 0n ? -units : units;
}

/** The simplest form of a number; `undefined` where it has more than {@link MAX_DIGITS} digits. */
function simplest(units: bigint, scale: number): Numeric | undefined {
  if (absolute(units) >= MAX_UNITS || scale > MAX_DIGITS) return undefined;
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n;
    scale--;
  }
  const whole = Number(units);
  return scale === 0 && Number.isSafeInteger(whole) ? whole : new Decimal(units, scale);
}

/**
 * Reads a number as it is written in a template or a value: `12`, `1.5`, `-1e3`. `undefined` for other texts, and for a
 * number with more than {@link MAX_DIGITS} digits.
 */
export function parseNumeric(text: string): Numeric | undefined {
  const [, sign, whole = "", part = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (sign === undefined || whole + part === "") return undefined;
  const scale = part.length - Number(exponent);
  if (Math.abs(scale) + whole.length + part.length > MAX_DIGITS) return undefined;
  const units = BigInt(whole + part) * (sign === "-" ? -1n : 1n);
  return scale < 0 ? simplest(units * 10n ** BigInt(-scale), 0) : simplest(units, scale);
}

/**
 * Converts a number to a `Decimal` by its shortest text, so that 1.005 has three digits after the point. `undefined`
 * for an infinite number.
 */
export function toDecimal(value: Numeric): Decimal | undefined {
  if (value instanceof Decimal) return value;
  if (Number.isSafeInteger(value)) return new Decimal(BigInt(value), 0);
  const parsed = parseNumeric(String(value));
  return typeof parsed === "number" ? new Decimal(BigInt(parsed), 0) : parsed;
}

/** The nearest JavaScript number. */
export function toNumber(value: Numeric): number {
  if (typeof value === "number") return value;
  return Number(`${value.units}e-${value.scale}`);
}

function atScale({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}

/** Divides whole numbers, rounding halves away from zero. */
function divideHalfUp(left: bigint, right: bigint): bigint {
  const isNegative = (left < 0n) !== (right < 0n);
  const [above, below] = [absolute(left), absolute(right)];
  const rounded = (above * 2n + below) / (below * 2n);
  return isNegative ? -rounded : rounded;
}

/** An arithmetic operator. */
export type Operator = "+" | "-" | "*" | "/" | "%";

/**
 * Computes exactly, except that a quotient is rounded to twelve digits after the point or to those of the operands;
 * `%` ignores what follows the points. `undefined` for a division by zero, an infinite operand, or a result with more
 * than {@link MAX_DIGITS} digits.
 */
export function compute(left: Numeric, by: Operator, right: Numeric): Numeric | undefined {
  const [a, b] = [toDecimal(left), toDecimal(right)];
  if (a === undefined || b === undefined) return undefined;
  const scale = Math.max(a.scale, b.scale);
  switch (by) {
    case "+":
      return simplest(atScale(a, scale) + atScale(b, scale), scale);
    case "-":
      return simplest(atScale(a, scale) - atScale(b, scale), scale);
    case "*":
      return simplest(a.units * b.units, a.scale + b.scale);
    case "/": {
      if (b.units === 0n) return undefined;
      const digits = Math.max(DIVISION_SCALE, scale);
      const above = atScale(a, scale) * 10n ** BigInt(digits);
      return simplest(divideHalfUp(above, atScale(b, scale)), digits);
    }
    case "%": {
      const divisor = wholePart(b);
      return divisor === 0n ? undefined : simplest(wholePart(a) % divisor, 0);
    }
  }
}

function wholePart({ units, scale }: Decimal): bigint {
  return units / 10n ** BigInt(scale);
}

/** Compares two numbers: below zero, zero or above zero. */
export function compareNumeric(left: Numeric, right: Numeric): number {
  const [a, b] = [toDecimal(left), toDecimal(right)];
  if (
    a === undefined || b === undefined || (typeof left === "number" && typeof right === "number")
  ) {
    return Math.sign(toNumber(left) - toNumber(right)) || 0;
  }
  const scale = Math.max(a.scale, b.scale);
  const difference = atScale(a, scale) - atScale(b, scale);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** How a number is rounded: `up` is away from zero, `down` towards zero; `half-…` says where a half is rounded to. */
export type Rounding = "up" | "down" | "ceiling" | "floor" | "half-up" | "half-down" | "half-even";

/** Whether the size of the rounded number is one above the size cut off. `rest` is compared with half of `of`. */
function goesUp(rounding: Rounding, isNegative: boolean, cut: bigint, rest: bigint, of: bigint) {
  if (rest === 0n) return false;
  const half = rest * 2n === of ? 0 : rest * 2n > of ? 1 : -1;
  switch (rounding) {
    case "up":
      return true;
    case "down":
      return false;
    case "ceiling":
      return !isNegative;
    case "floor":
      return isNegative;
    case "half-up":
      return half >= 0;
    case "half-down":
      return half > 0;
    case "half-even":
      return half > 0 || (half === 0 && cut % 2n === 1n);
  }
}

/** Rounds a number to at most `digits` digits after the point. */
export function roundDecimal(value: Decimal, digits: number, rounding: Rounding): Decimal {
  if (value.scale <= digits) return value;
  const of = 10n ** BigInt(value.scale - digits);
  const size = absolute(value.units);
  const cut = size / of;
  const isNegative = value.units < 0n;
  const rounded = goesUp(rounding, isNegative, cut, size % of, of) ? cut + 1n : cut;
  return new Decimal(isNegative ? -rounded : rounded, digits);
}

/** Rounds a number to a whole one; an infinite one stays. */
export function roundWhole(value: Numeric, rounding: Rounding): Numeric {
  const decimal = toDecimal(value);
  if (decimal === undefined) return value;
  return simplest(roundDecimal(decimal, 0, rounding).units, 0) ?? value;
}

/** Rounds half towards the larger number, as `?round` does: -1.5 gives -1. */
export function roundHalfCeiling(value: Numeric): Numeric {
  const raised = compute(value, "+", new Decimal(5n, 1));
  return raised === undefined ? value : roundWhole(raised, "floor");
}

/**
 * Converts a number to the exact value of its binary form, so that 1.005 is a little less; `undefined` for an infinite
 * number. Formats round this value, as Java does, the runtime of the registries platform.
 */
export function exactDecimal(value: Numeric): Decimal | undefined {
  const shortest = toDecimal(value);
  if (shortest === undefined || value instanceof Decimal || Number.isInteger(value)) {
    return shortest;
  }
  let scale = 0;
  let whole = value;
  // At most 1,074 doublings make a JSON number whole.
  while (!Number.isInteger(whole)) {
    whole *= 2;
    scale++;
  }
  return new Decimal(BigInt(whole) * 5n ** BigInt(scale), scale);
}
