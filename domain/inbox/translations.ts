/** Selects the language in which a recipient sees a message. No I/O, no clock. */
import type { LocalisedContent } from "../notification/notification.ts";
import type { InboxMessage } from "./inbox_message.ts";

/** Maximum number of language ranges read from an `Accept-Language` header, from its start; the rest is ignored. */
export const MAX_LANGUAGE_RANGES = 20;

const RANGE =
  /^(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:\s*;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?$/;

/**
 * Reads `Accept-Language` (RFC 9110, 12.5.4): the language ranges in lower case, the most preferred first. Invalid
 * ranges and refused ones (`q=0`) are left out.
 */
export function readLanguages(header: string | undefined): readonly string[] {
  const ranges = (header ?? "").split(",", MAX_LANGUAGE_RANGES).flatMap((part) => {
    const [, range, quality = "1"] = RANGE.exec(part.trim().toLowerCase()) ?? [];
    return range === undefined || Number(quality) === 0
      ? []
      : [{ range, quality: Number(quality) }];
  });
  return ranges.toSorted((a, b) => b.quality - a.quality).map(({ range }) => range);
}

/** A message's content in one language. */
export interface SelectedTranslation extends LocalisedContent {
  /** The tag of the content's language; `undefined` where it is the service's language. */
  readonly language: string | undefined;
}

/**
 * Selects the translation that matches the recipient's preferences best (lookup of RFC 4647, 3.4: `uk-UA` finds `uk`;
 * in addition `uk` finds `uk-UA`), or the default content where none matches.
 *
 * @param languages as {@link readLanguages} returns them
 * @param serviceLanguage the tag of the default content where the message has no `language`
 */
export function selectTranslation(
  { subject, body, localised, language }: Pick<
    InboxMessage,
    "subject" | "body" | "localised" | "language"
  >,
  languages: readonly string[],
  serviceLanguage: string | undefined,
): SelectedTranslation {
  const defaultLanguage = language ?? serviceLanguage;
  const tags = Object.keys(localised);
  for (const range of languages) {
    if (range === "*") break;
    const tag = match(range, tags);
    const content = tag === undefined ? undefined : localised[tag];
    if (tag !== undefined && content !== undefined) return { ...content, language: tag };
    if (defaultLanguage !== undefined && match(range, [defaultLanguage]) !== undefined) break;
  }
  return { subject, body, language };
}

/** The tag that matches a range best. */
function match(range: string, tags: readonly string[]): string | undefined {
  for (let prefix = range; prefix !== ""; prefix = shorten(prefix)) {
    const exact = tags.find((tag) => tag.toLowerCase() === prefix);
    if (exact !== undefined) return exact;
  }
  return tags.find((tag) => tag.toLowerCase().startsWith(`${range}-`));
}

/** Removes the last subtag, and a single-letter subtag before it, which has no meaning of its own. */
function shorten(range: string): string {
  return range.replace(/(?:^|-)[^-]*$/, "").replace(/-[a-z0-9]$/, "");
}
