import { isLanguageTag } from "../../../domain/template/language.ts";

/** The most characters of an `Accept-Language` that is looked at. */
export const MAX_ACCEPT_LANGUAGE_LENGTH = 500;

/**
 * The language that a caller likes best (RFC 9110, 12.5.4): the first of the greatest weight.
 *
 * @returns `undefined` when they have not said
 */
export function preferredLanguage(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_ACCEPT_LANGUAGE_LENGTH) return undefined;
  const liked = header.split(",").flatMap((part) => {
    const [tag = "", ...parameters] = part.split(";").map((text) => text.trim());
    const weight = parameters.find((text) => /^q=/i.test(text))?.slice(2) ?? "1";
    const q = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
    return isLanguageTag(tag) && q > 0 ? [{ tag, q }] : [];
  });
  return liked.toSorted((a, b) => b.q - a.q)[0]?.tag;
}
