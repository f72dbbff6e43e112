/** Times that the loops of one message go round, all together. */
export const MAX_ITERATIONS = 10_000;
/** What a FreeMarker template may come to, in UTF-16 units, before anything is escaped. */
export const MAX_FILLED_CHARACTERS = 4_000_000;
/** Nodes, and characters of values that built-ins and comparisons look at, in one message. */
export const MAX_WORK = 50_000_000;

/** Which limit a message went past. */
export type LimitPassed = "iterations" | "characters" | "work";

/**
 * Thrown where a template is filled with values that take it past a limit. `filledSize` never throws it and then tells a
 * size past {@link MAX_FILLED_CHARACTERS}, so whoever asks for that first never meets it.
 */
export class TemplateStopped extends Error {
  override readonly name = "TemplateStopped";
  constructor(readonly limit: LimitPassed) {
    super(`The template was stopped: too many ${limit}`);
  }
}
