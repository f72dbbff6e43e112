/** Validates an object against a table of fields, in GOV.UK Notify's order and words. */
import { ok, refuse, type Result } from "../result.ts";
import { isJsonObject, type JsonObject } from "../json/json_object.ts";
import type { Field } from "./fields.ts";
import type { ValidationContext, ValidationProblem } from "./problem.ts";
import { pythonRepr } from "../python_compat/repr.ts";

/** The schema of an object. The problems are reported in the order of `fields`, then in that of `required`. */
export interface ObjectSchema {
  // `Parsed` infers each field's type from the table.
  /** The parser of each field, by the field's name. */
  readonly fields: Readonly<Record<string, Field<unknown>>>;
  /** The names of the fields that a caller must send. */
  readonly required: readonly string[];
  /**
   * Whether keys other than `fields` are ignored or refused, and if refused, whether that problem is reported before or
   * after all others.
   */
  readonly unknownKeys: "ignored" | "refused-first" | "refused-last";
  /** Two keys that exclude each other, with the message; checked last. */
  readonly notTogether?: { readonly keys: readonly [string, string]; readonly message: string };
}

type Read<F> = F extends Field<infer T> ? T : never;

/** The value that a schema parses: it has every field, `undefined` for those that the caller left out. */
export type Parsed<S extends ObjectSchema> = {
  readonly [K in keyof S["fields"]]:
    | Read<S["fields"][K]>
    | (K extends S["required"][number] ? never : undefined);
};

/**
 * Parses an object by a schema. As in GOV.UK Notify, a body that Python takes for false (`null`, `""`, `0`, `[]`)
 * counts as an empty object.
 *
 * @returns the parsed fields; or all problems, each once, without the apostrophes that GOV.UK Notify removes too
 */
export function parseObject<S extends ObjectSchema>(
  schema: S,
  body: unknown,
  context: ValidationContext,
): Result<Parsed<S>, readonly ValidationProblem[]> {
  const value = isNothing(body) ? {} : body;
  if (!isJsonObject(value)) {
    return refuse(toProblems([`${pythonRepr(value)} is not of type object`]));
  }
  const fields = parseFields(schema, value, context);
  const unknown = unknownKeys(schema, value);
  const messages = [
    ...(schema.unknownKeys === "refused-first" ? unknown : []),
    ...fields.messages,
    ...missingKeys(schema, value),
    ...(schema.unknownKeys === "refused-last" ? unknown : []),
    ...keysNotTogether(schema, value),
  ];
  // Every field of the schema is parsed now, so the record has the type `Parsed`.
  return messages.length === 0 ? ok(fields.values as Parsed<S>) : refuse(toProblems(messages));
}

function parseFields(schema: ObjectSchema, value: JsonObject, context: ValidationContext) {
  const messages: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    if (!Object.hasOwn(value, name)) {
      values[name] = undefined;
      continue;
    }
    const read = field(value[name], context);
    if (read.ok) values[name] = read.value;
    else messages.push(...read.refusal.map((text) => `${name} ${text}`));
  }
  return { messages, values };
}

function missingKeys({ required }: ObjectSchema, value: JsonObject): readonly string[] {
  return required.filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${pythonRepr(name)} is a required property`);
}

function unknownKeys({ fields }: ObjectSchema, value: JsonObject): readonly string[] {
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
  if (unknown.length === 0) return [];
  const names = unknown.sort(byCodePoints).map(pythonRepr).join(", ");
  const verb = unknown.length === 1 ? "was" : "were";
  return [`Additional properties are not allowed (${names} ${verb} unexpected)`];
}

function keysNotTogether({ notTogether }: ObjectSchema, value: JsonObject): readonly string[] {
  if (notTogether === undefined) return [];
  return notTogether.keys.every((name) => Object.hasOwn(value, name)) ? [notTogether.message] : [];
}

// JavaScript sorts by UTF-16 units, Python by code points.
function byCodePoints(one: string, other: string): number {
  const others = Array.from(other);
  for (const [index, character] of Array.from(one).entries()) {
    const difference = (character.codePointAt(0) ?? 0) - (others[index]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function isNothing(body: unknown): boolean {
  if (typeof body === "object" && body !== null) return Object.keys(body).length === 0;
  return !body;
}

/** GOV.UK Notify removes every apostrophe from its texts, and reports each problem once. */
function toProblems(messages: readonly string[]): readonly ValidationProblem[] {
  const unique = new Set(messages.map((message) => message.replaceAll("'", "")));
  return [...unique].map((message) => ({ error: "ValidationError", message }));
}
