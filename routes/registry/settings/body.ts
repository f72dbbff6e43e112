import * as z from "zod/mini";
import { readBody } from "../../http/body.ts";
import type { AppContext } from "../../http/context.ts";
import { IN_ENGLISH } from "../../http/validation.ts";
import type { FieldError } from "../problem.ts";
import { FIELD_MESSAGES, inBoth } from "./messages.ts";
import { settingsProblem } from "./problem.ts";

/** The largest body of these routes, in bytes. */
export const MAX_SETTINGS_BODY_BYTES = 16 * 1024;
/** The most characters of a reason why a channel was deactivated. */
export const MAX_REASON_LENGTH = 500;

const TEXT = { error: "must be a text" };

/** `address` as typed; whether it is one is for the channel to say. */
export const addressBody = z.object({ address: z.string(TEXT) });

/** An address with the code that proves it. */
export const activateBody = z.object({
  address: z.string(TEXT),
  verificationCode: z.string(TEXT).check(z.minLength(1, "must not be empty")),
});

/** Why a channel is deactivated, and its address if that is to change. */
export const deactivateBody = z.object({
  address: z.nullish(z.string(TEXT)),
  deactivationReason: z.string(TEXT).check(
    z.maxLength(MAX_REASON_LENGTH, `must have at most ${MAX_REASON_LENGTH} characters`),
    z.regex(/\S/, "must not be empty"),
    z.refine((text) => text.isWellFormed(), "must not hold half of a character"),
  ),
});

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;

/** Reads a body by its schema and hands it on, or answers with every problem. */
export async function withBody<S extends z.ZodMiniType>(
  c: AppContext,
  schema: S,
  handle: (body: z.output<S>) => Promise<Response>,
): Promise<Response> {
  const type = c.req.header("content-type");
  if (type !== undefined && !JSON_TYPE.test(type)) {
    return settingsProblem(c, "UNSUPPORTED_MEDIA_TYPE", "Send application/json");
  }
  const read = await readBody(c, MAX_SETTINGS_BODY_BYTES);
  if (!read.ok) return settingsProblem(c, "PAYLOAD_TOO_LARGE", "The body is larger than 16 kB");
  const { json } = read.value;
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return settingsProblem(c, "CLIENT_ERROR", "The body is not a JSON object");
  }
  const parsed = schema.safeParse(json, IN_ENGLISH);
  if (parsed.success) return await handle(parsed.data);
  const errors = parsed.error.issues.map(({ path: [name = ""], message }): FieldError => {
    const field = String(name);
    const missing = (json as Readonly<Record<string, unknown>>)[field] ?? null;
    return missing === null ? { value: null, field, message: "must be given" } : { field, message };
  });
  const { message, localizedMessage } = inBoth(c, FIELD_MESSAGES);
  return settingsProblem(c, "VALIDATION_ERROR", message, { localizedMessage, errors });
}
