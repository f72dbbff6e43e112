import * as z from "zod/mini";
import {
  type DiiaTemplate,
  type DiiaTemplateRefusal,
  type DiiaTemplates,
  toDiiaTemplateJson,
} from "../../../domain/ports/diia_templates.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import {
  type DiiaCall,
  type DiiaClient,
  isSuccess,
  MAX_DIIA_ID_LENGTH,
  outcomeOfRefusal,
} from "./client.ts";
import { toOneLine } from "../shared/email_fields.ts";
import type { ProviderReply } from "../shared/http_exchange.ts";

/** Max characters of Diia's error message that are passed on to the caller; the rest is cut off. */
export const MAX_REFUSAL_LENGTH = 200;

/** Returns the call to Diia that publishes a template. */
export function toTemplateCall(template: DiiaTemplate): DiiaCall {
  return {
    method: "POST",
    path: "/api/v1/notification/template",
    body: toDiiaTemplateJson(template),
  };
}

const Published = z.object({
  templateId: z.string().check(z.minLength(1), z.maxLength(MAX_DIIA_ID_LENGTH)),
});
const Code = z.union([
  z.pipe(z.int().check(z.nonnegative()), z.transform(String)),
  z.string().check(z.regex(/^[\w.-]{1,40}$/)),
]);
const Refused = z.object({
  code: z.catch(z.optional(Code), undefined),
  message: z.catch(z.string(), ""),
});

/**
 * Reads Diia's reply to {@link toTemplateCall}: the id that the template has at Diia, or why it was not published.
 *
 * `diia-refused` is a final refusal. Its `code` is Diia's own, or else `http-` and the status; its `message` is Diia's,
 * made one line and cut at {@link MAX_REFUSAL_LENGTH} characters. `diia-unreachable` may be retried; but after a reply
 * of success without a usable id (`bad-answer`), a 408 or a server error, Diia may have the template already.
 */
export function fromTemplateResponse(
  reply: ProviderReply,
): Result<{ readonly externalTemplateId: string }, DiiaTemplateRefusal> {
  if (isSuccess(reply)) {
    const published = Published.safeParse(reply.body);
    if (published.success) return ok({ externalTemplateId: published.data.templateId });
    return refuse({ kind: "diia-unreachable", code: "bad-answer" });
  }
  const outcome = outcomeOfRefusal(reply);
  if (outcome.kind === "retry") return refuse({ kind: "diia-unreachable", code: outcome.code });
  const body = Refused.safeParse(reply.body);
  return refuse({
    kind: "diia-refused",
    status: reply.status,
    code: body.data?.code ?? outcome.code,
    message: toShortLine(body.data?.message ?? ""),
  });
}

function toShortLine(text: string): string {
  return [...toOneLine(text)].slice(0, MAX_REFUSAL_LENGTH).join("");
}

/** Creates the part of the provider that publishes templates to Diia. */
export function createDiiaTemplates(call: DiiaClient): DiiaTemplates {
  return {
    async publishTemplate(template, signal) {
      const reply = await call(toTemplateCall(template), signal);
      if (reply.ok) return fromTemplateResponse(reply.value);
      return refuse({ kind: "diia-unreachable", code: reply.refusal.code });
    },
  };
}
