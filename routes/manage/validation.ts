/** Validation of requests to `/manage`; refusals are answered as problems (RFC 9457). */
import type { Context } from "hono";
import * as z from "zod/mini";
import { BODY_FAULT_MESSAGES, BODY_RETRY_AFTER_S, MAX_BODY_BYTES } from "../http/body.ts";
import { jsonLimitCode, jsonLimitMessage } from "../../domain/json/read_json.ts";
import type { AppEnv } from "../http/context.ts";
import { documented, readSchemaNames } from "../http/openapi.ts";
import {
  type BodyRefusal,
  createValidator,
  firstOf,
  parsed,
  prepareJsonBody,
  type Refuse,
  type Validator,
} from "../http/validation.ts";
import { fieldProblems, problem } from "./problem.ts";
import { nameUnknownParameters } from "./unknown_parameters.ts";

/** The `detail` of every answer 400 that lists the invalid fields in `errors`. */
export const INVALID_REQUEST = "Invalid request: see errors";

const TOO_LARGE = "The body is larger than 5 MB";

/**
 * Answers that the body cannot be read as JSON: 413 when it is too large, 503 when all requests together hold too many
 * bytes of bodies, or 400.
 */
export function answerBodyRefusal(c: Context, refusal: BodyRefusal): Response {
  switch (refusal.kind) {
    case "too-large":
      return problem(c, 413, TOO_LARGE);
    case "not-json":
      return problem(c, 400, "The body is not JSON");
    case "json-limit":
      return problem(c, 400, jsonLimitMessage(refusal), [], { code: jsonLimitCode(refusal) });
    case "broken-off":
      return problem(c, 400, BODY_FAULT_MESSAGES[refusal.kind]);
    case "bodies-too-large":
      c.header("Retry-After", String(BODY_RETRY_AFTER_S));
      return problem(c, 503, BODY_FAULT_MESSAGES[refusal.kind]);
  }
}

const answerFields: Refuse = (c, error) => problem(c, 400, INVALID_REQUEST, fieldProblems(error));

/**
 * Creates a middleware that validates the body as JSON, whatever its content type. The handler reads the result with
 * `c.req.valid("json")`. A body that does not fit the schema gets 400 with an error per field; one that cannot be read is
 * answered as by {@link answerBodyRefusal}: 400 without fields, 413 over 5 MB, 503 while all bodies together are too large.
 *
 * @param schema describes the body in the OpenAPI document, and validates it unless `schemaFor` is given
 * @param schemaFor returns the schema that validates this request's body
 */
export function jsonBody<S extends z.core.$ZodType, E extends AppEnv = AppEnv>(
  schema: S,
  schemaFor: (c: Context<E>) => S = () => schema,
): Validator<"json", S, E> {
  const handler: Validator<"json", S, E> = async (c, next) => {
    const refusal = await prepareJsonBody(c, MAX_BODY_BYTES);
    return refusal === undefined
      ? await createValidator<"json", S, E>("json", schemaFor(c), answerFields)(c, next)
      : answerBodyRefusal(c, refusal);
  };
  return documented(handler, {
    body: schema,
    answers: { 400: "The body is not valid", 413: TOO_LARGE },
  });
}

/** Creates a middleware that validates the body as {@link jsonBody} does, but accepts an empty body as `{}`. */
export function optionalJsonBody<S extends z.core.$ZodType, E extends AppEnv = AppEnv>(
  schema: S,
): Validator<"json", S, E> {
  const validate = createValidator<"json", S, E>("json", schema, answerFields);
  const handler: Validator<"json", S, E> = async (c, next) => {
    const refusal = await prepareJsonBody(c, MAX_BODY_BYTES, "{}");
    return refusal === undefined ? await validate(c, next) : answerBodyRefusal(c, refusal);
  };
  return documented(handler, {
    body: schema,
    isBodyOptional: true,
    answers: { 400: "The body is not valid", 413: TOO_LARGE },
  });
}

/**
 * Creates a middleware that validates the query; its schema must refuse unknown parameters (`z.strictObject`). The handler reads the result with `c.req.valid("query")`.
 *
 * @param schema describes the query in the OpenAPI document, and validates it unless `schemaFor` is given
 * @param refuse creates the answer to an invalid query; the default is 400 with an error per field
 * @param schemaFor returns the schema that validates this request, where that depends on the time
 */
export function query<S extends z.core.$ZodType>(
  schema: S,
  refuse: Refuse = answerFields,
  schemaFor: () => S = () => schema,
): Validator<"query", S> {
  const refuseNamed: Refuse = (c, error, input) =>
    refuse(c, nameUnknownParameters(error, readSchemaNames(schema)), input);
  const handler: Validator<"query", S> = (c, next) =>
    createValidator("query", schemaFor(), refuseNamed)(c, next);
  return documented(handler, { query: schema, answers: { 400: "The query is not valid" } });
}

/** Answers 400 with the first error as the `detail`, such as `older_than must be a job's id`, and without `errors`. */
export const answerFirstProblem: Refuse = (c, error) => {
  const [first] = fieldProblems(error);
  return problem(c, 400, first === undefined ? INVALID_REQUEST : `${first.field} ${first.message}`);
};

/**
 * Returns the schema of the optional query parameter by which a list continues: the id of the last item of the page
 * before.
 *
 * @param noun names that id in the error, as `a job's id`
 */
export function pageId<T>(parse: (text: string) => T | undefined, noun: string) {
  return z.optional(firstOf(parsed(parse, `must be ${noun}`)));
}

/** Creates a middleware that validates ids in the path. Answers 404 with `detail` when one of them is not valid. */
export function pathIds<S extends z.core.$ZodType>(
  schema: S,
  detail: string,
): Validator<"param", S> {
  const handler = createValidator("param", schema, (c) => problem(c, 404, detail));
  return documented(handler, { params: [schema], answers: { 404: detail } });
}
