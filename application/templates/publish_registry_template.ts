/**
 * Publishes a template of a registry: creates it, or saves a new version of it. Diia's are published with Diia first.
 */
import type { ServiceId, TemplateId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { DiiaTemplateRefusal, DiiaTemplates } from "../../domain/ports/diia_templates.ts";
import type {
  RegistryTemplate,
  RegistryTemplateStore,
  RegistryTemplateWrite,
} from "../../domain/ports/registry_template_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import {
  checkDraftSteps,
  type DraftFault,
  hasSameContent,
  type TemplateDraft,
} from "../../domain/registry/template_draft.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { attributeOf } from "../../domain/template/diia.ts";
import { smsOptionsOf } from "../../domain/template/rendering.ts";
import { fixedSmsCharacters, SMS_MAX_CHARACTERS } from "../../domain/template/sms/sms.ts";
import { syntaxOf } from "../../domain/template/published_syntax.ts";
import type { Template } from "../../domain/template/template.ts";
import { runInSlices } from "../event_loop.ts";

/** How long to wait for Diia, in milliseconds. */
const DIIA_TIMEOUT_MS = 15_000;
/** The most tries of a write, the first included, when other requests change the template at the same time. */
const MAX_CONFLICT_ATTEMPTS = 5;

/** The dependencies of {@link publishRegistryTemplate}. */
export interface PublishRegistryTemplatePorts {
  readonly clock: Clock;
  readonly templates: Pick<RegistryTemplateStore, "find" | "save">;
  readonly contexts: Pick<SendingContexts, "load">;
  /** Publishes templates to Diia; `undefined` when the deployment has no access to Diia. */
  readonly diia: DiiaTemplates | undefined;
  /** The service that the registry's templates belong to. */
  readonly serviceId: ServiceId;
}

/** Why a template was not published. */
export type PublishRefusal =
  | DraftFault
  /** The text of an SMS, without the values of its placeholders, is longer than an SMS may be. */
  | { readonly kind: "sms-too-long"; readonly characters: number }
  /** A template for Diia, in a deployment that has no access to Diia. */
  | { readonly kind: "no-diia-partner" }
  | DiiaTemplateRefusal
  /** Other requests kept changing the template. */
  | { readonly kind: "conflict" };

/** The result of publishing. */
export interface PublishedTemplate {
  readonly template: RegistryTemplate;
  /** Whether there was no template of this channel and name before. */
  readonly isNew: boolean;
}

/** Diia's id of a published version. */
type ExternalVersion = NonNullable<NonNullable<RegistryTemplateWrite["version"]>["external"]>;

type PublishWithDiia = () => Promise<Result<ExternalVersion, PublishRefusal>>;

/**
 * Publishes a draft: creates the template of its channel and name, or saves a new version. It writes nothing when the
 * published template is the same, and no new version when only the attributes differ. A template for Diia is published
 * to Diia first; when Diia refuses it, nothing is written and the earlier version stays.
 */
export async function publishRegistryTemplate(
  ports: PublishRegistryTemplatePorts,
  draft: TemplateDraft,
): Promise<Result<PublishedTemplate, PublishRefusal>> {
  const { templates, serviceId, clock } = ports;
  const checked = await runInSlices(checkDraftSteps(draft));
  if (!checked.ok) return checked;
  const characters = draft.channel === "sms" ? await countCharacters(ports, checked.value) : 0;
  if (characters > SMS_MAX_CHARACTERS) return refuse({ kind: "sms-too-long", characters });
  // A retry after a conflict reuses the first answer: every call creates another template at Diia.
  const publishWithDiia = once(() => publishToDiia(ports, draft));
  for (let attempts = 0; attempts < MAX_CONFLICT_ATTEMPTS; attempts++) {
    const existing = await templates.find(serviceId, draft.channel, draft.name);
    if (existing !== undefined && isSame(draft, existing)) {
      return ok({ template: existing, isNew: false });
    }
    const write = await toWrite(ports, draft, existing, publishWithDiia);
    if (!write.ok) return write;
    const saved = await templates.save(serviceId, write.value, clock.now());
    if (saved !== undefined) return ok({ template: saved, isNew: existing === undefined });
  }
  return refuse({ kind: "conflict" });
}

/** The fewest characters that an SMS of the template can have. */
async function countCharacters(
  { contexts, serviceId }: PublishRegistryTemplatePorts,
  template: Template,
): Promise<number> {
  const context = await contexts.load(serviceId, { fresh: true });
  return context === undefined ? 0 : fixedSmsCharacters(template, smsOptionsOf(context.service));
}

function isSame(draft: TemplateDraft, existing: RegistryTemplate): boolean {
  return hasSameContent(draft, existing) &&
    JSON.stringify(draft.attributes) === JSON.stringify(existing.attributes);
}

/** The write that makes the existing template equal to the draft. */
async function toWrite(
  { clock }: PublishRegistryTemplatePorts,
  draft: TemplateDraft,
  existing: RegistryTemplate | undefined,
  publishWithDiia: PublishWithDiia,
): Promise<Result<RegistryTemplateWrite, PublishRefusal>> {
  const { channel, name, title, content, attributes } = draft;
  const write = {
    channel,
    name,
    attributes,
    previous: existing && { id: existing.template.id, version: existing.template.version },
    newId: clock.newId() as TemplateId,
  };
  if (existing !== undefined && hasSameContent(draft, existing)) {
    return ok({ ...write, version: undefined });
  }
  const version = { title, content, syntax: syntaxOf(draft, channel) };
  if (channel !== "diia") {
    return ok({ ...write, version: { ...version, shortText: null, external: undefined } });
  }
  const external = await publishWithDiia();
  if (!external.ok) return external;
  const shortText = attributeOf(attributes, "shortText") ?? null;
  return ok({ ...write, version: { ...version, shortText, external: external.value } });
}

async function publishToDiia(
  { clock, diia }: PublishRegistryTemplatePorts,
  { title, content, attributes }: TemplateDraft,
): Promise<Result<ExternalVersion, PublishRefusal>> {
  if (diia === undefined) return refuse({ kind: "no-diia-partner" });
  const published = await diia.publishTemplate({
    actionType: attributeOf(attributes, "actionType") ?? null,
    templateType: attributeOf(attributes, "templateType") ?? null,
    title,
    shortText: attributeOf(attributes, "shortText") ?? null,
    fullText: content,
  }, AbortSignal.timeout(DIIA_TIMEOUT_MS));
  return published.ok
    ? ok({ id: published.value.externalTemplateId, publishedAt: clock.now() })
    : published;
}

/** Runs `work` at the first call, and returns its result at every call. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => result ??= work();
}
