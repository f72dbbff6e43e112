/** Uploads of recipients: checks the request, validates the rows, stages them in chunks and creates the job. */
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { JobId, ServiceId } from "../../domain/ids.ts";
import type { JobProgress } from "../../domain/jobs/job.ts";
import type { WarningCode } from "../../domain/jobs/list_reading.ts";
import { renameHeadings } from "../../domain/jobs/list_columns.ts";
import type { UploadReport } from "../../domain/jobs/report.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { SuppressionStore } from "../../domain/ports/suppression_store.ts";
import { refuse, type Result } from "../../domain/result.ts";
import type { Service } from "../../domain/service/service.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { startTimeSlice } from "../event_loop.ts";
import { checkRequest, type CheckRequestPorts, loadAllowance } from "./check_request.ts";
import {
  createJob,
  type CreateJobPorts,
  newJob,
  replayOrRefuse,
  type Uploaded,
} from "./create_job.ts";
import type { RecipientSource } from "./recipient_source.ts";
import { createChunkStager } from "./stage_chunks.ts";
import { startJob, type StartRefusal } from "./start_job.ts";
import { UploadError } from "./upload_error.ts";
import type { UploadRefusal } from "./upload_refusal.ts";
import { fileHashOf, type UploadRequest } from "./upload_request.ts";
import {
  type FindSuppressed,
  readingOf,
  toListRules,
  validateRows,
  type ValidationPass,
} from "./validate_rows.ts";

const ARCHIVED = { kind: "refused", refusal: { kind: "service-archived" } } as const;

/** The dependencies of {@link createUploads}. */
export interface UploadPorts extends CheckRequestPorts, CreateJobPorts {
  readonly jobs: JobStore;
  readonly accepts: Pick<AcceptStore, "recall">;
  readonly suppressions: Pick<SuppressionStore, "hasAny" | "findSuppressed">;
}

/** Creates bulk jobs from uploaded recipients. */
export interface Uploads {
  /**
   * Returns when the job of an idempotency key was requested, in epoch milliseconds: when it was created, or the
   * earliest time that it names if that passed during the upload. `undefined` when the key has no job. A replayed
   * request is validated against that time, as its times may have passed since.
   */
  requestedAt(serviceId: ServiceId, keyHash: string | undefined): Promise<number | undefined>;
  /**
   * Validates an upload and stores nothing (a dry run). Errors of rows are in the report; the refusal says why the
   * request or the file is not valid as a whole.
   *
   * @param signal aborted when the client closes its connection; the refusal is then `interrupted`
   */
  check(
    request: UploadRequest,
    source: RecipientSource,
    signal: AbortSignal,
  ): Promise<Result<UploadReport, UploadRefusal>>;
  /**
   * Validates an upload and creates a job of it, or returns the job that the same idempotency key created earlier. It
   * refuses an upload with any invalid row, unless the request leaves these out. A job whose list has a warning that the request does not accept waits for
   * {@link start}. When it returns a job, all its rows are stored durably; when it refuses or throws, nothing of the
   * upload stays stored.
   *
   * @param signal aborted when the client closes its connection; the refusal is then `interrupted`
   */
  createJob(
    request: UploadRequest,
    source: RecipientSource,
    signal: AbortSignal,
  ): Promise<Result<Uploaded, UploadRefusal>>;
  /**
   * Starts a job that waits for an explicit start, and charges it to the daily limits. It refuses a job of another
   * status, one with warnings that `accepted` lacks, one that a daily limit does not suffice for, and any of an archived
   * service.
   */
  start(
    service: Service,
    job: JobProgress,
    accepted: readonly WarningCode[],
    actor: AuditActor,
  ): Promise<Result<void, StartRefusal>>;
}

/**
 * Creates the use case of uploading recipients.
 *
 * @param startSlice decides when the validation of rows yields to the event loop; for tests
 */
export function createUploads(ports: UploadPorts, startSlice = startTimeSlice): Uploads {
  const { clock, jobs } = ports;

  async function validateAndCreate(
    request: UploadRequest,
    template: TemplateVersion,
    source: RecipientSource,
    id: JobId,
    signal: AbortSignal,
  ): Promise<Result<Uploaded, UploadRefusal>> {
    const allowance = await loadAllowance(ports, request, template);
    const stager = createChunkStager(ports, request.context.service.id, id);
    const findSuppressed = await openSuppressions(ports, request, template);
    const rules = toListRules(request, template, allowance, findSuppressed !== undefined);
    const pass = {
      signal,
      startSlice,
      findSuppressed,
      onValidRow: stager.add,
      ...renamingOf(request),
    };
    const report = await validateRows(source, rules, pass);
    if (!report.ok) return report;
    if (!canBeSent(request, report.value)) {
      return refuse({ kind: "list", report: report.value, allowance });
    }
    const chunks = await stager.finish();
    const { badRows: leftOut, international } = report.value;
    const rows = report.value.rows - leftOut;
    const list = { ...readingOf(source.facts()), rows, international, leftOut };
    const job = newJob(request, template, { id, list, now: clock.now() });
    const fileHash = await fileHashOf(request, source);
    return await createJob(ports, request, job, { chunks, fileHash, report: report.value });
  }

  return {
    async requestedAt(serviceId, keyHash) {
      if (keyHash === undefined) return undefined;
      const earlier = await jobs.findEarlier(serviceId, keyHash, clock.now());
      if (earlier === undefined) return undefined;
      // An upload may take so long that its requested times have passed when the job is created.
      const { createdAt, scheduledFor, validUntil } = earlier.job;
      return Math.min(createdAt, scheduledFor ?? createdAt, validUntil ?? createdAt);
    },

    start: (service, job, accepted, actor) => startJob(ports, service, job, accepted, actor),

    check: (request, source, signal) =>
      refusingFaults(signal, async () => {
        if (!request.context.service.active) return refuse(ARCHIVED);
        const template = checkRequest(ports, request);
        if (!template.ok) return template;
        const allowance = await loadAllowance(ports, request, template.value);
        const findSuppressed = await openSuppressions(ports, request, template.value);
        const rules = toListRules(request, template.value, allowance, findSuppressed !== undefined);
        const pass = { signal, startSlice, findSuppressed, ...renamingOf(request) };
        return await validateRows(source, rules, pass);
      }),

    createJob: (request, source, signal) =>
      refusingFaults(signal, async () => {
        const { id: serviceId, active } = request.context.service;
        if (!active) return refuse(ARCHIVED);
        const earlier = request.keyHash === null
          ? undefined
          : await jobs.findEarlier(serviceId, request.keyHash, clock.now());
        if (earlier !== undefined) {
          await source.drain();
          return replayOrRefuse(request, earlier, await fileHashOf(request, source));
        }
        const template = checkRequest(ports, request);
        if (!template.ok) return template;
        const id = clock.newId() as JobId;
        let isCreated = false;
        try {
          const result = await validateAndCreate(request, template.value, source, id, signal);
          isCreated = result.ok && !result.value.replayed;
          return result;
        } finally {
          if (!isCreated) await jobs.discard(serviceId, id);
        }
      }),
  };
}

/**
 * Finds recipients to whom the service may not send; `undefined` when it has none on the template's channel, or the
 * request hides them.
 */
export async function openSuppressions(
  { suppressions }: Pick<UploadPorts, "suppressions">,
  { context: { service }, hidesSuppressions = false }: UploadRequest,
  { channel }: TemplateVersion,
): Promise<FindSuppressed | undefined> {
  if (hidesSuppressions) return undefined;
  if (channel !== "sms" && channel !== "email") return undefined;
  if (!await suppressions.hasAny(service.id)) return undefined;
  return (recipients) => suppressions.findSuppressed(service.id, channel, recipients);
}

/** Whether a job can be created of a list: without an error, or, when rows with errors are left out, with rows beside them. */
function canBeSent({ skipBadRows }: UploadRequest, report: UploadReport): boolean {
  if (report.errorCount === 0) return true;
  return skipBadRows === true && report.listErrorCount === 0 && report.rows > report.badRows;
}

/** How the headings of an upload are named anew, by the columns that its request matches. */
function renamingOf({ columns }: UploadRequest): Pick<ValidationPass, "renameHeadings"> {
  if (columns === undefined) return {};
  return { renameHeadings: (headings) => renameHeadings(headings, columns) };
}

/** Returns an {@link UploadError} as a refusal, and any error after the client has left as an interruption. */
export async function refusingFaults<T>(
  signal: AbortSignal,
  work: () => Promise<Result<T, UploadRefusal>>,
): Promise<Result<T, UploadRefusal>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UploadError) return refuse({ kind: "body", fault: error.fault });
    if (signal.aborted) return refuse({ kind: "body", fault: { kind: "interrupted" } });
    throw error;
  }
}
