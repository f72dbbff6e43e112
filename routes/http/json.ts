import { isJsonObject } from "../../domain/json/json_object.ts";

/** Matches where an integer may be too long for a double. */
const LONG_NUMBER = /[0-9]{16}/;
const WHOLE_NUMBER = /^-?[0-9]+$/;

/**
 * Replaces integers in a personalisation, or in the parameters of a message's recipients, that a double cannot represent
 * by strings of their digits: they are case and account numbers. It parses the text again, so use it for authenticated
 * callers only.
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
      ? {
        recipients: json.recipients.map((recipient, index) =>
          keepParameters(recipient, recipients[index])
        ),
      }
      : {}),
  };
}

function keepParameters(recipient: unknown, kept: { readonly parameters?: unknown }): unknown {
  if (!isJsonObject(recipient) || !("parameters" in recipient)) return recipient;
  return { ...recipient, parameters: kept.parameters };
}

/**
 * As {@link keepLongNumbers}, for objects in an array of the body. It parses the text again only when a number may have
 * changed.
 *
 * @param items the array, as parsed from the text
 * @param name the array's name in the body
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

/** Whether a value contains an integer that a double may not represent exactly. */
function hasLongNumber(value: unknown): boolean {
  if (typeof value === "number") {
    return !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value));
  }
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasLongNumber);
}

/** As {@link keepLongNumbers}, for the whole body. */
export function withLongNumbers(text: string, json: unknown): unknown {
  return json === undefined || !LONG_NUMBER.test(text) ? json : JSON.parse(text, keepDigits);
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return WHOLE_NUMBER.test(source) ? source : value;
}
