import { isJsonObject } from "../../domain/json/json_object.ts";

/** Digits enough for a whole number that a double cannot hold. */
const LONG_NUMBER = /[0-9]{16}/;
const WHOLE_NUMBER = /^-?[0-9]+$/;

/**
 * Keeps the digits of whole numbers of a personalisation, or of the parameters of a message's recipients, that a double
 * would change: they are case and account numbers, and go into messages as they came. Reads the text a second time, so
 * it is for callers who are known.
 *
 * @param json the parsed text
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
 * @param items the list, as parsed from the text
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
