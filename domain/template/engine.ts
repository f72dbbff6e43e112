import type { Emit } from "./freemarker/expand.ts";
import type { Segment } from "./segments.ts";

/**
 * The functions of FreeMarker and Diia templates. A parsed template brings them with it, so that a process that has none
 * of these templates need not load FreeMarker.
 */
export interface TemplateEngine {
  /**
   * Fills parsed segments, and passes their text to `emit` in order. A `${…}` without a value keeps its written form; an
   * `[#if]` or `[#list]` whose condition or list has no value is left out.
   *
   * @param escapes whether the caller escapes the values: `?html` then leaves them as they are
   * @param onMissing called for each value that a shown part requires and that is absent, null or of the wrong type
   * @throws {TemplateStopped} where a limit is exceeded
   */
  expand(
    segments: readonly Segment[],
    values: ReadonlyMap<string, unknown>,
    escapes: boolean,
    emit: Emit,
    onMissing?: (path: string) => void,
  ): void;
  /** Splits the body of a FreeMarker template: the author's texts, and `undefined` for each placeholder or directive. */
  splitBody(body: string): readonly (string | undefined)[];
}
