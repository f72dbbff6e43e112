/** Reads the body of `POST /notifications/{channel}` of GOV.UK Notify's API of 2016. */
import * as z from "zod/mini";
import { parseUuid, type TemplateId } from "../../../domain/ids.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import type { SendRequest, TemplateChoice } from "../../../domain/sending/send_request.ts";
import type { Channel } from "../../../domain/service/service.ts";
import type { FieldProblems, Refusal2016 } from "./errors.ts";

const REQUIRED = "Missing data for required field.";

const MESSAGES: Readonly<Record<string, string>> = {
  to: "Not a valid string.",
  template: "Not a template's id or number.",
  personalisation: "Not a valid mapping type.",
};

const templateChoice = z.union([
  z.pipe(
    z.int().check(z.positive()),
    z.transform((number: number): TemplateChoice => ({ by: "number", number })),
  ),
  z.pipe(
    z.string(),
    z.transform((text: string, context): TemplateChoice => {
      const id = parseUuid(text);
      if (id !== undefined) return { by: "id", id: id as TemplateId };
      if (/^[1-9][0-9]{0,8}$/.test(text)) return { by: "number", number: Number(text) };
      context.issues.push({ code: "custom", message: "not a template", input: text });
      return z.NEVER;
    }),
  ),
]);

const body2016 = z.strictObject({
  to: z.string(),
  template: templateChoice,
  personalisation: z.optional(z.record(z.string(), z.unknown())),
});

/**
 * Validates the body of `POST /notifications/{channel}` (2016), and converts it to a request to send. The recipient is
 * validated later.
 *
 * @param json the parsed body; `undefined` when it is not JSON
 */
export function parseBody2016(channel: Channel, json: unknown): Result<SendRequest, Refusal2016> {
  if (json === undefined) return refuse({ kind: "not-json" });
  const body = body2016.safeParse(json);
  if (!body.success) return refuse({ kind: "fields", problems: toProblems(json, body.error) });
  return ok({
    channel,
    to: body.data.to,
    template: body.data.template,
    personalisation: body.data.personalisation ?? {},
    reference: null,
    senderId: null,
    oneClickUnsubscribeUrl: null,
    sanitise: [],
  });
}

/**
 * Returns the template that the body names, by its id or by the service's own number for it; `undefined` when the body
 * is not valid.
 */
export function templateOf2016(json: unknown): TemplateChoice | undefined {
  return body2016.safeParse(json).data?.template;
}

function toProblems(json: unknown, error: z.core.$ZodError): FieldProblems {
  const fields = typeof json === "object" && json !== null ? json : {};
  const problems = new Map<string, readonly string[]>();
  for (const issue of error.issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) problems.set(key, ["Unknown field."]);
      continue;
    }
    const field = String(issue.path[0] ?? "body");
    const isMissing = field !== "body" && !Object.hasOwn(fields, field);
    const message = field === "body" ? "Not a JSON object." : MESSAGES[field] ?? issue.message;
    problems.set(field, [isMissing ? REQUIRED : message]);
  }
  return Object.fromEntries(problems);
}
