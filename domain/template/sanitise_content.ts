import type { Personalisation } from "./fill.ts";
import { normalisedName } from "./normalised_name.ts";

/** What a value may not say to markdown; `^` is not among them. */
const MARKS = /[`*_(){}[\]\\<>#+\-.!|]/g;

/**
 * Something that looks like a web address: labels with dots and a top-level name, with a path, query or fragment if there
 * is one. Labels are tried from a word's start only, so time is linear.
 */
const ADDRESS =
  /(?<![\p{L}\p{N}_@.-])(https?:\/\/)?((?:[\p{L}\p{N}_-]+\.)+[a-z]{2,63})(?!@)(?![\p{L}\p{N}_])([/?#][^<\s]*)?/giu;
const BARE_DOMAIN = /^[a-zA-Z0-9.-]+$/;

/**
 * Takes the markdown and the links out of a value: web addresses are removed, what only looks like a bare domain gets a
 * blank after each dot, and every mark of markdown is escaped. (facts/notify.md 1.5)
 */
export function sanitiseContent(value: string): string {
  return value.replace(
    ADDRESS,
    (found: string) => BARE_DOMAIN.test(found) ? found.replaceAll(".", ". ") : "",
  ).replace(MARKS, "\\$&");
}

/** What was done to one value. */
export interface SanitisedValue {
  readonly unsanitised: string;
  readonly sanitised: string;
}

/** The personalisation to render with, and the values that were changed, by their given names. */
export interface SanitisedPersonalisation {
  readonly personalisation: Personalisation;
  readonly changes: Readonly<Record<string, SanitisedValue>>;
}

/**
 * Sanitises the values of the given names, compared without case, blanks, `_` and `-`. Names without a value are passed
 * over, as are values that are no text.
 */
export function sanitisePersonalisation(
  personalisation: Personalisation,
  names: readonly string[],
): SanitisedPersonalisation {
  const asked = new Set(names.map(normalisedName));
  const changes = new Map<string, SanitisedValue>();
  const used = Object.entries(personalisation).map(([name, value]): [string, unknown] => {
    if (typeof value !== "string" || !asked.has(normalisedName(name))) return [name, value];
    const sanitised = sanitiseContent(value);
    if (sanitised !== value) changes.set(name, { unsanitised: value, sanitised });
    return [name, sanitised];
  });
  return { personalisation: Object.fromEntries(used), changes: Object.fromEntries(changes) };
}
