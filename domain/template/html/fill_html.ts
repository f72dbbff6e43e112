import { emitFilled, type Personalisation } from "../fill.ts";
import { escapeOpenNames } from "../html_text.ts";
import type { Segment } from "../segments.ts";
import { sendable } from "../sendable.ts";
import { type Template, valuesOf } from "../template.ts";
import { type HtmlPiece, putValues } from "./put_values.ts";

/**
 * Fills segments of an HTML, FreeMarker or inbox template: the author's text and the values as separate pieces, in
 * order, neither of them escaped. Control characters other than white space are removed from both, and U+FFFD replaces
 * lone surrogates.
 *
 * A placeholder without a value keeps its written form. A FreeMarker condition or loop without a value is left out.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function fillPieces(
  template: Template,
  segments: readonly Segment[],
  personalisation: Personalisation,
): readonly HtmlPiece[] {
  const pieces: HtmlPiece[] = [];
  // The caller escapes values by their position, so neither `?html` nor `((name))` may escape them here.
  const escape = template.syntax === "freemarker";
  emitFilled(
    segments,
    valuesOf(template, personalisation, false),
    { escape, lists: "sentence", engine: template.engine },
    (text, isValue) => pieces.push({ text: sendable(text), isValue }),
  );
  return pieces;
}

/**
 * Fills the parsed body of an HTML or FreeMarker template, or another part of it, as {@link fillPieces} does. Values are
 * escaped, so that they add only text to the author's HTML, and replaced where they would be unsafe, as
 * {@link putValues} does. Of the author's HTML only {@link escapeOpenNames} changes a character, so that an address in
 * its text stays.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function fillHtml(
  template: Template,
  segments: readonly Segment[],
  personalisation: Personalisation,
): string {
  return putValues(
    fillPieces(template, segments, personalisation).map((piece) =>
      piece.isValue ? piece : { ...piece, text: escapeOpenNames(piece.text) }
    ),
  );
}
