import type { Personalisation } from "./fill.ts";
import { normalisedName } from "./normalised_name.ts";

/** Markdown characters that are escaped in a value. `^` is not among them, as in GOV.UK Notify. */
const MARKS = /[`*_(){}[\]\\<>#+\-.!|]/g;

/**
 * A web address: labels with dots and a top-level domain, with an optional path, query or fragment. Labels match only from
 * the start of a word, so that time is linear.
 */
const ADDRESS =
  /(?<![\p{L}\p{N}_@.-])(https?:\/\/)?((?:[\p{L}\p{N}_-]+\.)+[a-z]{2,63})(?!@)(?![\p{L}\p{N}_])([/?#][^<\s]*)?/giu;
const BARE_DOMAIN = /^[a-zA-Z0-9.-]+$/;

/**
 * Removes links and escapes markdown in a value, as GOV.UK Notify does: web addresses are removed, a bare domain gets a
 * space after each dot, and every markdown character is escaped.
 */
export function sanitiseContent(value: string): string {
  return value.replace(
    ADDRESS,
    (address: string) => BARE_DOMAIN.test(address) ? address.replaceAll(".", ". ") : "",
  ).replace(MARKS, "\\$&");
}

/** A value before and after sanitising. */
export interface SanitisedValue {
  readonly unsanitised: string;
  readonly sanitised: string;
}

/** The personalisation to render with, and the changed values by the caller's names. */
export interface SanitisedPersonalisation {
  readonly personalisation: Personalisation;
  readonly changes: Readonly<Record<string, SanitisedValue>>;
}

/**
 * Sanitises the values with the given names; names are compared by `normalisedName`. Names without a value and values that
 * are not strings are ignored.
 */
export function sanitisePersonalisation(
  personalisation: Personalisation,
  names: readonly string[],
): SanitisedPersonalisation {
  const requested = new Set(names.map(normalisedName));
  const changes = new Map<string, SanitisedValue>();
  const entries = Object.entries(personalisation).map(([name, value]): [string, unknown] => {
    if (typeof value !== "string" || !requested.has(normalisedName(name))) return [name, value];
    const sanitised = sanitiseContent(value);
    if (sanitised !== value) changes.set(name, { unsanitised: value, sanitised });
    return [name, sanitised];
  });
  return { personalisation: Object.fromEntries(entries), changes: Object.fromEntries(changes) };
}
