import type { ServiceId } from "../../domain/ids.ts";
import type { JobChunk } from "../../domain/jobs/job.ts";
import type { Realm } from "../../domain/recipient/realm.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { PlanContext } from "../../domain/sending/plan_context.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { failJob, type JobStop } from "./job_stop.ts";

/** The dependencies of {@link loadChunkContext}. */
export interface ChunkContextPorts {
  readonly contexts: SendingContexts;
  readonly templates: Pick<ManagementStore, "getTemplate">;
  readonly defaults: SenderDefaults;
  /** Whether recipients can read inbox messages of this service; otherwise it may send none. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
  /**
   * The realms (portals: `citizen`, `officer`) whose people can read their inboxes; absent when the deployment does not
   * distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
}

/**
 * Loads what all rows of a chunk (consecutive rows of a job) are planned with: the service as it is now, and the
 * template's version that the rows were validated with. It refuses when the service or the template is archived or no
 * longer exists; the refusal says that the job is to end with an error.
 */
export async function loadChunkContext(
  ports: ChunkContextPorts,
  chunk: JobChunk,
): Promise<Result<PlanContext, JobStop>> {
  const { serviceId, templateId, keyId, keyKind, authorId, createdAt } = chunk.job;
  const context = await ports.contexts.load(serviceId, {
    fresh: true,
    template: { by: "id", id: templateId },
  });
  if (context === undefined || !context.service.active) return refuse(failJob("service-archived"));
  const template = await findJobTemplate(ports, chunk, context.template);
  if (template === undefined || template.archived) return refuse(failJob("template-archived"));
  return ok({
    ...context,
    template,
    // The caller was authorised when the job was created. Here the key matters only for its kind.
    key: { id: keyId, name: "", kind: keyKind, createdAt, revokedAt: undefined },
    authorId,
    defaults: ports.defaults,
    hasInbox: ports.hasInbox(serviceId),
    realms: ports.realms,
  });
}

/** The version that the rows were validated against, unless the template has been archived since. */
async function findJobTemplate(
  { templates }: ChunkContextPorts,
  { job }: JobChunk,
  newest: TemplateVersion | undefined,
): Promise<TemplateVersion | undefined> {
  if (newest === undefined || newest.archived || newest.version === job.templateVersion) {
    return newest;
  }
  return await templates.getTemplate(job.serviceId, job.templateId, job.templateVersion);
}
