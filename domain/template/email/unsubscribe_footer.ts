import { type Language, unsubscribeWords } from "../language.ts";
import { SPACE_CLASS } from "../../python_compat/text.ts";

/** Characters that markdown and HTML read as their own in the target of a link. */
const LINK_MARKS = new RegExp(`[&()<>\\\\\\u0000-\\u001f${SPACE_CLASS}]`, "g");
const ESCAPED_MARKS = new Set(["(", ")", "\\"]);

function escapeLinkMark(character: string): string {
  if (character === "&") return "&amp;";
  if (ESCAPED_MARKS.has(character)) return `\\${character}`;
  const encoded = encodeURIComponent(character);
  return encoded !== character
    ? encoded
    : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Returns the markdown of the link to unsubscribe under a message, in the message's language; empty without an address. */
export function unsubscribeFooter(unsubscribeUrl: string | undefined, language: Language): string {
  return unsubscribeUrl === undefined
    ? ""
    : `\n\n---\n\n[${unsubscribeWords(language)}](${
      unsubscribeUrl.replace(LINK_MARKS, escapeLinkMark)
    })`;
}
