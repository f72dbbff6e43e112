/** The last step of an upload: the staged chunks become a job. */
import type { NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { Job, JobProgress } from "../../domain/jobs/job.ts";
import { chargeOfJob } from "../../domain/jobs/job_charge.ts";
import { type ListReading, unacceptedWarnings } from "../../domain/jobs/list_reading.ts";
import { addAllowanceErrors } from "../../domain/jobs/recipient_list_validator.ts";
import type { UploadReport } from "../../domain/jobs/report.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { MAX_CONFLICT_ATTEMPTS } from "../sending/authenticate.ts";
import { IDEMPOTENCY_TTL_MS } from "../sending/idempotency.ts";
import { loadAllowance } from "./check_request.ts";
import type { UploadRefusal } from "./upload_refusal.ts";
import { matchesRequest, sameSendingRules, type UploadRequest } from "./upload_request.ts";
import { DAY_MS } from "../../domain/time/durations.ts";

/** How long after an upload the same file counts as a duplicate, in milliseconds. */
const DUPLICATE_WINDOW_MS = DAY_MS;

/** The dependencies of {@link createJob}. */
export interface CreateJobPorts {
  readonly jobs: Pick<JobStore, "create" | "findDuplicateUpload">;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly accepts: Pick<AcceptStore, "recall">;
  readonly clock: Clock;
}

/** The result of an upload: its job. */
export interface Uploaded {
  readonly job: JobProgress;
  /** Whether an earlier request with the same idempotency key created the job. */
  readonly replayed: boolean;
  /** An earlier job of the same file and template, created within a day, if there is one; `undefined` for a replay. */
  readonly duplicateUpload: Job | undefined;
}

/** The stored rows of an upload, of which a job is created. */
export interface StagedChunks {
  /** How many chunks the rows were stored in. */
  readonly chunks: number;
  /** The hash of the template's id (not its version) and the file, from `fileHashOf`. */
  readonly fileHash: string;
  /** The report on the rows, which has no error. */
  readonly report: UploadReport;
}

/** What is known of a recipient list that was read to its end. */
export interface ReadList extends Pick<ListReading, "encoding" | "sample" | "warnings"> {
  /** The number of rows below the headers. */
  readonly rows: number;
  /** The number of rows with a telephone number of another country. */
  readonly international: number;
  /** The number of rows that are left out; they are not among `rows`. Absent means none. */
  readonly leftOut?: number;
}

/** How the list of a job is read, and when the job pauses. Defaults are left out. */
function listFactsOf(request: UploadRequest, leftOut: number): Partial<Job> {
  const { columns, skipBadRows, pauseAtFailures, draftId, context: { service } } = request;
  return {
    ...(columns === undefined ? {} : { columns }),
    ...(skipBadRows === true ? { skipBadRows } : {}),
    ...(leftOut === 0 ? {} : { leftOut }),
    pauseAtFailures: pauseAtFailures ?? service.settings.pause_at_failures,
    ...(pauseAtFailures === undefined ? {} : { requestedPauseAt: pauseAtFailures }),
    ...(draftId === undefined ? {} : { draftId }),
  };
}

/**
 * Returns a new job for an upload; it stores nothing. Its status is `ready to send` when it waits for an explicit
 * start, because the request says so or because its list has a warning that the request does not accept; `scheduled`
 * when it is to start later, and `pending` otherwise.
 *
 * @param now epoch milliseconds
 */
export function newJob(
  request: UploadRequest,
  template: TemplateVersion,
  { id, list: { rows, international, leftOut = 0, ...reading }, now }: {
    readonly id: Job["id"];
    readonly list: ReadList;
    readonly now: number;
  },
): Job {
  const { scheduledFor, createdPaused, acceptedWarnings } = request;
  const isBlocked = unacceptedWarnings(reading.warnings, acceptedWarnings).length > 0;
  const isLater = scheduledFor !== null && scheduledFor > now;
  return {
    serviceId: request.context.service.id,
    id,
    name: request.name,
    fileName: request.fileName,
    channel: template.channel,
    templateId: template.id,
    templateVersion: template.version,
    keyKind: request.key.kind,
    keyId: request.key.id,
    ...(request.authorId === undefined ? {} : { authorId: request.authorId }),
    senderId: request.senderId,
    status: createdPaused || isBlocked ? "ready to send" : isLater ? "scheduled" : "pending",
    rows,
    abroadRows: international,
    scheduledFor,
    validUntil: request.validUntil,
    urgent: request.urgent,
    createdPaused,
    allowDuplicates: request.allowDuplicates,
    ...listFactsOf(request, leftOut),
    reading: { ...reading, requestedEncoding: request.encoding, acceptedWarnings },
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    error: null,
  };
}

/**
 * Creates the job of an upload whose rows are validated and stored. When the service was changed in the meantime, it
 * loads the service and tries again, unless the change affects which rows are valid: then it refuses with `changed`, as
 * it does after too many changes. When the idempotency key has a job by now, it replays that job. A job is charged to the
 * daily limits of its day for all rows, unless it waits for an explicit start; when other requests have used up the limit
 * since the rows were validated, it refuses with the report.
 */
export async function createJob(
  ports: CreateJobPorts,
  request: UploadRequest,
  job: Job,
  { chunks, fileHash, report }: StagedChunks,
): Promise<Result<Uploaded, UploadRefusal>> {
  const { jobs, contexts } = ports;
  const { serviceId, templateId, createdAt } = job;
  const duplicateUpload = await jobs.findDuplicateUpload(
    serviceId,
    fileHash,
    createdAt - DUPLICATE_WINDOW_MS,
  );
  const claim = {
    keyHash: request.keyHash,
    fileHash,
    expiresAt: createdAt + IDEMPOTENCY_TTL_MS,
    chunks,
  };
  let { service } = request.context;
  for (let attempts = 0; attempts < MAX_CONFLICT_ATTEMPTS; attempts++) {
    const waits = job.status === "ready to send";
    const charge = waits ? undefined : chargeOfJob(service, job, createdAt);
    const result = await jobs.create(
      job,
      claim,
      service.revision,
      charge,
      entryOf(request, job),
    );
    if (result.kind === "created") {
      return ok({ job: { ...result.job, counts: {} }, replayed: false, duplicateUpload });
    }
    if (result.kind === "earlier") return replayOrRefuse(request, result, fileHash);
    if (result.kind === "over-limit") {
      const allowance = await loadAllowance(ports, request, job);
      const exceeded = addAllowanceErrors(report, allowance);
      if (exceeded.errorCount > 0) return refuse({ kind: "list", report: exceeded, allowance });
    }
    const context = await contexts.load(serviceId, {
      fresh: true,
      template: { by: "id", id: templateId },
    });
    if (context === undefined || !sameSendingRules(context, request)) break;
    service = context.service;
  }
  return refuse({ kind: "changed" });
}

function entryOf({ actor }: UploadRequest, job: Job): NewAuditEntry | undefined {
  if (actor === undefined) return undefined;
  const facts = { template_id: job.templateId, rows: job.rows };
  return { chain: job.serviceId, actor, action: "job-created", subject: job.id, facts };
}

/**
 * Returns the job that an earlier request with the same idempotency key created, or refuses with
 * `idempotency-key-reused` when that request had other options or another file.
 */
export function replayOrRefuse(
  request: UploadRequest,
  earlier: { readonly job: JobProgress; readonly fileHash: string },
  fileHash: string,
): Result<Uploaded, UploadRefusal> {
  return fileHash === earlier.fileHash && matchesRequest(request, earlier.job)
    ? ok({ job: earlier.job, replayed: true, duplicateUpload: undefined })
    : refuse({ kind: "refused", refusal: { kind: "idempotency-key-reused" } });
}
