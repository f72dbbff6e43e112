import { isJsonObject } from "../../domain/json/json_object.ts";
import { mayHoldLongIntegers, quoteLongIntegers } from "../../domain/json/long_integers.ts";

/**
 * Replaces integers in a personalisation, or in the parameters of a message's recipients, that a double cannot represent
 * by strings of their digits: they are case and account numbers. It parses the text again, so use it for authenticated
 * callers only.
 *
 * @param json the parsed text
 */
export function keepLongNumbers(text: string, json: unknown): unknown {
  if (!isJsonObject(json) || !mayHoldLongIntegers(text)) return json;
  if (!("personalisation" in json) && !Array.isArray(json.recipients)) return json;
  return takeLongNumbers(json, JSON.parse(quoteLongIntegers(text)));
}

/**
 * Takes over from a body that was parsed with its long integers kept what {@link keepLongNumbers} replaces.
 *
 * @param kept the same body with strings for long integers
 */
export function takeLongNumbers(json: unknown, kept: unknown): unknown {
  if (!isJsonObject(json) || !isJsonObject(kept)) return json;
  const { personalisation, recipients } = kept;
  return {
    ...json,
    ...("personalisation" in json ? { personalisation } : {}),
    ...(Array.isArray(json.recipients) && Array.isArray(recipients)
      ? {
        recipients: json.recipients.map((recipient, index) =>
          takeField(recipient, recipients[index], "parameters")
        ),
      }
      : {}),
  };
}

/** Takes over one field of an object from the same object with strings for long integers. */
export function takeField(item: unknown, kept: unknown, field: string): unknown {
  if (!isJsonObject(item) || !isJsonObject(kept) || !(field in item)) return item;
  return { ...item, [field]: kept[field] };
}
