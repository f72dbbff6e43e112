import type { SheetFault } from "../../domain/csv/faults.ts";
import type { JobId } from "../../domain/ids.ts";
import {
  createRecipientListValidator,
  type RecipientListValidator,
} from "../../domain/jobs/check_list.ts";
import type { Allowance } from "../../domain/jobs/list_rows.ts";
import {
  type Job,
  type JobProgress,
  type JobRow,
  MAX_CHUNK_LENGTH,
  MAX_CHUNK_ROWS,
} from "../../domain/jobs/job.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { ListReport } from "../../domain/jobs/report.ts";
import { dailyCharge } from "../../domain/sending/limits.ts";
import { addressEnvelope, chooseTemplate } from "../../domain/sending/plan_notification.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContext, SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { MAX_CONFLICT_RETRIES } from "../sending/authenticate.ts";
import { IDEMPOTENCY_TTL_MS } from "../sending/idempotency.ts";
import { startTimeSlice, turn } from "../event_loop.ts";
import {
  fileHashOf,
  guestsOf,
  lengthOf,
  matchesRequest,
  sameSendingRules,
  type UploadRequest,
} from "./upload_request.ts";
import type { RecipientSource } from "./recipient_source.ts";
import { UploadError, type UploadFault } from "./upload_error.ts";

/** How long after an upload the same file is told to be the same. */
export const DUPLICATE_WINDOW_MS = 24 * 3_600_000;

/** What uploads work with. */
export interface UploadPorts {
  readonly clock: Clock;
  readonly jobs: JobStore;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly accepts: Pick<AcceptStore, "recall">;
  readonly defaults: SenderDefaults;
  /** Whether inbox messages of a service have readers. */
  readonly hasInbox: (serviceId: SendingContext["service"]["id"]) => boolean;
}

/** A list that is a job now, or was before. */
export interface Uploaded {
  readonly job: JobProgress;
  /** The job was made before, by the same idempotency key. */
  readonly replayed: boolean;
  /** An earlier job of the same file. */
  readonly duplicateUpload: Job | undefined;
}

/** Why a list is no job. */
export type UploadRefusal =
  | { readonly kind: "body"; readonly fault: UploadFault }
  | { readonly kind: "file"; readonly fault: SheetFault; readonly rows: number }
  | { readonly kind: "list"; readonly report: ListReport; readonly allowance: Allowance }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "past"; readonly field: "scheduled_for" | "valid_until" }
  /** What the list was judged by has changed meanwhile. */
  | { readonly kind: "changed" };

/** The one way in of lists. */
export interface Uploads {
  /** When the job was asked for that a key stands for: what is said again is judged as it was then. */
  requestedAt(
    serviceId: Job["serviceId"],
    keyHash: string | undefined,
  ): Promise<number | undefined>;
  /** Looks at a list and keeps nothing of it. */
  check(
    request: UploadRequest,
    source: RecipientSource,
    signal: AbortSignal,
  ): Promise<Result<ListReport, UploadRefusal>>;
  /** Makes a job of a list without errors. When it returns one, everything is on disk; when it refuses, nothing is kept. */
  take(
    request: UploadRequest,
    source: RecipientSource,
    signal: AbortSignal,
  ): Promise<Result<Uploaded, UploadRefusal>>;
}

/** Where rows without errors go. */
type Keep = (row: JobRow) => Promise<void>;

/** Makes the way in of lists. */
export function createUploads(ports: UploadPorts, work = startTimeSlice): Uploads {
  const { clock, jobs, contexts, accepts, defaults, hasInbox } = ports;

  async function allowanceOf(
    { context: { service }, key, scheduledFor }: UploadRequest,
    { channel }: TemplateVersion,
  ): Promise<Allowance> {
    if (key.kind === "test") return { all: Infinity, international: Infinity };
    const now = clock.now();
    // Messages count on the day on which they are taken on.
    const day = Math.max(scheduledFor ?? now, now);
    const daily = dailyCharge(service, channel, day);
    const abroad = dailyCharge(service, "international_sms", day);
    const scopes = [daily.scope, abroad.scope];
    const { counters } = await accepts.recall(service.id, undefined, scopes, now);
    const left = ({ scope, limit }: typeof daily) =>
      Math.max(limit - (counters.get(scope) ?? 0), 0);
    return { all: left(daily), international: left(abroad) };
  }

  /** Judges what does not depend on the rows. */
  function judge(
    { context, senderId, scheduledFor, validUntil }: UploadRequest,
  ): Result<TemplateVersion, UploadRefusal> {
    const { service, template } = context;
    const refused = (refusal: Refusal) => refuse({ kind: "refused", refusal } as const);
    if (template === undefined) return refused({ kind: "template-not-found" });
    const { channel } = template;
    const facts = { service, template, hasInbox: hasInbox(service.id) };
    const chosen = chooseTemplate(facts, { channel });
    if (!chosen.ok) return refused(chosen.refusal);
    if (channel === "diia" && template.externalId === null) {
      return refused({ kind: "template-not-published" });
    }
    const envelope = addressEnvelope({ ...context, defaults }, { channel, senderId });
    if (!envelope.ok) return refused(envelope.refusal);
    const isPast = (at: number | null) => at !== null && at < clock.now();
    if (isPast(scheduledFor)) return refuse({ kind: "past", field: "scheduled_for" });
    return isPast(validUntil) ? refuse({ kind: "past", field: "valid_until" }) : chosen;
  }

  /** Reads a list to its end, and hands on its rows as long as nothing is wrong with any. */
  async function read(
    request: UploadRequest,
    template: TemplateVersion,
    source: RecipientSource,
    keep: Keep | undefined,
    signal: AbortSignal,
  ): Promise<Result<ListReport, UploadRefusal>> {
    const allowance = await allowanceOf(request, template);
    const rules = {
      service: request.context.service,
      template: template.parsed,
      translations: Object.values(request.context.translations).map(({ parsed }) => parsed),
      guests: guestsOf(request),
      allowance,
      duplicates: request.duplicates,
    };
    let check: RecipientListValidator | undefined;
    let rows = 0;
    const isTime = work();
    for await (const batch of source.rows(signal)) {
      if (!batch.ok) return refuse({ kind: "file", fault: batch.refusal, rows });
      for (const { row: number, cells } of batch.value) {
        if (check === undefined) {
          check = createRecipientListValidator(cells, rules, number);
          continue;
        }
        const row = check.add(cells, number);
        rows++;
        if (keep !== undefined && !check.hasErrors() && row !== undefined) await keep(row);
        // By the time that it takes, for a template may be long.
        if (isTime()) await turn();
      }
    }
    if (check === undefined) return refuse({ kind: "file", fault: { kind: "empty" }, rows });
    const report = check.report();
    if (keep === undefined || report.errorCount === 0) return ok(report);
    return refuse({ kind: "list", report, allowance });
  }

  /** Makes the job of what was staged. */
  async function create(
    request: UploadRequest,
    template: TemplateVersion,
    job: Job,
    fileHash: string,
    parts: number,
  ): Promise<Result<Uploaded, UploadRefusal>> {
    const { serviceId, createdAt } = job;
    const duplicateUpload = await jobs.findDuplicateUpload(
      serviceId,
      fileHash,
      createdAt - DUPLICATE_WINDOW_MS,
    );
    const claim = {
      keyHash: request.keyHash,
      fileHash,
      expiresAt: createdAt + IDEMPOTENCY_TTL_MS,
      parts,
    };
    let { revision } = request.context.service;
    for (let judged = 0; judged < MAX_CONFLICT_RETRIES; judged++) {
      const made = await jobs.create(job, claim, revision);
      if (made.kind === "created") {
        return ok({ job: { ...made.job, counts: {} }, replayed: false, duplicateUpload });
      }
      if (made.kind === "earlier") return answerEarlier(request, made, fileHash);
      const fresh = await contexts.load(serviceId, {
        fresh: true,
        template: { by: "id", id: template.id },
      });
      if (fresh === undefined || !sameSendingRules(fresh, request)) {
        return refuse({ kind: "changed" });
      }
      revision = fresh.service.revision;
    }
    return refuse({ kind: "changed" });
  }

  function answerEarlier(
    request: UploadRequest,
    earlier: { readonly job: JobProgress; readonly fileHash: string },
    fileHash: string,
  ): Result<Uploaded, UploadRefusal> {
    return fileHash === earlier.fileHash && matchesRequest(request, earlier.job)
      ? ok({ job: earlier.job, replayed: true, duplicateUpload: undefined })
      : refuse({ kind: "refused", refusal: { kind: "idempotency-key-reused" } });
  }

  async function stageAndCreate(
    request: UploadRequest,
    template: TemplateVersion,
    source: RecipientSource,
    id: JobId,
    signal: AbortSignal,
  ): Promise<Result<Uploaded, UploadRefusal>> {
    const { context: { service }, scheduledFor } = request;
    let part: JobRow[] = [];
    let [length, number] = [0, 0];
    async function stage(): Promise<void> {
      if (part.length === 0) return;
      await jobs.stage(service.id, id, number++, part, clock.now());
      [part, length] = [[], 0];
    }
    const report = await read(request, template, source, async (row) => {
      part.push(row);
      length += lengthOf(row);
      if (part.length >= MAX_CHUNK_ROWS || length >= MAX_CHUNK_LENGTH) await stage();
    }, signal);
    if (!report.ok) return report;
    await stage();
    const now = clock.now();
    const isLater = scheduledFor !== null && scheduledFor > now;
    return await create(
      request,
      template,
      {
        serviceId: service.id,
        id,
        name: request.name,
        fileName: request.fileName,
        channel: template.channel,
        templateId: template.id,
        templateVersion: template.version,
        keyKind: request.key.kind,
        keyId: request.key.id,
        senderId: request.senderId,
        status: request.held ? "ready to send" : isLater ? "scheduled" : "pending",
        rows: report.value.rows,
        scheduledFor,
        validUntil: request.validUntil,
        urgent: request.urgent,
        held: request.held,
        duplicates: request.duplicates,
        createdAt: now,
        startedAt: null,
        finishedAt: null,
        error: null,
      },
      await fileHashOf(request, source),
      number,
    );
  }

  return {
    async requestedAt(serviceId, keyHash) {
      if (keyHash === undefined) return undefined;
      const earlier = await jobs.findEarlier(serviceId, keyHash, clock.now());
      if (earlier === undefined) return undefined;
      // A list may be long in coming, and its times be over when its job is made.
      const { createdAt, scheduledFor, validUntil } = earlier.job;
      return Math.min(createdAt, scheduledFor ?? createdAt, validUntil ?? createdAt);
    },

    check: (request, source, signal) =>
      answeringFaults(async () => {
        const template = judge(request);
        if (!template.ok) return template;
        return await read(request, template.value, source, undefined, signal);
      }),

    take: (request, source, signal) =>
      answeringFaults(async () => {
        const serviceId = request.context.service.id;
        const earlier = request.keyHash === null
          ? undefined
          : await jobs.findEarlier(serviceId, request.keyHash, clock.now());
        if (earlier !== undefined) {
          await source.drain();
          return answerEarlier(request, earlier, await fileHashOf(request, source));
        }
        const template = judge(request);
        if (!template.ok) return template;
        const id = clock.newId() as JobId;
        let isJob = false;
        try {
          const taken = await stageAndCreate(request, template.value, source, id, signal);
          isJob = taken.ok && !taken.value.replayed;
          return taken;
        } finally {
          if (!isJob) await jobs.discard(serviceId, id);
        }
      }),
  };
}

/** Hands on as a value what the body itself is refused by. */
async function answeringFaults<T>(
  work: () => Promise<Result<T, UploadRefusal>>,
): Promise<Result<T, UploadRefusal>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UploadError)) throw error;
    return refuse({ kind: "body", fault: error.fault });
  }
}
