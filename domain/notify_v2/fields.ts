/** The types of field in GOV.UK Notify's schemas: each parses a value or returns the problems with it. */
import { isJsonObject, type JsonObject } from "../json/json_object.ts";
import { EMAIL_MESSAGE, parseEmailAddress } from "../recipient/email_address.ts";
import { allowPhone, parsePhone, PHONE_MESSAGES } from "../recipient/phone.ts";
import { ok, refuse, type Result } from "../result.ts";
import { OWN_STATUSES_IN_QUERY, STATUSES_IN_QUERY } from "./status_filter.ts";
import { parseRecipientId } from "../recipient/recipient_id.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import { toInstant } from "./instant.ts";
import { parseIsoDateTime } from "./iso_datetime.ts";
import type { ValidationContext } from "./problem.ts";
import { pythonRepr } from "../python_compat/repr.ts";
import { isUri } from "./uri.ts";
import { DAY_MS } from "../time/durations.ts";

/** A parsed field; a refusal has the texts that follow the field's name. */
export type FieldResult<T> = Result<T, readonly string[]>;

/** Parses one value of a body. */
export type Field<T> = (value: unknown, context: ValidationContext) => FieldResult<T>;

function wrongType(value: unknown, types: string): FieldResult<never> {
  return refuse([`${pythonRepr(value)} is not of type ${types}`]);
}

/** A string; `maxLength` counts code points. */
export function text(
  { maxLength = Infinity }: { readonly maxLength?: number } = {},
): Field<string> {
  return (value) => {
    if (typeof value !== "string") return wrongType(value, "string");
    return isLongerThan(value, maxLength)
      ? refuse([`${pythonRepr(value)} is too long`])
      : ok(value);
  };
}

function isLongerThan(value: string, limit: number): boolean {
  return value.length > limit && Array.from(value).length > limit;
}

/** A UUID; `parse` returns its canonical form. */
export function uuid<T extends string>(parse: (value: unknown) => T | undefined): Field<T> {
  return (value) => {
    const id = parse(value);
    return id === undefined ? refuse(["is not a valid UUID"]) : ok(id);
  };
}

/** A JSON object with any content. */
export function object(value: unknown): FieldResult<JsonObject> {
  return isJsonObject(value) ? ok(value) : wrongType(value, "object");
}

/** An array with any content, or null. */
export function arrayOrNull(value: unknown): FieldResult<readonly unknown[] | null> {
  return value === null || Array.isArray(value) ? ok(value) : wrongType(value, "array, null");
}

/** An array with any content; the problem of an array that is too long does not quote it. */
export function array(
  { minItems, maxItems }: { readonly minItems: number; readonly maxItems: number },
): Field<readonly unknown[]> {
  return (value) => {
    if (!Array.isArray(value)) return wrongType(value, "array");
    if (value.length < minItems) return refuse([`${pythonRepr(value)} is too short`]);
    return value.length > maxItems ? refuse(["is too long"]) : ok(value);
  };
}

/** A `field` or null. */
export function orNull<T>(field: Field<T>): Field<T | null> {
  return (value, context) => value === null ? ok(value) : field(value, context);
}

/** One of the words. */
export function oneOf<const T extends string>(words: readonly T[]): Field<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return ok(word);
    return refuse([`${pythonRepr(value)} is not one of ${pythonRepr(words)}`]);
  };
}

/** A status to filter by: GOV.UK Notify's, which its message lists, or our own. */
export const statusWord: Field<string> = (value, context) => {
  const own = OWN_STATUSES_IN_QUERY.find((candidate) => candidate === value);
  return own === undefined ? oneOf(STATUSES_IN_QUERY)(value, context) : ok(own);
};

/** An array of values of one type; every invalid item is reported. */
export function listOf<T>(item: Field<T>): Field<readonly T[]> {
  return (value, context) => {
    if (!Array.isArray(value)) return wrongType(value, "array");
    const read = value.map((entry: unknown) => item(entry, context));
    const problems = read.flatMap((result) => result.ok ? [] : result.refusal);
    if (problems.length > 0) return refuse(problems);
    return ok(read.flatMap((result) => result.ok ? [result.value] : []));
  };
}

/** An array of a limited number of values of any type. */
export function listOfAnything(
  { least, most }: { readonly least: number; readonly most: number },
): Field<readonly unknown[]> {
  return (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most
      ? ok(value)
      : refuse([`is not a list of ${least} to ${most} items`]);
}

/** A whole number from `minimum` on, or null. */
export function integerOrNull({ minimum }: { readonly minimum: number }): Field<number | null> {
  return (value) => {
    if (value === null) return ok(value);
    const isInteger = typeof value === "number" && Number.isInteger(value);
    const problems = [
      ...(isInteger ? [] : [`${pythonRepr(value)} is not of type integer, null`]),
      ...(typeof value === "number" && value < minimum
        ? [`${pythonRepr(value)} is less than the minimum of ${minimum}`]
        : []),
    ];
    return isInteger && problems.length === 0 ? ok(value) : refuse(problems);
  };
}

/**
 * A valid telephone number, kept as typed. Whether the service may send to it is checked later.
 */
export function phoneNumber(
  value: unknown,
  { country, onPhone }: ValidationContext,
): FieldResult<string> {
  if (typeof value !== "string") return wrongType(value, "string");
  const parsed = parsePhone(value, { country });
  const allowed = parsed.ok
    ? allowPhone(parsed.value, { international: true, landline: true })
    : parsed;
  if (!allowed.ok) return refuse([PHONE_MESSAGES[allowed.refusal.code].v2]);
  onPhone?.(allowed.value);
  return ok(value);
}

/** An email address, kept as typed. */
export function emailAddress(value: unknown): FieldResult<string> {
  if (typeof value !== "string") return wrongType(value, "string");
  return parseEmailAddress(value).ok ? ok(value) : refuse([EMAIL_MESSAGE]);
}

/** An absolute URL whose scheme is `https`. */
export function httpsUrl(value: unknown): FieldResult<string> {
  const isFine = typeof value === "string" && value.startsWith("https") && isUri(value);
  return isFine ? ok(value) : refuse(["is not a valid https url"]);
}

/** How a precompiled letter is posted. */
const POSTAGES = ["first", "second", "economy"] as const;
export type Postage = typeof POSTAGES[number];

/** One of {@link POSTAGES}. */
export function postage(value: unknown): FieldResult<Postage> {
  if (typeof value !== "string") return wrongType(value, "string");
  const known = POSTAGES.find((candidate) => candidate === value);
  if (known !== undefined) return ok(known);
  return refuse(["invalid. It must be either first, second or economy."]);
}

const NOT_ISO = "datetime format is invalid. It must be a valid ISO8601 date time format, " +
  "https://en.wikipedia.org/wiki/ISO_8601";

/**
 * A time at which to send, or null; kept as received. Without `scheduleDays` its zone is ignored, as in GOV.UK Notify.
 */
export function schedule(
  value: unknown,
  context: ValidationContext,
): FieldResult<string | null> {
  const parse = context.scheduleDays === undefined ? parseIsoDateTime : toInstant;
  return dateWithin(value, context, parse, context.scheduleDays ?? 1);
}

/** A time by which to send, or null; kept as received. */
export function deadline(
  value: unknown,
  context: ValidationContext,
): FieldResult<string | null> {
  return dateWithin(value, context, toInstant, MAX_DAYS_VALID);
}

/** How many days ahead `valid_until` can be. */
export const MAX_DAYS_VALID = 60;

function dateWithin(
  value: unknown,
  { now }: ValidationContext,
  parse: (text: string) => number | undefined,
  days: number,
): FieldResult<string | null> {
  if (value === null) return ok(value);
  if (typeof value !== "string") return wrongType(value, "string, null");
  const time = parse(value);
  if (time === undefined) return refuse([NOT_ISO]);
  if (time < now) return refuse(["datetime can not be in the past"]);
  if (time <= now + days * DAY_MS) return ok(value);
  const most = days === 1 ? "24 hours" : `${days} days`;
  return refuse([`datetime can only be ${most} in the future`]);
}

/** True, false or null. */
export function flag(value: unknown): FieldResult<boolean | null> {
  return value === null || typeof value === "boolean"
    ? ok(value)
    : wrongType(value, "boolean, null");
}

/** A person's id, as in access tokens. */
export function recipientId(value: unknown): FieldResult<string> {
  if (typeof value !== "string") return wrongType(value, "string");
  const id = parseRecipientId(value);
  return id === undefined ? refuse(["is not one line of 1 to 255 characters"]) : ok(id);
}

/** A taxpayer's number, kept as typed. */
export function taxNumber(value: unknown): FieldResult<string> {
  if (typeof value !== "string") return wrongType(value, "string");
  return parseRnokpp(value).ok ? ok(value) : refuse(["is not a valid taxpayer's number"]);
}
