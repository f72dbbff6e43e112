/** Which language of a message its reader sees. No I/O, no clock. */
import type { LocalisedContent } from "../notification/notification.ts";
import type { InboxMessage } from "./inbox_message.ts";

/** The most languages of an `Accept-Language` that are looked at. */
export const MAX_LANGUAGE_RANGES = 20;

const RANGE =
  /^(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:\s*;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?$/;

/**
 * Reads `Accept-Language` (RFC 9110, 12.5.4): the language ranges in lower case, the most wanted first. What cannot be
 * read and what is not wanted (`q=0`) is left out.
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

/** A message's words, and the tag of their language where they are not the service's. */
export interface SelectedTranslation extends LocalisedContent {
  readonly language: string | undefined;
}

/**
 * Picks the wording that its reader wants most (RFC 4647, 3.4, so that `uk-UA` finds `uk`; and `uk` finds `uk-UA`), the
 * default where there is none.
 *
 * @param languages as {@link readLanguages} has them
 * @param serviceLanguage the tag of the default wording where the message does not say its own
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
    const wording = tag === undefined ? undefined : localised[tag];
    if (tag !== undefined && wording !== undefined) return { ...wording, language: tag };
    if (defaultLanguage !== undefined && match(range, [defaultLanguage]) !== undefined) break;
  }
  return { subject, body, language };
}

/** The tag that fits a range best. */
function match(range: string, tags: readonly string[]): string | undefined {
  for (let wanted = range; wanted !== ""; wanted = shorten(wanted)) {
    const found = tags.find((tag) => tag.toLowerCase() === wanted);
    if (found !== undefined) return found;
  }
  return tags.find((tag) => tag.toLowerCase().startsWith(`${range}-`));
}

/** Takes the last part off, and with it a single letter before it, which means nothing alone. */
function shorten(range: string): string {
  return range.replace(/(?:^|-)[^-]*$/, "").replace(/-[a-z0-9]$/, "");
}
