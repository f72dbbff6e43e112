/** Values that a JSON Schema accepts, as the OpenAPI document of the management API describes them. */
import { DAY_MS } from "../../domain/time/durations.ts";
import { isJsonObject, type JsonObject } from "../../domain/json/json_object.ts";
import type { Choices } from "./choices.ts";

/** The longest text that is generated where a schema has no limit or a large one, in characters. */
const MAX_GENERATED_TEXT = 20_000;
/** The most items of a generated list. */
const MAX_GENERATED_ITEMS = 20;

/** Values for fields whose schema does not say which texts are valid. */
const EXAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  country: ["GB", "UA", "CA", "PL"],
  language: ["en", "uk", "cy", "uk-UA"],
  time_zone: ["UTC", "Europe/Kyiv", "America/St_Johns"],
  start: ["21:30", "00:00"],
  end: ["07:00", "23:59"],
  logo_url: ["https://example.com/logo.png"],
  sms_sender: ["HARK", "447700900000"],
  email_from_local: ["news", "a.b-c"],
  brand_colour: ["#00ff7F"],
  email_address: ["ann@example.com", "Ann.O'Neil+x@mail.example.co.uk"],
  email_addresses: [[], ["ann@example.com"], ["a@example.com", "b@example.com"]],
  phone_numbers: [[], ["07900900123"], ["+380501234567"]],
  to: ["ann@example.com", "07900900123"],
  recipient: ["ann@example.com", "07900900123"],
  phone_number: ["07900900123"],
  number: Array.from({ length: 100 }, (_, at) => String(60_000 + at)),
  reason: ["Asked by telephone", "out-of-date", "out-of-date"],
  url: ["https://hooks.invalid/hark"],
  bearer_token: ["0123456789"],
  scheduled_for: [new Date(Date.now() + 20 * DAY_MS).toISOString()],
  valid_until: [new Date(Date.now() + 21 * DAY_MS).toISOString()],
};

/** Makes a value that the schema accepts; it may be at one of the schema's edges. */
export function fromSchema(schema: unknown, choices: Choices, field = ""): unknown {
  if (!isJsonObject(schema)) return { a: 1 };
  const examples = EXAMPLES[field];
  if (examples !== undefined) return choices.pick(examples);
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return choices.pick(schema.enum);
  for (const union of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(union)) return fromSchema(choices.pick(union), choices, field);
  }
  switch (schema.type) {
    case "object":
      return objectOf(schema, choices);
    case "array":
      return Array.from(
        { length: choices.whole(0, Math.min(numberOf(schema.maxItems, 3), MAX_GENERATED_ITEMS)) },
        () => fromSchema(schema.items, choices, field),
      );
    case "string":
      return textOf(schema, choices);
    case "integer":
    case "number": {
      const least = numberOf(schema.minimum, 0);
      const most = numberOf(schema.maximum, 1_000);
      return choices.pick([least, most, choices.whole(least, most)]);
    }
    case "boolean":
      return choices.chance(0.5);
    case "null":
      return null;
    default:
      return choices.pick(["a text", 1, null]);
  }
}

function objectOf(schema: JsonObject, choices: Choices): JsonObject {
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const share = choices.pick([0, 0.3, 1]);
  const entries = Object.entries(properties)
    .filter(([name]) => required.includes(name) || choices.chance(share))
    .map(([name, property]) => [name, fromSchema(property, choices, name)]);
  const isOpen = isJsonObject(schema.additionalProperties);
  const others = isOpen ? [["name", "Ann"], ["date", 1]] : [];
  return Object.fromEntries([...entries, ...others]);
}

function textOf(schema: JsonObject, choices: Choices): string {
  if (typeof schema.pattern === "string") return "HARK";
  const least = numberOf(schema.minLength, 0);
  const most = Math.min(numberOf(schema.maxLength, 200), MAX_GENERATED_TEXT);
  const length = choices.pick([Math.max(1, least), 12, 12, 12, most]);
  const alphabet = choices.pick(["a", "Hello ((name)), ", "Вітаємо ", "👩‍👩‍👧", "# *x* <b>&amp;</b> "]);
  return alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length).toWellFormed()
    .trim();
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
