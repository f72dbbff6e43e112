import type { Context } from "hono";
import * as z from "zod/mini";
import { MAX_LINE, templateName } from "../../domain/registry/user_notification.ts";
import type { TemplateDraft } from "../../domain/registry/template_draft.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { hasInvisible, INVISIBLE_IN_NAME } from "../../domain/service/one_line_name.ts";
import { type Channel, CHANNELS } from "../../domain/service/service.ts";
import { readBody } from "../http/body.ts";
import { IN_ENGLISH } from "../http/validation.ts";
import { bodyProblem } from "./body_problem.ts";
import { invalidField, invalidRequest, type RegistryProblem } from "./problem.ts";
import { fieldErrors } from "./request.ts";

/** The longest content of a template that a registry publishes, in UTF-16 units. */
export const MAX_CONTENT = 1_000_000;
/** The most attributes of a template; an attribute is a name with a value, such as Diia requires them. */
export const MAX_ATTRIBUTES = 50;
/** The longest value of an attribute, in UTF-16 units. */
export const MAX_ATTRIBUTE_VALUE = 10_000;

/** The name of a template that is published. */
const newName = templateName.check(z.refine((name) => !hasInvisible(name), INVISIBLE_IN_NAME));

const TOO_LARGE = "The body is larger than 5 MB";

const attributeName = z.string().check(z.minLength(1, "must not be empty"), z.maxLength(MAX_LINE));

const body = z.object({
  title: z.nullish(
    z.string().check(
      z.maxLength(MAX_LINE),
      z.refine(
        (title) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(title),
        "must be one line of text",
      ),
    ),
  ),
  content: z.string().check(
    z.minLength(1, "must not be empty"),
    z.maxLength(MAX_CONTENT, `must be ${MAX_CONTENT} characters or fewer`),
  ),
  attributes: z.nullish(
    z.array(z.object({
      name: attributeName,
      value: z.string().check(z.maxLength(MAX_ATTRIBUTE_VALUE)),
    })).check(
      z.maxLength(MAX_ATTRIBUTES),
      z.refine(
        (attributes) => new Set(attributes.map(({ name }) => name)).size === attributes.length,
        "must not name an attribute twice",
      ),
    ),
  ),
});

/**
 * Reads the template to publish from the request: channel and name from the path `…/{channel}:{name}`, title, content
 * and attributes from the JSON body. The refusal is the problem to answer: 413 for a body over 5 MB, 503 when the
 * process holds too many bodies, 400 otherwise.
 */
export async function readTemplateDraft(
  c: Context,
): Promise<Result<TemplateDraft, RegistryProblem>> {
  const target = readTarget(c.req.param("target") ?? "");
  if (!target.ok) return target;
  const read = await readBody(c);
  if (!read.ok) return refuse(bodyProblem(read.refusal, TOO_LARGE));
  const { json, limit } = read.value;
  if (json === undefined) return refuse(bodyProblem(limit ?? { kind: "not-json" }, TOO_LARGE));
  const parsed = body.safeParse(json, IN_ENGLISH);
  if (!parsed.success) return refuse(invalidRequest(fieldErrors(parsed.error)));
  const { content, title, attributes } = parsed.data;
  return ok({ ...target.value, title: title ?? null, content, attributes: attributes ?? [] });
}

function readTarget(
  target: string,
): Result<{ readonly channel: Channel; readonly name: string }, RegistryProblem> {
  const colon = target.indexOf(":");
  const word = target.slice(0, colon).toLowerCase();
  const channel = CHANNELS.find((candidate) => candidate === word);
  if (colon === -1 || channel === undefined) {
    const message = `must be one of ${CHANNELS.join(", ")}, and stand before a colon`;
    return refuse(invalidField("channel", message));
  }
  const name = newName.safeParse(target.slice(colon + 1), IN_ENGLISH);
  return name.success
    ? ok({ channel, name: name.data })
    : refuse(invalidField("name", name.error.issues[0]?.message ?? "is not valid"));
}
