import type { Hono } from "hono";
import { type JobId, parseJobId } from "../../domain/ids.ts";
import { jsonRowsMessage } from "../../domain/jobs/json_rows.ts";
import type { JobProgress } from "../../domain/jobs/job.ts";
import { refuse } from "../../domain/result.ts";
import { NO_KEY_ID } from "../../domain/service/no_key.ts";
import type { Service } from "../../domain/service/service.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { IN_ENGLISH } from "../http/validation.ts";
import { presentUploadWarnings } from "../http/upload_warnings.ts";
import { presentJob, presentReport } from "./present_job.ts";
import { streamResults } from "../../application/jobs/results_csv.ts";
import { openUpload, type RowsRefusal } from "../http/upload_body.ts";
import type { UploadRequest } from "../../application/jobs/upload_request.ts";
import { UploadError, type UploadFault } from "../../application/jobs/upload_error.ts";
import { readIdempotency } from "../../application/sending/idempotency.ts";
import { jobQuery, toObject } from "./job_query.ts";
import type { JobPorts } from "./ports.ts";
import { fieldProblems, problem } from "./problem.ts";
import { withService } from "./request.ts";
import { MAX_NAME } from "./schemas.ts";
import { answerUploadRefusal } from "./job_refusal.ts";

/** How many jobs a page holds. */
export const JOBS_PAGE = 100;

const JOBS = "/manage/services/:service_id/jobs";

/** Adds jobs: lists of people to send one template to. */
export function addJobRoutes(app: Hono<AppEnv>, ports: JobPorts): void {
  const { clock, store, contexts, jobs, uploads, readSheet } = ports;

  /** Finds the job of the address and hands it on, or answers that there is none. */
  function withJob(
    c: AppContext,
    handle: (service: Service, job: JobProgress) => Promise<Response>,
  ): Promise<Response> {
    return withService(c, store, async (service) => {
      const id = parseJobId(c.req.param("job_id"));
      const job = id === undefined ? undefined : await jobs.get(service.id, id);
      if (job === undefined) return problem(c, 404, "The service has no such job");
      return await handle(service, job);
    });
  }

  /** Answers with a job as it stands now. */
  async function answerJob(c: AppContext, service: Service, id: JobId): Promise<Response> {
    const job = await jobs.get(service.id, id);
    if (job === undefined) return problem(c, 404, "The service has no such job");
    return c.json(presentJob(job));
  }

  app.post(JOBS, (c) =>
    withService(c, store, async ({ id: serviceId, active }) => {
      if (!active) return problem(c, 409, "The service is archived");
      const params = toObject(new URL(c.req.url).searchParams);
      const query = jobQuery(clock.now()).safeParse(params, IN_ENGLISH);
      if (!query.success) {
        const problems = fieldProblems(query.error);
        return problem(c, 400, "Invalid request: see errors", problems);
      }
      const asked = query.data;
      // What a key stands for is told by the job itself.
      const idempotency = await readIdempotency(c.req.header("idempotency-key"), []);
      if (!idempotency.ok) {
        return answerUploadRefusal(c, { kind: "refused", refusal: idempotency.refusal });
      }
      const context = await contexts.load(serviceId, {
        fresh: true,
        template: { by: "id", id: asked.template_id },
      });
      if (context === undefined) return problem(c, 404, "There is no such service");
      const source = await open(c, asked.file_name);
      if (!source.ok) return answerOpenRefusal(c, source.refusal);
      const fileName = toFileName(asked.file_name ?? source.value.fileName);
      const request: UploadRequest = {
        context,
        key: { id: NO_KEY_ID, kind: "live" },
        templateId: asked.template_id,
        name: asked.name ?? fileName ?? context.template?.name ?? "",
        fileName,
        senderId: asked.sender_id ?? null,
        scheduledFor: asked.scheduled_for ?? null,
        validUntil: asked.valid_until ?? null,
        urgent: asked.urgent === true,
        createdPaused: asked.start === false,
        allowDuplicates: asked.allow_duplicates === true,
        keyHash: idempotency.value?.keyHash ?? null,
      };
      const { signal } = c.req.raw;
      if (asked.dry_run === true) {
        const checked = await uploads.check(request, source.value, signal);
        return checked.ok
          ? c.json(presentReport(checked.value))
          : answerUploadRefusal(c, checked.refusal);
      }
      const taken = await uploads.createJob(request, source.value, signal);
      if (!taken.ok) return answerUploadRefusal(c, taken.refusal);
      const { job, replayed, duplicateUpload } = taken.value;
      if (replayed) c.header("Idempotent-Replayed", "true");
      return c.json({ ...presentJob(job), warnings: presentUploadWarnings(duplicateUpload) }, 201);
    }));

  async function open(c: AppContext, fileName: string | undefined) {
    try {
      return await openUpload(c.req.raw, fileName, readSheet);
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      return refuse({ kind: "body", fault: error.fault } as const);
    }
  }

  app.get(JOBS, (c) =>
    withService(c, store, async (service) => {
      const asked = c.req.query("older_than");
      const olderThan = asked === undefined ? undefined : parseJobId(asked);
      if (asked !== undefined && olderThan === undefined) {
        return problem(c, 400, "older_than must be a job's id");
      }
      const found = await jobs.list(service.id, olderThan, JOBS_PAGE);
      const last = found.length === JOBS_PAGE ? found.at(-1) : undefined;
      return c.json({
        jobs: found.map(presentJob),
        links: last === undefined ? {} : { next: `${c.req.path}?older_than=${last.id}` },
      });
    }));

  app.get(
    `${JOBS}/:job_id`,
    (c) => withJob(c, (_service, job) => Promise.resolve(c.json(presentJob(job)))),
  );

  app.get(
    `${JOBS}/:job_id/results.csv`,
    (c) =>
      withJob(c, (service, job) =>
        Promise.resolve(
          c.body(streamResults(jobs, service.id, job.id), 200, {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": `attachment; filename="job-${job.id}.csv"`,
          }),
        )),
  );

  app.post(`${JOBS}/:job_id/cancel`, (c) =>
    withJob(c, async (service, job) => {
      const cancelled = await jobs.cancel(service.id, job.id, clock.now());
      if (cancelled) return await answerJob(c, service, job.id);
      const now = await jobs.get(service.id, job.id) ?? job;
      return problem(c, 409, `The job is over: it is ‘${now.status}’ already`);
    }));

  app.post(`${JOBS}/:job_id/start`, (c) =>
    withJob(c, async (service, job) => {
      if (!service.active) return problem(c, 409, "The service is archived");
      const started = await jobs.start(service.id, job.id, clock.now());
      if (started) return await answerJob(c, service, job.id);
      const now = await jobs.get(service.id, job.id) ?? job;
      return problem(c, 409, `The job does not wait to be started: it is ‘${now.status}’`);
    }));
}

type OpenRefusal = RowsRefusal | { readonly kind: "body"; readonly fault: UploadFault };

function answerOpenRefusal(c: AppContext, refusal: OpenRefusal): Response {
  switch (refusal.kind) {
    case "body":
      return answerUploadRefusal(c, refusal);
    case "not_rows":
    case "not_a_row":
    case "not_a_cell":
    case "too_many_cells":
      return problem(c, 400, "Invalid request: see errors", [
        { field: "rows", message: jsonRowsMessage(refusal) },
      ]);
    default:
      return answerUploadRefusal(c, { kind: "file", fault: refusal, rows: 0 });
  }
}

/** A file's name without its folder, on one line. */
function toFileName(given: string | undefined): string | null {
  const last = (given ?? "").toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const line = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim();
  return line === "" ? null : Array.from(line).slice(0, MAX_NAME).join("");
}
