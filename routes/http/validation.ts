/** Validation with `@hono/zod-validator`, for the APIs whose schemas are our own. */
import { type Hook, zValidator } from "@hono/zod-validator";
import type { Context, MiddlewareHandler } from "hono";
import en from "zod/v4/locales/en.js";
import * as z from "zod/mini";
import type { JsonLimitFault } from "../../domain/json/read_json.ts";
import { type BodyFault, readBody } from "./body.ts";
import type { AppEnv } from "./context.ts";

/** Options of a parse: English messages for checks that have no message of their own (`zod/mini` brings none). */
export const IN_ENGLISH = { error: en().localeError };

// `zValidator` takes no options of a parse, so the messages are set for the whole process.
z.config(en());

/** Why a body cannot be validated. */
export type BodyRefusal = BodyFault | JsonLimitFault | { readonly kind: "not-json" };

/**
 * Reads the body and prepares the request for `zValidator("json", …)`: it takes a body of any content type, since many
 * clients send none or a wrong one, and Hono's validator sees `{}` unless the content type is JSON.
 *
 * @returns `undefined` when the request is ready for the validator
 */
export async function prepareJsonBody(
  c: Pick<Context, "req" | "get">,
  maxBytes: number,
): Promise<BodyRefusal | undefined> {
  const body = await readBody(c, maxBytes);
  if (!body.ok) return body.refusal;
  const { text, json, limit } = body.value;
  if (json === undefined) return limit ?? { kind: "not-json" };
  const { url, method, headers: received, signal } = c.req.raw;
  const headers = new Headers(received);
  headers.set("content-type", "application/json");
  c.req.raw = new Request(url, { method, headers, signal, body: text });
  // Hono caches the body that it has read; the validator must read the new one.
  c.req.bodyCache = {};
  return undefined;
}

/** Where a validator finds its input. */
export type Target = "json" | "query" | "param";

/** What a middleware adds to the request: the output of the schema, which `c.req.valid(target)` returns. */
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

/** Answers a request whose `input` the schema refuses. */
export type Refuse = (c: Context, error: z.core.$ZodError, input: unknown) => Response;

/** `zValidator` with the refusals of one API. */
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

/** Reads a query parameter by `schema`; when the request repeats it, which the validator gives as a list, its first value. */
export function firstOf<S extends z.ZodMiniType<unknown, string>>(schema: S) {
  return z.pipe(
    z.transform((value: string | string[]): string =>
      typeof value === "string" ? value : value[0] ?? ""
    ),
    schema,
  );
}

/** A schema for text that `parse` reads; `message` says what is expected. */
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
