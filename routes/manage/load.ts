/** Middlewares that load the service, template or job that the path names into the context, or answer 404. */
import type { MiddlewareHandler } from "hono";
import * as z from "zod/mini";
import { parseJobId, parseSenderId, parseServiceId, parseTemplateId } from "../../domain/ids.ts";
import type { JobProgress } from "../../domain/jobs/job.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { Service } from "../../domain/service/service.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import type { AppEnv } from "../http/context.ts";
import type { ManageEnv } from "./context.ts";
import { parsed, type Validator } from "../http/validation.ts";
import { problem } from "./problem.ts";
import { pathIds } from "./validation.ts";

/** The Hono environment of routes behind {@link loadService}: `c.var.service` is the service of the path. */
export interface ServiceEnv extends ManageEnv {
  readonly Variables: ManageEnv["Variables"] & { readonly service: Service };
}

/** The Hono environment of routes behind {@link loadTemplate}: `c.var.template` is the template of the path. */
export interface TemplateEnv extends ServiceEnv {
  readonly Variables: ServiceEnv["Variables"] & { readonly template: TemplateVersion };
}

/** The Hono environment of routes behind {@link loadJob}: `c.var.job` is the job of the path. */
export interface JobEnv extends ServiceEnv {
  readonly Variables: ServiceEnv["Variables"] & { readonly job: JobProgress };
}

/** A middleware that needs the ids which `V` has validated. */
type Loader<E extends AppEnv, V> = V extends Validator<"param", infer S>
  ? MiddlewareHandler<E, string, { out: { param: z.output<S> } }>
  : never;

const NO_SERVICE = "There is no such service";
const NO_TEMPLATE = "The service has no such template";
const NO_JOB = "The service has no such job";

/** Returns the schema of an id in the path. It outputs what `parse` returns; `undefined` makes the id invalid. */
export function id<T>(parse: (text: string) => T | undefined) {
  return parsed(parse, "must be a UUID");
}

/** A middleware that validates `service_id` in the path. Answers 404 when it is not a UUID. */
export const serviceId = pathIds(z.looseObject({ service_id: id(parseServiceId) }), NO_SERVICE);

/**
 * Returns a middleware that loads the service of the path as `c.var.service`, and adds its id to the request's log.
 * Answers 404 when there is none.
 */
export function loadService(
  store: Pick<ManagementStore, "getService">,
): Loader<ServiceEnv, typeof serviceId> {
  return async (c, next) => {
    const service = await store.getService(c.req.valid("param").service_id);
    if (service === undefined) return problem(c, 404, NO_SERVICE);
    c.get("requestLog").serviceId = service.id;
    c.set("service", service);
    return await next();
  };
}

/** A middleware that validates `template_id` in the path. Answers 404 when it is not a UUID. */
export const templateId = pathIds(z.looseObject({ template_id: id(parseTemplateId) }), NO_TEMPLATE);

/**
 * Returns a middleware that loads the latest version of the template of the path as `c.var.template`. Answers 404 when
 * the service has no such template.
 */
export function loadTemplate(
  store: Pick<ManagementStore, "getTemplate">,
): Loader<TemplateEnv, typeof templateId> {
  return async (c, next) => {
    const template = await store.getTemplate(c.var.service.id, c.req.valid("param").template_id);
    if (template === undefined) return problem(c, 404, NO_TEMPLATE);
    c.set("template", template);
    return await next();
  };
}

/** A middleware that validates `job_id` in the path. Answers 404 when it is not a UUID. */
export const jobId = pathIds(z.looseObject({ job_id: id(parseJobId) }), NO_JOB);

/** Returns a middleware that loads the job of the path as `c.var.job`. Answers 404 when the service has no such job. */
export function loadJob(jobs: Pick<JobStore, "get">): Loader<JobEnv, typeof jobId> {
  return async (c, next) => {
    const job = await jobs.get(c.var.service.id, c.req.valid("param").job_id);
    if (job === undefined) return problem(c, 404, NO_JOB);
    c.set("job", job);
    return await next();
  };
}

/** Returns a middleware that validates `sender_id` in the path. Answers 404 with `detail` when it is not a UUID. */
export function senderId(detail: string) {
  return pathIds(z.looseObject({ sender_id: id(parseSenderId) }), detail);
}
