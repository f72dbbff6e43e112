import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import { streamResults } from "../../application/jobs/results_csv.ts";
import { type JobId, parseJobId, type ServiceId } from "../../domain/ids.ts";
import { describe } from "../http/openapi.ts";
import { answerStartRefusal } from "./job_refusal.ts";
import { createUploadRoutes } from "./job_upload.ts";
import { jobId, loadJob, loadService, type ServiceEnv, serviceId } from "./load.ts";
import type { JobPorts } from "./ports.ts";
import { jobStart } from "./schemas.ts";
import { recordRead, recordReads } from "./record_reads.ts";
import { presentJob } from "./present_job.ts";
import { problem } from "./problem.ts";
import { answerFirstProblem, optionalJsonBody, pageId, query } from "./validation.ts";

/** How many jobs a page of the list has at most. */
export const JOBS_PAGE = 100;

const jobsQuery = z.strictObject({ older_than: pageId(parseJobId, "a job's id") });

/**
 * Creates the routes of a service's jobs, each of which sends one template to a list of recipients: upload, list, show,
 * download the results, cancel and start.
 */
export function createJobRoutes(ports: JobPorts) {
  const { accounts, clock, store, jobs, uploads } = ports;
  const job = loadJob(jobs);

  /** Answers with the current state of a job. */
  async function answerJob(c: Context, service: ServiceId, id: JobId): Promise<Response> {
    const job = await jobs.get(service, id);
    if (job === undefined) return problem(c, 404, "The service has no such job");
    return c.json(presentJob(job));
  }

  // One long chain: Hono derives the types of the handlers from it.
  return new Hono<ServiceEnv>()
    .use(serviceId, loadService(store), recordReads(accounts.audit, "jobs"))
    .route("/", createUploadRoutes(ports))
    .get(
      "/",
      describe(`List the jobs, newest first, ${JOBS_PAGE} a page`, {
        200: "The jobs; `links.next` is the address of the next page",
      }),
      query(jobsQuery, answerFirstProblem),
      async (c) => {
        const { older_than } = c.req.valid("query");
        const page = await jobs.list(c.var.service.id, { olderThan: older_than }, JOBS_PAGE);
        const last = page.length === JOBS_PAGE ? page.at(-1) : undefined;
        return c.json({
          jobs: page.map(presentJob),
          links: last === undefined ? {} : { next: `${c.req.path}?older_than=${last.id}` },
        });
      },
    )
    .get(
      "/:job_id",
      describe("Show a job", { 200: "The job" }),
      jobId,
      job,
      (c) => c.json(presentJob(c.var.job)),
    )
    .get(
      "/:job_id/results.csv",
      describe("Download what became of each row", {
        200: { description: "A line for each row", mediaType: "text/csv" },
      }),
      jobId,
      job,
      (c) => {
        const { id } = c.var.job;
        return c.body(streamResults(jobs, c.var.service.id, id), 200, {
          "Content-Type": "text/csv; charset=utf-8",
          "Content-Disposition": `attachment; filename="job-${id}.csv"`,
        });
      },
    )
    .post(
      "/:job_id/cancel",
      describe("Cancel the rows of a job that have not been sent", {
        200: "The job",
        409: "The job has finished",
      }),
      jobId,
      job,
      async (c) => {
        const { access, service, job } = c.var;
        const cancelled = await jobs.cancel(service.id, job.id, clock.now(), {
          chain: service.id,
          actor: access.actor,
          action: "job-cancelled",
          subject: job.id,
        });
        if (cancelled) return await answerJob(c, service.id, job.id);
        const current = await jobs.get(service.id, job.id) ?? job;
        return problem(c, 409, `The job has ended: its status is ‘${current.status}’`);
      },
    )
    .post(
      "/:job_id/pause",
      describe("Pause a job: no further message of it is sent until it is resumed", {
        200: "The job; also one that is paused already",
        409: "The job has ended, or waits to be started",
      }),
      jobId,
      job,
      async (c) => {
        const { access, service, job } = c.var;
        const paused = await jobs.pause(service.id, job.id, clock.now(), {
          chain: service.id,
          actor: access.actor,
          action: "job-paused",
          subject: job.id,
        });
        const current = await jobs.get(service.id, job.id) ?? job;
        return paused || current.status === "paused"
          ? c.json(presentJob(current))
          : problem(c, 409, `The job cannot be paused: its status is ‘${current.status}’`);
      },
    )
    .post(
      "/:job_id/resume",
      describe("Resume a paused job", {
        200: "The job",
        409: "The job is not paused, or the service is archived",
      }),
      jobId,
      job,
      async (c) => {
        const { access, service, job } = c.var;
        if (!service.active) return problem(c, 409, "The service is archived");
        const entry = {
          chain: service.id,
          actor: access.actor,
          action: "job-resumed",
          subject: job.id,
        } as const;
        if (await jobs.resume(service.id, job.id, clock.now(), entry)) {
          return await answerJob(c, service.id, job.id);
        }
        const current = await jobs.get(service.id, job.id) ?? job;
        return problem(c, 409, `The job is not paused: its status is ‘${current.status}’`);
      },
    )
    .post(
      "/:job_id/start",
      describe("Start a job that waits to be started", {
        200: "The job",
        409:
          "The job does not wait to be started, its list has a warning that is not accepted, or the service is archived",
        429: "The job has more rows than the daily limit of its day leaves",
      }),
      jobId,
      job,
      optionalJsonBody(jobStart),
      async (c) => {
        const { access, service, job } = c.var;
        const { accept_warnings = [] } = c.req.valid("json");
        const started = await uploads.start(service, job, accept_warnings, access.actor);
        if (started.ok) return await answerJob(c, service.id, job.id);
        // The answer has rows of the list.
        if (started.refusal.kind === "warnings") await recordRead(c.var, accounts.audit, "jobs");
        return answerStartRefusal(c, started.refusal);
      },
    );
}
