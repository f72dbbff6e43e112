/** Validation with `@hono/zod-validator`, for the APIs whose schemas are our own. */
import { type Hook, zValidator } from "@hono/zod-validator";
import type { Context, MiddlewareHandler } from "hono";
import en from "zod/v4/locales/en.js";
import * as z from "zod/mini";
import type { JsonLimitFault } from "../../domain/json/read_json.ts";
import { type BodyFault, readBody } from "./body.ts";
import type { AppEnv } from "./context.ts";

/**
 * Options for Zod's `safeParse`: English messages for checks that were given no message of their own. `zod/mini` has
 * none built in.
 */
export const IN_ENGLISH = { error: en().localeError };

// `zValidator` takes no options of a parse, so the messages are set for the whole process.
z.config(en());

/** Why a body cannot be passed to a schema: it cannot be read, is not JSON, or exceeds a limit on JSON. */
export type BodyRefusal = BodyFault | JsonLimitFault | { readonly kind: "not-json" };

/**
 * Reads the body, checks that it is JSON, and replaces the context's request by one with that body and the content type
 * JSON. Call it before `zValidator("json", …)`, which ignores the body unless its content type is JSON; many clients
 * send none, or a wrong one.
 *
 * @param maxBytes the largest body of the route
 * @param whenEmpty the JSON that takes the place of an empty body; without it, an empty body is not JSON
 * @returns why the body cannot be validated, or `undefined` when the request is ready for the validator
 */
export async function prepareJsonBody(
  c: Pick<Context, "req" | "get">,
  maxBytes: number,
  whenEmpty?: string,
): Promise<BodyRefusal | undefined> {
  const body = await readBody(c, maxBytes);
  if (!body.ok) return body.refusal;
  const { json, limit, bytes } = body.value;
  const isReplaced = bytes === 0 && whenEmpty !== undefined;
  if (json === undefined && !isReplaced) return limit ?? { kind: "not-json" };
  const text = isReplaced ? whenEmpty : body.value.text;
  const { url, method, headers: received, signal } = c.req.raw;
  const headers = new Headers(received);
  headers.set("content-type", "application/json");
  c.req.raw = new Request(url, { method, headers, signal, body: text });
  // Hono caches the body that it has read; the validator must read the new one.
  c.req.bodyCache = {};
  return undefined;
}

/**
 * The part of the request that a validator reads: the JSON body, the query, or the parameters of the path (`param`).
 */
export type Target = "json" | "query" | "param";

/**
 * The type of what a validator takes from the request (`in`) and adds to it (`out`). A handler reads the latter, the
 * schema's output, with `c.req.valid(target)`.
 */
export interface Validated<T extends Target, S extends z.core.$ZodType> {
  in: { [K in T]: z.input<S> };
  out: { [K in T]: z.output<S> };
}

/** A middleware that validates a part of the request. */
export type Validator<T extends Target, S extends z.core.$ZodType, E extends AppEnv = AppEnv> =
  MiddlewareHandler<
    E,
    string,
    Validated<T, S>
  >;

/** Why an input does not match a schema. */
export type InputError = Pick<z.core.$ZodError, "issues">;

/** Creates the answer to a request whose `input` does not match the schema. */
export type Refuse = (c: Context, error: InputError, input: unknown) => Response;

/**
 * Creates a middleware that validates one part of the request with `schema`. A handler reads the schema's output with
 * `c.req.valid(target)`. Invalid input gets the answer of `refuse`.
 */
export function createValidator<T extends Target, S extends z.core.$ZodType, E extends AppEnv>(
  target: T,
  schema: S,
  refuse: Refuse,
) {
  const hook: Hook<unknown, E, string, T, Record<never, never>, z.core.$ZodType> = (
    result,
    c,
  ) => result.success ? undefined : refuse(c, result.error, result.data);
  return zValidator<
    z.core.$ZodType,
    T,
    E,
    string,
    typeof hook,
    z.input<S>,
    z.output<S>,
    Validated<T, S>,
    Validated<T, S>
  >(target, schema, hook);
}

/** Returns a schema for a query parameter that the request may repeat: `schema` validates the first value only. */
export function firstOf<S extends z.ZodMiniType<unknown, string>>(schema: S) {
  return z.pipe(
    z.transform((value: string | string[]): string =>
      typeof value === "string" ? value : value[0] ?? ""
    ),
    schema,
  );
}

/**
 * Returns a schema that takes a string and outputs what `parse` returns. When `parse` returns `undefined`, the string
 * is invalid, with `message`, which says what is expected (`must be a UUID`).
 */
export function parsed<T>(parse: (text: string) => T | undefined, message: string) {
  return z.pipe(
    z.string(),
    z.transform((text: string, context): T => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.issues.push({ code: "custom", message, input: text });
      return z.NEVER;
    }),
  );
}
