import { Hono } from "hono";
import {
  type PublishRefusal,
  publishRegistryTemplate,
  type PublishRegistryTemplatePorts,
} from "../../application/templates/publish_registry_template.ts";
import { sha256Hex } from "../../application/sha256_hex.ts";
import { parseTemplateId } from "../../domain/ids.ts";
import type {
  RegistryTemplate,
  RegistryTemplateStore,
} from "../../domain/ports/registry_template_store.ts";
import { checksumInput } from "../../domain/template/checksum.ts";
import { SMS_MAX_CHARACTERS } from "../../domain/template/sms/sms.ts";
import type { AppEnv } from "../http/context.ts";
import type { AccessTokenAuth } from "./access_token_auth.ts";
import { invalidField, invalidRequest, type RegistryProblem, registryProblem } from "./problem.ts";
import { readTemplateDraft } from "./template_body.ts";

const PATH = "/api/notifications/templates";

/** The dependencies of {@link createTemplateRoutes}. */
export interface RegistryTemplatePorts extends PublishRegistryTemplatePorts {
  readonly accessTokenAuth: AccessTokenAuth;
  readonly templates: RegistryTemplateStore;
  /** The role that an access token must have to publish, list or delete templates. */
  readonly templateRole: string;
}

/**
 * Creates the routes by which registries publish, list and delete templates, `/api/notifications/templates`. `PUT
 * …/{channel}:{name}` creates (201) or changes (200) the template of that channel and name; a template for Diia is
 * published to Diia first.
 */
export function createTemplateRoutes(ports: RegistryTemplatePorts): Hono<AppEnv> {
  const { accessTokenAuth, templates, serviceId, templateRole, clock } = ports;
  const requirePublisher = accessTokenAuth.requireRole(templateRole);
  const app = new Hono<AppEnv>();

  app.put(`${PATH}/:target`, requirePublisher, async (c) => {
    c.get("requestLog").serviceId = serviceId;
    const draft = await readTemplateDraft(c);
    if (!draft.ok) return registryProblem(c, draft.refusal);
    const published = await publishRegistryTemplate(ports, draft.value);
    if (!published.ok) return registryProblem(c, toProblem(published.refusal));
    const { template, isNew } = published.value;
    return c.json(await presentTemplate(template), isNew ? 201 : 200);
  });

  for (const path of [PATH, `${PATH}/`]) {
    app.get(path, requirePublisher, async (c) => c.json(await templates.list(serviceId)));
  }

  app.delete(`${PATH}/:id`, requirePublisher, async (c) => {
    const id = parseTemplateId(c.req.param("id"));
    if (id === undefined) {
      return registryProblem(c, { status: 400, message: "The template's id is not a UUID" });
    }
    const isRemoved = await templates.remove(serviceId, id, clock.now());
    return isRemoved
      ? c.body(null, 200)
      : registryProblem(c, { status: 404, message: "There is no such template" });
  });

  return app;
}

function toProblem(refusal: PublishRefusal): RegistryProblem {
  switch (refusal.kind) {
    case "diia-fields-missing":
      return invalidRequest(
        refusal.fields.map((field) => ({ field, message: "is required by Diia" })),
      );
    case "content-not-valid":
      return invalidField(
        "content",
        `line ${refusal.line}, column ${refusal.column}: ${refusal.message}`,
      );
    case "content-too-long":
      return invalidField("content", `is longer than a message of ${refusal.channel} can be`);
    case "sms-too-long":
      return invalidField(
        "content",
        `has ${refusal.characters} characters without its values; a text holds ` +
          `${SMS_MAX_CHARACTERS}`,
      );
    case "no-diia-partner":
      return {
        status: 400,
        message:
          "This deployment is no partner of Diia's: set DIIA_BASE_URL and DIIA_PARTNER_TOKEN",
      };
    case "diia-refused":
      return {
        status: 502,
        message: `Diia refused the template: ${refusal.message || refusal.code}`,
      };
    case "diia-unreachable":
      return {
        status: 502,
        message: `Diia could not be reached (${refusal.code}): try again`,
      };
    case "conflict":
      return { status: 409, message: "Other requests keep changing the template: try again" };
  }
}

async function presentTemplate(
  { channel, name, attributes, template }: RegistryTemplate,
): Promise<Readonly<Record<string, unknown>>> {
  const { subject: title, body: content, externallyPublishedAt: publishedAt } = template;
  return {
    name,
    channel,
    title,
    content,
    checksum: await sha256Hex(checksumInput(channel, { title, content, attributes })),
    attributes,
    createdAt: toIsoTime(template.createdAt),
    updatedAt: toIsoTime(template.updatedAt ?? template.createdAt),
    externalTemplateId: template.externalId,
    externallyPublishedAt: publishedAt === null ? null : toIsoTime(publishedAt),
  };
}

function toIsoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
