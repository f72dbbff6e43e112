/**
 * Thrown when the store cannot hold one of the values that it was asked to write, however often the write is tried. It
 * wrote nothing.
 */
export class ValueTooLarge extends Error {
  override readonly name = "ValueTooLarge";
}
