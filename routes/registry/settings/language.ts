import { isLanguageTag } from "../../../domain/template/language.ts";

/** The longest `Accept-Language` header that is parsed, in characters; a longer one is ignored. */
export const MAX_ACCEPT_LANGUAGE_LENGTH = 500;

/**
 * Returns the language that the caller prefers (RFC 9110, 12.5.4): the first of those with the greatest weight.
 *
 * @param header the value of `Accept-Language`
 * @returns `undefined` when the header is absent, too long or names no language
 */
export function preferredLanguage(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_ACCEPT_LANGUAGE_LENGTH) return undefined;
  const languages = header.split(",").flatMap((part) => {
    const [tag = "", ...parameters] = part.split(";").map((text) => text.trim());
    const weight = parameters.find((text) => /^q=/i.test(text))?.slice(2) ?? "1";
    const q = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
    return isLanguageTag(tag) && q > 0 ? [{ tag, q }] : [];
  });
  return languages.toSorted((a, b) => b.q - a.q)[0]?.tag;
}
