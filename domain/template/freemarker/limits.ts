/**
 * Maximum number of loop iterations in one message. Over a limit of this file, filling stops with
 * {@link TemplateStopped}.
 */
export const MAX_ITERATIONS = 10_000;
/** Maximum size of a filled FreeMarker template before escaping, in UTF-16 units. */
export const MAX_FILLED_CHARACTERS = 4_000_000;
/**
 * Maximum work in one message, in characters: those of values that built-ins and comparisons read, and
 * {@link NODE_WORK} for each evaluated node.
 */
export const MAX_WORK = 50_000_000;
/**
 * What evaluating one node of a template or expression counts towards {@link MAX_WORK}: it takes as long as reading
 * about ten characters.
 */
export const NODE_WORK = 10;

/**
 * How deep parts of a template and expressions may nest when they run, with those of the macros and functions that they
 * call. A macro that calls itself without end is stopped here.
 */
export const MAX_NESTED_STEPS = 600;

/** The limit that a message exceeded. */
export type LimitPassed = "iterations" | "characters" | "work" | "depth";

/**
 * Thrown when filling a template exceeds a limit. `filledSize` does not throw it: for such a template it returns a size
 * above {@link MAX_FILLED_CHARACTERS}. Callers that check that size first never get this error.
 */
export class TemplateStopped extends Error {
  override readonly name = "TemplateStopped";
  constructor(readonly limit: LimitPassed) {
    super(`The template was stopped: too many ${limit}`);
  }
}
