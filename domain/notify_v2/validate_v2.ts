/** Validates the bodies and queries of `/v2`. No I/O, no clock: `now` is passed in. */
import type { Result } from "../result.ts";
import { isJsonObject } from "../json/json_object.ts";
import { type Parsed, parseObject } from "./object_schema.ts";
import type { ValidationContext, ValidationProblem } from "./problem.ts";
import { V2_SCHEMAS, type V2Endpoint } from "./schemas.ts";

export type { ValidationProblem } from "./problem.ts";
export type { V2Endpoint } from "./schemas.ts";

/** The parsed body or query of each endpoint; a field that was left out is `undefined`. */
export type ParsedV2 = { readonly [E in V2Endpoint]: Parsed<typeof V2_SCHEMAS[E]> };

/**
 * Validates a body, or a query that `parseListQuery` or `parseFlatQuery` made an object, as GOV.UK Notify does.
 *
 * @param now epoch milliseconds
 * @param options.country ISO 3166 code of the country that telephone numbers without a country code belong to; `GB`
 * when left out
 * @param options.scheduleDays how many days of 24 hours ahead a notification can be scheduled, with the time zone of
 * `scheduled_for` respected. When left out GOV.UK Notify's rule applies: 24 hours, and the zone is ignored
 * @param options.onPhone called with the number that a valid telephone number was read as
 * @returns typed fields under the names of the wire format, identifiers in canonical form and recipients as typed; or the
 * problems in GOV.UK Notify's order and words, each once
 */
export function validateV2<E extends V2Endpoint>(
  endpoint: E,
  body: unknown,
  now: number,
  options: {
    readonly country?: string;
    readonly scheduleDays?: number;
    readonly onPhone?: ValidationContext["onPhone"];
  } = {},
): Result<Parsed<typeof V2_SCHEMAS[E]>, readonly ValidationProblem[]> {
  const context = {
    now,
    country: options.country ?? "GB",
    scheduleDays: options.scheduleDays,
    onPhone: options.onPhone,
  };
  return parseObject(V2_SCHEMAS[endpoint], body, context);
}

/** The endpoint name with which to validate a letter's body: a body with the key `content` is a precompiled letter. */
export function letterEndpoint(
  body: unknown,
): "POST /v2/notifications/letter" | "POST /v2/notifications/letter (precompiled)" {
  return isJsonObject(body) && Object.hasOwn(body, "content")
    ? "POST /v2/notifications/letter (precompiled)"
    : "POST /v2/notifications/letter";
}

/**
 * Whether a value of a personalisation is a file: an object with the key `file`, whatever its value. Validate it with
 * {@link validateV2} and the endpoint name `"file in personalisation"`.
 */
export function isFileValue(value: unknown): value is Readonly<Record<string, unknown>> {
  return isJsonObject(value) && Object.hasOwn(value, "file");
}
