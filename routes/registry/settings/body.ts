/** Validation of the bodies of `/api/settings`. */
import * as z from "zod/mini";
import type { Context } from "hono";
import {
  createValidator,
  prepareJsonBody,
  type Refuse,
  type Validator,
} from "../../http/validation.ts";
import { BODY_FAULT_MESSAGES, BODY_RETRY_AFTER_S } from "../../http/body.ts";
import { jsonLimitMessage } from "../../../domain/json/read_json.ts";
import { isJsonObject } from "../../../domain/json/json_object.ts";
import type { FieldError } from "../problem.ts";
import { FIELD_MESSAGES, inBoth } from "./messages.ts";
import { settingsProblem } from "./problem.ts";

/** The largest body of the routes of `/api/settings`, in bytes. */
export const MAX_SETTINGS_BODY_BYTES = 16 * 1024;
/** The most characters of the reason for a deactivation. */
const MAX_REASON_LENGTH = 500;

const TEXT = { error: "must be a text" };

/** The body of `…/validate` and `…/verify`: an address as typed. Whether it is valid depends on the channel. */
export const addressBody = z.object({ address: z.string(TEXT) });

/** The body of `…/activate`: an address, and the one-time passcode that was sent to it. */
export const activateBody = z.object({
  address: z.string(TEXT),
  verificationCode: z.string(TEXT).check(z.minLength(1, "must not be empty")),
});

/** The body of `…/deactivate`: the reason, and optionally an address that replaces the channel's address. */
export const deactivateBody = z.object({
  address: z.nullish(z.string(TEXT)),
  deactivationReason: z.string(TEXT).check(
    z.maxLength(MAX_REASON_LENGTH, `must have at most ${MAX_REASON_LENGTH} characters`),
    z.regex(/\S/, "must not be empty"),
    z.refine((text) => text.isWellFormed(), "must not hold half of a character"),
  ),
});

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;

/**
 * Creates a middleware that validates the JSON body with `schema`; the handler reads the result with
 * `c.req.valid("json")`. The content type must be JSON, or absent. Refusals: 415 for another content type, 413 for a
 * body of more than 16 KiB, 503 when the process holds too many bytes of bodies, 400 for one that is not a JSON object,
 * 422 with an error for each field.
 */
export function jsonBody<S extends z.core.$ZodType>(schema: S): Validator<"json", S> {
  const validate = createValidator("json", schema, answerFields);
  return async (c, next) => {
    const type = c.req.header("content-type");
    if (type !== undefined && !JSON_TYPE.test(type)) {
      return settingsProblem(c, "UNSUPPORTED_MEDIA_TYPE", "Send application/json");
    }
    const refusal = await prepareJsonBody(c, MAX_SETTINGS_BODY_BYTES);
    switch (refusal?.kind) {
      case undefined:
        return await validate(c, next);
      case "too-large":
        return settingsProblem(c, "PAYLOAD_TOO_LARGE", "The body is larger than 16 kB");
      case "not-json":
        return answerNotAnObject(c);
      case "json-limit":
        return settingsProblem(c, "CLIENT_ERROR", jsonLimitMessage(refusal));
      case "broken-off":
        return settingsProblem(c, "CLIENT_ERROR", BODY_FAULT_MESSAGES[refusal.kind]);
      case "bodies-too-large":
        return settingsProblem(c, "SERVICE_UNAVAILABLE", BODY_FAULT_MESSAGES[refusal.kind], {
          retryAfterS: BODY_RETRY_AFTER_S,
        });
    }
  };
}

/** Answers 400: the body is not a JSON object. */
export function answerNotAnObject(c: Context): Response {
  return settingsProblem(c, "CLIENT_ERROR", "The body is not a JSON object");
}

/** Answers with every problem, by field. */
const answerFields: Refuse = (c, error, body) => {
  if (!isJsonObject(body)) return answerNotAnObject(c);
  const errors = error.issues.map(({ path: [name = ""], message }): FieldError => {
    const field = String(name);
    return (body[field] ?? null) === null
      ? { value: null, field, message: "must be given" }
      : { field, message };
  });
  const { message, localizedMessage } = inBoth(c, FIELD_MESSAGES);
  return settingsProblem(c, "VALIDATION_ERROR", message, { localizedMessage, errors });
};
