import { isJsonObject } from "../../domain/notify_v2/fields.ts";

/** How deep JSON may be nested. GOV.UK Notify's own parser breaks at about a thousand. */
export const MAX_JSON_DEPTH = 500;

/** Digits enough for a whole number that a double cannot hold. */
const LONG_NUMBER = /[0-9]{16}/;
const WHOLE_NUMBER = /^-?[0-9]+$/;

/**
 * Parses a body.
 *
 * @returns `undefined` for what is no JSON, or nested deeper than {@link MAX_JSON_DEPTH}
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Keeps the digits of whole numbers of a personalisation, or of the parameters of a message's recipients, that a double
 * would change: they are case and account numbers, and go into messages as they came. Reads the text a second time, so
 * it is for callers who are known.
 *
 * @param json what {@link parseJson} made of the text
 */
export function keepLongNumbers(text: string, json: unknown): unknown {
  if (!isJsonObject(json) || !LONG_NUMBER.test(text)) return json;
  if (!("personalisation" in json) && !Array.isArray(json.recipients)) return json;
  const { personalisation, recipients } = JSON.parse(text, keepDigits);
  return {
    ...json,
    ...("personalisation" in json ? { personalisation } : {}),
    ...(Array.isArray(json.recipients)
      ? { recipients: json.recipients.map((one, at) => keepParameters(one, recipients[at])) }
      : {}),
  };
}

function keepParameters(recipient: unknown, kept: { readonly parameters?: unknown }): unknown {
  if (!isJsonObject(recipient) || !("parameters" in recipient)) return recipient;
  return { ...recipient, parameters: kept.parameters };
}

/**
 * As {@link keepLongNumbers} for objects in a list of the body. The text is read a second time only where a double has
 * changed a number.
 *
 * @param items the list, as {@link parseJson} made it of the text
 * @param name the list's name in the body
 */
export function keepLongNumbersInList(
  text: string,
  items: readonly unknown[],
  name: string,
): readonly unknown[] {
  const changed = (item: unknown) => isJsonObject(item) && hasLongNumber(item.personalisation);
  if (!items.some(changed)) return items;
  const kept = JSON.parse(text, keepDigits)[name];
  return items.map((item, index) =>
    isJsonObject(item) && changed(item)
      ? { ...item, personalisation: kept[index].personalisation }
      : item
  );
}

/** Whether a number may be a whole one that a double does not hold. */
function hasLongNumber(value: unknown): boolean {
  if (typeof value === "number") {
    return !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value));
  }
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasLongNumber);
}

/** As {@link keepLongNumbers}, for all of a body. */
export function withLongNumbers(text: string, json: unknown): unknown {
  return json === undefined || !LONG_NUMBER.test(text) ? json : JSON.parse(text, keepDigits);
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return WHOLE_NUMBER.test(source) ? source : value;
}

/** Counts brackets outside of strings, so that what is too deep costs nothing to refuse. */
function isTooDeep(text: string): boolean {
  if (text.length <= MAX_JSON_DEPTH) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        break;
      case "[":
      case "{":
        if (++depth > MAX_JSON_DEPTH) return true;
        break;
      case "]":
      case "}":
        depth--;
    }
  }
  return false;
}

/** Where the quotation mark that ends the string is: one after an even number of backslashes. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
