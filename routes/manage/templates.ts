import type { Hono } from "hono";
import type * as z from "zod/mini";
import { parseTemplateId, type TemplateId } from "../../domain/ids.ts";
import { syntaxesOf } from "../../domain/template/syntax.ts";
import { checkTemplate, type TemplateSource } from "../../domain/template/template.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { type AppContext, type AppEnv } from "../http/context.ts";
import type { ManagePorts } from "./ports.ts";
import { type FieldProblem, problem } from "./problem.ts";
import { withBody, withService } from "./request.ts";
import { changedTemplate, newTemplate } from "./schemas.ts";

/** Adds the templates of a service. */
export function addTemplateRoutes(app: Hono<AppEnv>, { clock, store }: ManagePorts): void {
  const withTemplate = (
    c: AppContext,
    handle: (
      template: TemplateVersion,
      service: { readonly id: Parameters<typeof store.getTemplate>[0] },
    ) => Promise<Response>,
  ) =>
    withService(c, store, async (service) => {
      const id = parseTemplateId(c.req.param("template_id"));
      const template = id === undefined ? undefined : await store.getTemplate(service.id, id);
      return template === undefined
        ? problem(c, 404, "The service has no such template")
        : await handle(template, service);
    });

  app.post(
    "/manage/services/:service_id/templates",
    (c) =>
      withService(
        c,
        store,
        (service) =>
          withBody(c, newTemplate, async ({ unsubscribe_link, syntax = "notify", ...made }) => {
            const content = { ...made, syntax, subject: made.subject ?? null };
            const fault = bodyFaultOf(content);
            if (fault !== undefined) {
              return problem(c, 400, "Invalid request: see errors", [fault]);
            }
            const id = clock.newId() as TemplateId;
            const template = await store.createTemplate(
              service.id,
              { ...content, id, unsubscribeLink: unsubscribe_link ?? false },
              clock.now(),
            );
            if (template === undefined) {
              return problem(c, 404, "There is no such service");
            }
            return c.json(present(template), 201);
          }),
      ),
  );

  app.get(
    "/manage/services/:service_id/templates",
    (c) =>
      withService(c, store, async (service) => {
        const templates = await store.listTemplates(service.id, undefined);
        return c.json({ templates: templates.map(present) });
      }),
  );

  app.get(
    "/manage/services/:service_id/templates/:template_id",
    (c) => withTemplate(c, (template) => Promise.resolve(c.json(present(template)))),
  );

  app.put(
    "/manage/services/:service_id/templates/:template_id",
    (c) =>
      withTemplate(c, (template, service) =>
        withBody(c, changedTemplate, async (change) => {
          if (change.channel !== undefined && change.channel !== template.channel) {
            return problem(c, 400, "A template keeps its channel", [
              { field: "channel", message: `is ${template.channel}` },
            ]);
          }
          const fault = faultOf(template, change);
          if (fault !== undefined) {
            return problem(c, 400, "Invalid request: see errors", [fault]);
          }
          const changed = await store.updateTemplate(service.id, template.id, {
            ...(change.name === undefined ? {} : { name: change.name }),
            ...wordsOf(template, change),
            ...(change.subject === undefined ? {} : { subject: change.subject }),
            ...(change.unsubscribe_link === undefined
              ? {}
              : { unsubscribeLink: change.unsubscribe_link }),
          }, clock.now());
          return changed === undefined
            ? problem(c, 409, "The template is archived")
            : c.json(present(changed));
        })),
  );

  app.delete(
    "/manage/services/:service_id/templates/:template_id",
    (c) =>
      withTemplate(c, async (template, service) => {
        await store.archiveTemplate(service.id, template.id, clock.now());
        return c.body(null, 204);
      }),
  );
}

type Change = z.output<typeof changedTemplate>;

/**
 * Body and syntax, where the change has one of them: they are written as they were read together, whatever others write
 * meanwhile.
 */
function wordsOf(template: TemplateVersion, { body, syntax }: Change) {
  return body === undefined && syntax === undefined
    ? {}
    : { body: body ?? template.body, syntax: syntax ?? template.syntax };
}

/** What of a change does not go with the template's channel and syntax. */
function faultOf(
  { channel, syntax, ...template }: TemplateVersion,
  change: Change,
): FieldProblem | undefined {
  if (channel === "diia") {
    return {
      field: "channel",
      message: "Diia's templates are changed where they are published: PUT " +
        "/api/notifications/templates/diia:name",
    };
  }
  const subject = change.subject === undefined ? template.subject : change.subject;
  if (channel !== "sms" && change.subject === null && template.subject !== null) {
    const message = channel === "email"
      ? "an e-mail needs a subject"
      : "an inbox message keeps its subject";
    return { field: "subject", message };
  }
  if (channel === "sms" && change.subject !== undefined && subject !== null) {
    return { field: "subject", message: "a text has no subject" };
  }
  if (channel !== "email" && change.unsubscribe_link === true) {
    const message = channel === "sms"
      ? "a text has no link to unsubscribe"
      : "only an e-mail has a link to unsubscribe";
    return { field: "unsubscribe_link", message };
  }
  const allowed = syntaxesOf(channel);
  if (change.syntax !== undefined && !allowed.includes(change.syntax)) {
    return { field: "syntax", message: `must be one of ${allowed.join(", ")}` };
  }
  const body = change.body ?? template.body;
  return bodyFaultOf({ channel, syntax: change.syntax ?? syntax, subject, body });
}

/** Where a body cannot be read in its syntax. */
function bodyFaultOf(source: TemplateSource): FieldProblem | undefined {
  const checked = checkTemplate(source);
  if (checked.ok) return undefined;
  const { line, column, message } = checked.refusal;
  return { field: "body", message: `line ${line}, column ${column}: ${message}` };
}

function present(template: TemplateVersion): Readonly<Record<string, unknown>> {
  return {
    id: template.id,
    number: template.number,
    version: template.version,
    channel: template.channel,
    name: template.name,
    subject: template.subject,
    body: template.body,
    unsubscribe_link: template.unsubscribeLink,
    // Diia's templates have a syntax of their own.
    syntax: template.channel === "diia" ? null : template.syntax,
    placeholders: template.parsed.placeholders,
    archived: template.archived,
    created_at: new Date(template.createdAt).toISOString(),
    updated_at: template.updatedAt === null ? null : new Date(template.updatedAt).toISOString(),
  };
}
