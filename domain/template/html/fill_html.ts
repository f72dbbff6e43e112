import { emitFilled, type Personalisation } from "../fill.ts";
import type { Segment } from "../segments.ts";
import { sendable } from "../sendable.ts";
import { type Template, valuesOf } from "../template.ts";
import { type HtmlPiece, putValues } from "./put_values.ts";

/**
 * A part of a template as HTML: the author's own, with values that add text and nothing else. Controls and halves of
 * surrogate pairs are left out of both before anything is read.
 *
 * @throws {TemplateStopped} where loops or values exceed a limit; see `filledSize`
 */
export function fillHtml(
  template: Template,
  segments: readonly Segment[],
  personalisation: Personalisation,
): string {
  const pieces: HtmlPiece[] = [];
  // Values are escaped by their place later, so `?html` has nothing to do and `((name))` is not to be escaped before.
  const escape = template.syntax === "freemarker";
  emitFilled(
    segments,
    valuesOf(template, personalisation, false),
    { escape, lists: "sentence" },
    (text, isValue) => pieces.push({ text: sendable(text), isValue }),
  );
  return putValues(pieces);
}
