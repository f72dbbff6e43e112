/** Work that must grow linearly with its input. */
export interface GrowthCase {
  /** The function under test. */
  readonly symbol: string;
  /** The part of the input that grows. */
  readonly grows: string;
  /** The size of the smaller input; the larger one is {@link GROWTH} times that. */
  readonly size: number;
  /** Makes an input of a size, and returns the work on it. */
  readonly prepare: (size: number) => () => void;
}

/** How many times larger the larger input is. Quadratic work would grow by its square, 64. */
export const GROWTH = 8;

/** Repeats a unit until the text is at least `size` long. */
export function fillTo(size: number, unit: string): string {
  return unit.repeat(Math.ceil(size / unit.length));
}
