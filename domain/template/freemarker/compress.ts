/** `[#compress]`: makes every run of white space one space or one line end. */
import type { TextPiece } from "./values.ts";

const RUN = /\s+/g;
const LINE_END = /\r\n|\r|\n/;

/**
 * Replaces each run of white space with one space, or with its first line end. A run may span pieces. White space at
 * the start and the end is dropped.
 */
export function compressPieces(pieces: readonly TextPiece[]): readonly TextPiece[] {
  const out: TextPiece[] = [];
  let isStart = true;
  // The white space since the last other character, not yet written.
  let space = "";
  const flush = () => {
    const written = isStart || space === "" ? "" : LINE_END.exec(space)?.[0] ?? " ";
    if (written !== "") out.push({ text: written, isValue: false });
    space = "";
    isStart = false;
  };
  for (const { text, isValue } of pieces) {
    let from = 0;
    for (const match of text.matchAll(RUN)) {
      if (match.index > from) {
        flush();
        out.push({ text: text.slice(from, match.index), isValue });
      }
      space += match[0];
      from = match.index + match[0].length;
    }
    if (from < text.length) {
      flush();
      out.push({ text: text.slice(from), isValue });
    }
  }
  return out;
}
