import { isJsonObject } from "../../domain/json/json_object.ts";
import { mayHoldLongIntegers, quoteLongIntegers } from "../../domain/json/long_integers.ts";

/**
 * Returns `json` with each integer that a double cannot represent exactly, such as an account number, as a string of
 * its digits. That is done in `personalisation` and in each recipient's `parameters` only; other fields stay as parsed.
 * It parses the text a second time when it has such integers, so use it for authenticated callers only.
 *
 * @param text the body's JSON text
 * @param json the same text parsed by `JSON.parse`
 */
export function keepLongNumbers(text: string, json: unknown): unknown {
  if (!isJsonObject(json) || !mayHoldLongIntegers(text)) return json;
  if (!("personalisation" in json) && !Array.isArray(json.recipients)) return json;
  return takeLongNumbers(json, JSON.parse(quoteLongIntegers(text)));
}

/**
 * Returns `json` with `personalisation` and each recipient's `parameters` taken from `kept`. The other fields stay as
 * they are in `json`. When either argument is not an object, the result is `json`.
 *
 * @param kept the same body, parsed with long integers as strings of their digits
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

/**
 * Returns `item` with the value that `field` has in `kept`, the same object parsed with long integers as strings. When
 * `item` lacks the field, or either is not an object, the result is `item`.
 */
export function takeField(item: unknown, kept: unknown, field: string): unknown {
  if (!isJsonObject(item) || !isJsonObject(kept) || !(field in item)) return item;
  return { ...item, [field]: kept[field] };
}
