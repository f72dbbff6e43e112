import type { Hono } from "hono";
import * as z from "zod/mini";
import type { DiiaTemplates } from "../../domain/ports/diia_templates.ts";
import { parseTemplateId, type ServiceId, type TemplateId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type {
  RegistryTemplate,
  RegistryTemplateStore,
  RegistryTemplateWrite,
} from "../../domain/ports/registry_template_store.ts";
import { LONGEST_FILLED } from "../../domain/sending/plan_content.ts";
import { MAX_LINE, templateName } from "../../domain/registry/user_notification.ts";
import { smsOptionsOf } from "../../domain/template/rendering.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { type Channel, CHANNELS } from "../../domain/service/service.ts";
import { checksumInput } from "../../domain/template/checksum.ts";
import { attributeOf, type TemplateAttribute } from "../../domain/template/diia.ts";
import { syntaxOf } from "../../domain/template/syntax.ts";
import { fixedSize } from "../../domain/template/filled_size.ts";
import { fixedSmsCharacters, SMS_MAX_CHARACTERS } from "../../domain/template/sms/sms.ts";
import { checkTemplate } from "../../domain/template/template.ts";
import { readBody } from "../http/body.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { IN_ENGLISH } from "../http/validation.ts";
import type { AccessTokenAuth } from "./access_token_auth.ts";
import { type RegistryProblem, registryProblem } from "./problem.ts";
import { fieldErrors } from "./request.ts";

/** The largest content of a template, in UTF-16 units. */
export const MAX_CONTENT = 1_000_000;
/** The most attributes of a template, and the longest of their values. */
export const MAX_ATTRIBUTES = 50;
export const MAX_ATTRIBUTE_VALUE = 10_000;
/** How long Diia is waited for. */
export const PUBLISH_TIMEOUT_MS = 15_000;
/** How often a template is looked at anew when others change it meanwhile. */
const MAX_TRIES = 5;

/** Diia shows a message by these; without one of them it takes no template. */
const DIIA_ATTRIBUTES = ["actionType", "templateType", "shortText"] as const;

/** What publishing templates works with. */
export interface RegistryTemplatePorts {
  readonly clock: Clock;
  readonly accessTokenAuth: AccessTokenAuth;
  readonly templates: RegistryTemplateStore;
  /** The service whose texts they are. */
  readonly contexts: Pick<SendingContexts, "load">;
  /** Where Diia's templates are published; `undefined` where the deployment is no partner of Diia's. */
  readonly diia: DiiaTemplates | undefined;
  readonly serviceId: ServiceId;
  readonly templateRole: string;
}

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

/** A template as it is asked to be. */
interface Wanted {
  readonly channel: Channel;
  readonly name: string;
  readonly title: string | null;
  readonly content: string;
  readonly attributes: readonly TemplateAttribute[];
}

/** Adds the templates of the registries. */
export function addTemplateRoutes(app: Hono<AppEnv>, ports: RegistryTemplatePorts): void {
  const { accessTokenAuth, templates, serviceId, templateRole, clock } = ports;
  app.put(
    "/api/notifications/templates/:target",
    (c) => accessTokenAuth.withRole(c, templateRole, () => put(c, ports)),
  );

  for (const path of ["/api/notifications/templates", "/api/notifications/templates/"]) {
    app.get(
      path,
      (c) =>
        accessTokenAuth.withRole(
          c,
          templateRole,
          async () => c.json(await templates.list(serviceId)),
        ),
    );
  }

  app.delete(
    "/api/notifications/templates/:id",
    (c) =>
      accessTokenAuth.withRole(c, templateRole, async () => {
        const id = parseTemplateId(c.req.param("id"));
        if (id === undefined) {
          return registryProblem(c, { status: 400, message: "The template's id is no UUID" });
        }
        return await templates.remove(serviceId, id, clock.now())
          ? c.body(null, 200)
          : registryProblem(c, { status: 404, message: "There is no such template" });
      }),
  );
}

async function put(c: AppContext, ports: RegistryTemplatePorts): Promise<Response> {
  const { templates, serviceId, clock } = ports;
  c.get("facts").serviceId = serviceId;
  const wanted = await readWanted(c);
  if (!wanted.ok) return registryProblem(c, wanted.refusal);
  const tooLong = wanted.value.channel === "sms" ? await judgeText(ports, wanted.value) : undefined;
  if (tooLong !== undefined) return registryProblem(c, tooLong);
  const publish = publishOnce(ports, wanted.value);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await templates.find(serviceId, wanted.value.channel, wanted.value.name);
    const write = await toWrite(ports, wanted.value, found, publish);
    if (!write.ok) return registryProblem(c, write.refusal);
    if (write.value === undefined && found !== undefined) return c.json(await present(found));
    const saved = write.value && await templates.save(serviceId, write.value, clock.now());
    if (saved !== undefined) {
      return c.json(await present(saved), found === undefined ? 201 : 200);
    }
  }
  return registryProblem(c, {
    status: 409,
    message: "Others keep changing the template: try again",
  });
}

async function readWanted(c: AppContext): Promise<Result<Wanted, RegistryProblem>> {
  const target = c.req.param("target") ?? "";
  const cut = target.indexOf(":");
  const channel = CHANNELS.find((one) => one === target.slice(0, cut).toLowerCase());
  if (cut === -1 || channel === undefined) {
    return invalid("channel", `must be one of ${CHANNELS.join(", ")}, and stand before a colon`);
  }
  const name = templateName.safeParse(target.slice(cut + 1), IN_ENGLISH);
  if (!name.success) return invalid("name", name.error.issues[0]?.message ?? "is not valid");
  const read = await readBody(c);
  if (!read.ok) return refuse({ status: 413, message: "The body is larger than 5 MB" });
  const { json } = read.value;
  if (json === undefined) return refuse({ status: 400, message: "The body is not JSON" });
  const parsed = body.safeParse(json, IN_ENGLISH);
  if (!parsed.success) return wrong(fieldErrors(parsed.error));
  const { content, title = null, attributes } = parsed.data;
  const wanted = { channel, name: name.data, title, content, attributes: attributes ?? [] };
  const missing = channel === "diia" ? missingOfDiia(wanted) : [];
  if (missing.length > 0) {
    return wrong(missing.map((field) => ({ field, message: "Diia asks for it" })));
  }
  const source = sourceOf(wanted);
  const checked = checkTemplate(source);
  if (checked.ok) {
    return fixedSize(checked.value) > LONGEST_FILLED[channel]
      ? invalid("content", `is longer than a message of ${channel} can be`)
      : ok(wanted);
  }
  const { message, line, column } = checked.refusal;
  return invalid("content", `line ${line}, column ${column}: ${message}`);
}

/** Why no text could be sent of a template, whatever the values; `undefined` where some can. */
async function judgeText(
  { contexts, serviceId }: RegistryTemplatePorts,
  wanted: Wanted,
): Promise<RegistryProblem | undefined> {
  const checked = checkTemplate(sourceOf(wanted));
  const context = await contexts.load(serviceId, { fresh: true });
  if (!checked.ok || context === undefined) return undefined;
  const characters = fixedSmsCharacters(checked.value, smsOptionsOf(context.service));
  if (characters <= SMS_MAX_CHARACTERS) return undefined;
  const message =
    `has ${characters} characters without its values; a text holds ${SMS_MAX_CHARACTERS}`;
  return toProblem([{ field: "content", message }]);
}

function sourceOf({ channel, title, content, attributes }: Wanted) {
  const syntax = syntaxOf({ title, content }, channel);
  return { channel, syntax, subject: title, body: content, attributes };
}

function missingOfDiia({ title, attributes }: Wanted): readonly string[] {
  const missing = DIIA_ATTRIBUTES.filter((name) => (attributeOf(attributes, name) ?? "") === "");
  return [
    ...((title ?? "") === "" ? ["title"] : []),
    ...missing.map((name) => `attributes.${name}`),
  ];
}

/**
 * What is to be written; nothing where all is as it should be. A template of Diia's is published there first: while it
 * is not, the version before it serves on.
 */
async function toWrite(
  { clock }: RegistryTemplatePorts,
  wanted: Wanted,
  found: RegistryTemplate | undefined,
  publish: () => Promise<Result<External, RegistryProblem>>,
): Promise<Result<RegistryTemplateWrite | undefined, RegistryProblem>> {
  const { channel, name, title, content, attributes } = wanted;
  const write = {
    channel,
    name,
    attributes,
    found: found && { id: found.template.id, version: found.template.version },
    newId: clock.newId() as TemplateId,
  };
  if (found !== undefined && isSame(wanted, found)) {
    const listed = JSON.stringify(attributes) === JSON.stringify(found.attributes);
    return ok(listed ? undefined : { ...write, version: undefined });
  }
  const words = { title, content, syntax: syntaxOf(wanted, channel) };
  if (channel !== "diia") {
    return ok({ ...write, version: { ...words, shortText: null, external: undefined } });
  }
  const external = await publish();
  if (!external.ok) return external;
  const shortText = attributeOf(attributes, "shortText") ?? null;
  return ok({ ...write, version: { ...words, shortText, external: external.value } });
}

type External = NonNullable<NonNullable<RegistryTemplateWrite["version"]>["external"]>;

/** Publishes with Diia at the first call, and gives the same at every other: a template that is looked at anew is there. */
function publishOnce(
  { clock, diia }: RegistryTemplatePorts,
  { title, content, attributes }: Wanted,
): () => Promise<Result<External, RegistryProblem>> {
  async function publish(): Promise<Result<External, RegistryProblem>> {
    if (diia === undefined) {
      return refuse({
        status: 400,
        message:
          "This deployment is no partner of Diia's: set DIIA_BASE_URL and DIIA_PARTNER_TOKEN",
      });
    }
    const published = await diia.publishTemplate({
      actionType: attributeOf(attributes, "actionType") ?? null,
      templateType: attributeOf(attributes, "templateType") ?? null,
      title,
      shortText: attributeOf(attributes, "shortText") ?? null,
      fullText: content,
    }, AbortSignal.timeout(PUBLISH_TIMEOUT_MS));
    if (published.ok) {
      return ok({ id: published.value.externalTemplateId, publishedAt: clock.now() });
    }
    const { refusal } = published;
    return refuse({
      status: 502,
      message: refusal.kind === "diia-refused"
        ? `Diia did not take the template: ${refusal.message || refusal.code}`
        : `Diia could not be reached (${refusal.code}): try again`,
    });
  }
  let first: Promise<Result<External, RegistryProblem>> | undefined;
  return () => first ??= publish();
}

function isSame(wanted: Wanted, { channel, attributes, template }: RegistryTemplate): boolean {
  const { subject: title, body: content, externalId, syntax } = template;
  if (wanted.title !== title) return false;
  // An edit elsewhere keeps the syntax that was there.
  if (channel !== "diia" && syntax !== syntaxOf(wanted, channel)) return false;
  return checksumInput(channel, wanted) ===
      checksumInput(channel, { title, content, attributes }) &&
    (channel !== "diia" || externalId !== null);
}

async function present(
  { channel, name, attributes, template }: RegistryTemplate,
): Promise<Readonly<Record<string, unknown>>> {
  const { subject: title, body: content } = template;
  const input = checksumInput(channel, { title, content, attributes });
  const checksum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(input));
  return {
    name,
    channel,
    title,
    content,
    checksum: new Uint8Array(checksum).toHex(),
    attributes,
    createdAt: toTime(template.createdAt),
    updatedAt: toTime(template.updatedAt ?? template.createdAt),
    externalTemplateId: template.externalId,
    externallyPublishedAt: template.externallyPublishedAt === null
      ? null
      : toTime(template.externallyPublishedAt),
  };
}

function toTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

interface FieldError {
  readonly field: string;
  readonly message: string;
}

function toProblem(errors: readonly FieldError[]): RegistryProblem {
  return { status: 400, message: "Invalid request: see errors", errors };
}

function wrong(errors: readonly FieldError[]): Result<never, RegistryProblem> {
  return refuse(toProblem(errors));
}

function invalid(field: string, message: string): Result<never, RegistryProblem> {
  return wrong([{ field, message }]);
}
