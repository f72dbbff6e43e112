import { isSpaceCode } from "../../python_compat/text.ts";

/**
 * Pairs the round brackets of a text in one pass. A pair lies between white space, and a bracket with a backslash before
 * it is none. The function returned gives the index of the closing bracket by that of the opening one; where white space
 * comes first, the index of the white space; `undefined` for a bracket without a pair.
 */
export function pairParentheses(text: string): (open: number) => number | undefined {
  const ends = new Map<number, number>();
  let unclosed: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x28) unclosed.push(at);
    else if (code === 0x29) {
      const open = unclosed.pop();
      if (open !== undefined) ends.set(open, at);
    } else if (unclosed.length > 0 && isSpaceCode(code)) {
      // White space may stand before the target of a link.
      if (text.charAt(at - 1) === "(" && text.charAt(at - 2) === "]") {
        while (isSpaceCode(text.charCodeAt(at + 1))) at++;
        continue;
      }
      const open = unclosed.pop();
      if (open !== undefined) ends.set(open, at);
      unclosed = [];
    }
  }
  return (open) => ends.get(open);
}
