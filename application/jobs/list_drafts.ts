/** Lists that people upload in the web application: kept, checked, changed, and sent once. */
import { CSV_MAX_ROWS } from "../../domain/csv/limits.ts";
import type { JobId, ListDraftId, ServiceId, TemplateId, UserId } from "../../domain/ids.ts";
import { renameHeadings } from "../../domain/jobs/list_columns.ts";
import {
  guessColumns,
  type ListDraft,
  type ListDraftCheck,
  type ListDraftOptions,
  neededColumns,
  START_DELAY_MS,
} from "../../domain/jobs/list_draft.ts";
import { createRecipientListValidator } from "../../domain/jobs/recipient_list_validator.ts";
import type { ListError, ListSample, UploadReport } from "../../domain/jobs/report.ts";
import type { ListDraftStore } from "../../domain/ports/list_draft_store.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { NO_KEY_ID } from "../../domain/service/no_key.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import { startTimeSlice } from "../event_loop.ts";
import { sha256Hex } from "../sha256_hex.ts";
import { checkRequest, loadAllowance } from "./check_request.ts";
import type { Uploaded } from "./create_job.ts";
import { type BadRowWords, streamBadRows } from "./bad_rows_csv.ts";
import { draftSource, keepRows } from "./draft_source.ts";
import type { RecipientSource } from "./recipient_source.ts";
import { openSuppressions, refusingFaults, type UploadPorts, type Uploads } from "./upload.ts";
import type { UploadRefusal } from "./upload_refusal.ts";
import { fileHashOf, type UploadRequest } from "./upload_request.ts";
import { toListRules, validateRows, type ValidationPass } from "./validate_rows.ts";

/** How long before an upload a job of the same list is looked for, in milliseconds. */
export const SENT_BEFORE_MS = 30 * DAY_MS;

/** By what a list is checked: the service with the template, and what the person may learn. */
export interface ListContext extends SendingContext {
  /** Whether the person must not learn which recipients are suppressed. */
  readonly hidesSuppressions: boolean;
}

/** What an upload becomes a list of. */
export interface NewListDraft {
  readonly context: ListContext;
  readonly templateId: TemplateId;
  readonly authorId: UserId;
}

/** A row of a list as its message, with its errors. */
export interface DraftRow {
  readonly sample: ListSample | undefined;
  readonly errors: readonly ListError[];
}

/** The use cases of lists that people upload. */
export interface ListDrafts {
  /** Keeps an uploaded list, and checks it. When it refuses or throws, nothing of the list stays stored. */
  upload(
    list: NewListDraft,
    source: RecipientSource,
    signal: AbortSignal,
  ): Promise<Result<ListDraft, UploadRefusal>>;
  /**
   * Returns a list with the job that was made of it and not withdrawn.
   *
   * @returns `undefined` when there is none, or it is another person's
   */
  get(
    serviceId: ServiceId,
    id: ListDraftId,
    authorId: UserId,
  ): Promise<{ readonly draft: ListDraft; readonly jobId: JobId | undefined } | undefined>;
  /** Checks a list with other options, or with the template as it is now, and keeps what it finds. */
  change(
    context: ListContext,
    draft: ListDraft,
    options: ListDraftOptions,
    signal: AbortSignal,
  ): Promise<Result<ListDraft, UploadRefusal>>;
  /** Renders a row by its number in a spreadsheet; `undefined` when the list has no such row. */
  findRow(context: ListContext, draft: ListDraft, row: number): Promise<DraftRow | undefined>;
  /** Streams the rows with errors as CSV, each with a last column that says why. */
  badRows(
    context: ListContext,
    draft: ListDraft,
    words: BadRowWords,
  ): ReadableStream<Uint8Array>;
  /**
   * Sends a list: creates its job, which begins {@link START_DELAY_MS} from now at the earliest, or returns the one that
   * was created before. It refuses with `changed` when the template is another version than the checked one.
   *
   * @param scheduledFor when to begin, epoch milliseconds; `null` for as soon as possible
   */
  send(
    context: ListContext,
    draft: ListDraft,
    scheduledFor: number | null,
    signal: AbortSignal,
  ): Promise<Result<Uploaded, UploadRefusal>>;
}

/** The dependencies of {@link createListDrafts}. */
export interface ListDraftPorts extends UploadPorts {
  readonly drafts: ListDraftStore;
  readonly uploads: Pick<Uploads, "createJob">;
}

const NO_OPTIONS: ListDraftOptions = {
  columns: {},
  columnsConfirmed: false,
  skipBadRows: false,
  allowDuplicates: true,
  encodingConfirmed: false,
};

/** Creates the use cases of lists that people upload. */
export function createListDrafts(ports: ListDraftPorts, startSlice = startTimeSlice): ListDrafts {
  const { clock, drafts, jobs, uploads } = ports;

  /** Validates the rows of a source by some options. */
  async function validate(
    request: UploadRequest,
    source: RecipientSource,
    pass: Omit<ValidationPass, "startSlice" | "findSuppressed">,
  ): Promise<Result<{ template: TemplateVersion; report: UploadReport }, UploadRefusal>> {
    const template = checkRequest(ports, request);
    if (!template.ok) return template;
    const allowance = await loadAllowance(ports, request, template.value);
    const findSuppressed = await openSuppressions(ports, request, template.value);
    const rules = toListRules(request, template.value, allowance, findSuppressed !== undefined);
    const report = await validateRows(source, rules, { ...pass, startSlice, findSuppressed });
    return report.ok ? ok({ template: template.value, report: report.value }) : report;
  }

  async function toCheck(
    request: UploadRequest,
    source: RecipientSource,
    { template, report }: { readonly template: TemplateVersion; readonly report: UploadReport },
  ): Promise<ListDraftCheck> {
    const { service } = request.context;
    const since = clock.now() - SENT_BEFORE_MS;
    const fileHash = await fileHashOf(request, source);
    const earlier = await jobs.findDuplicateUpload(service.id, fileHash, since);
    return {
      templateVersion: template.version,
      templateName: template.name,
      channel: template.channel,
      needed: neededColumns(template.parsed),
      report,
      sentBefore: earlier === undefined ? null : { jobId: earlier.id, at: earlier.createdAt },
    };
  }

  return {
    upload: ({ context, templateId, authorId }, source, signal) =>
      refusingFaults(signal, async () => {
        const serviceId = context.service.id;
        const id = clock.newId() as ListDraftId;
        const kept = keepRows(ports, source, serviceId, id);
        let options = NO_OPTIONS;
        let isCreated = false;
        try {
          const request = toRequest(context, { templateId, authorId, options, fileName: null });
          const checked = await validate(request, kept.source, {
            signal,
            renameHeadings(headings) {
              const { template } = context;
              const columns = template === undefined ? {} : guessColumns(headings, template.parsed);
              options = { ...options, columns };
              return renameHeadings(headings, columns);
            },
          });
          if (!checked.ok) return checked;
          const list = await kept.finish();
          const draft: ListDraft = {
            ...list,
            serviceId,
            id,
            authorId,
            templateId,
            createdAt: clock.now(),
            fileHash: await source.hash(),
            fileName: source.fileName ?? null,
            facts: source.facts(),
            options,
            check: await toCheck(request, source, checked.value),
          };
          await drafts.create(draft);
          isCreated = true;
          return ok(draft);
        } finally {
          if (!isCreated) await drafts.discard(serviceId, id);
        }
      }),

    async get(serviceId, id, authorId) {
      const found = await drafts.get(serviceId, id, await keyHashOf(id));
      return found?.draft.authorId === authorId ? found : undefined;
    },

    change: (context, draft, options, signal) =>
      refusingFaults(signal, async () => {
        const changed = { ...draft, options };
        const request = toRequest(context, changed);
        const source = draftSource(drafts, changed);
        const checked = await validate(request, source, {
          signal,
          renameHeadings: (headings) => renameHeadings(headings, options.columns),
        });
        if (!checked.ok) return checked;
        const check = await toCheck(request, source, checked.value);
        const stored = { ...changed, check };
        await drafts.update(stored);
        return ok(stored);
      }),

    async findRow(context, draft, number) {
      const { template } = context;
      const row = await drafts.findRow(draft.serviceId, draft.id, number);
      const headings = renameHeadings(draft.headings, draft.options.columns);
      if (row === undefined || template === undefined || !headings.ok) return undefined;
      const unlimited = { all: CSV_MAX_ROWS, international: CSV_MAX_ROWS };
      // A row that is left out is shown too.
      const request = { ...toRequest(context, draft), skipBadRows: false };
      const rules = toListRules(request, template, unlimited, false);
      const validator = createRecipientListValidator(headings.value, rules, draft.headingRow);
      validator.add(row.cells, row.row, row);
      const [sample] = validator.report().samples;
      return { sample, errors: validator.lastErrors() };
    },

    badRows: (context, draft, words) =>
      streamBadRows(draft, words, async (onBadRow, signal) => {
        await validate(toRequest(context, draft), draftSource(drafts, draft), {
          signal,
          onBadRow,
          renameHeadings: (headings) => renameHeadings(headings, draft.options.columns),
        });
      }),

    async send(context, draft, scheduledFor, signal) {
      const keyHash = await keyHashOf(draft.id);
      const earlier = await jobs.findEarlier(draft.serviceId, keyHash, clock.now());
      if (earlier !== undefined) {
        return ok({ job: earlier.job, replayed: true, duplicateUpload: undefined });
      }
      const { template } = context;
      if (template?.version !== draft.check.templateVersion) return refuse({ kind: "changed" });
      const begin = Math.max(scheduledFor ?? 0, clock.now() + START_DELAY_MS);
      const request: UploadRequest = {
        ...toRequest(context, draft),
        scheduledFor: begin,
        draftId: draft.id,
        keyHash,
      };
      const created = await uploads.createJob(request, draftSource(drafts, draft), signal);
      if (created.ok) return created;
      // Another request with the same list was quicker: its job begins at another millisecond.
      const first = await jobs.findEarlier(draft.serviceId, keyHash, clock.now());
      return first === undefined
        ? created
        : ok({ job: first.job, replayed: true, duplicateUpload: undefined });
    },
  };
}

/** The idempotency key of a list's job. No caller's key has a line break. */
function keyHashOf(id: ListDraftId): Promise<string> {
  return sha256Hex(`list-draft\n${id}`);
}

function toRequest(
  context: ListContext,
  { templateId, authorId, options, fileName }: Pick<
    ListDraft,
    "templateId" | "authorId" | "options" | "fileName"
  >,
): UploadRequest {
  const hasColumns = Object.keys(options.columns).length > 0;
  return {
    context,
    hidesSuppressions: context.hidesSuppressions,
    key: { id: NO_KEY_ID, kind: "live" },
    authorId,
    templateId,
    name: fileName ?? context.template?.name ?? "",
    fileName,
    senderId: null,
    scheduledFor: null,
    validUntil: null,
    urgent: false,
    createdPaused: false,
    allowDuplicates: options.allowDuplicates,
    encoding: null,
    acceptedWarnings: options.encodingConfirmed ? ["guessed_encoding"] : [],
    columns: hasColumns ? options.columns : undefined,
    skipBadRows: options.skipBadRows,
    keyHash: null,
    actor: { kind: "user", id: authorId },
  };
}
