/**
 * Parses JSON text in one step, without limits of size and depth, for text from the operator or a provider. The text of
 * a request is parsed by `readJsonInSteps`, which has limits.
 *
 * @returns `undefined` when the text is not valid JSON
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Whether arrays and objects are nested deeper than `maxDepth` levels; `[[]]` has two.
 *
 * Counts brackets outside strings, so that deep nesting is refused before anything is allocated for it.
 */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  if (text.length <= maxDepth) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = findStringEnd(text, at);
        break;
      case "[":
      case "{":
        if (++depth > maxDepth) return true;
        break;
      case "]":
      case "}":
        depth--;
    }
  }
  return false;
}

/** The index of the quotation mark that ends the string: the first that follows an even number of backslashes. */
function findStringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
