/** Many at once, as GC Notify has it: `POST /v2/notifications/bulk`. The answers' shapes and words are its own. */
import type { Hono } from "hono";
import { jsonRowsMessage, readJsonRows } from "../../../domain/jobs/json_rows.ts";
import type { JobProgress } from "../../../domain/jobs/job.ts";
import { parseSenderId } from "../../../domain/ids.ts";
import { sheetMessage } from "../../../domain/csv/faults.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import type { Service } from "../../../domain/service/service.ts";
import { type ParsedV2, validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { type AppContext, type AppEnv, toTimestampOrNull } from "../../http/context.ts";
import { MAX_JSON_DEPTH, parseJson } from "../../../domain/json/parse_json.ts";
import { withLongNumbers } from "../../http/json.ts";
import {
  fileSource,
  type RecipientSource,
  rowsSource,
} from "../../../application/jobs/recipient_source.ts";
import { readJsonRowsText } from "../../http/upload_body.ts";
import type { UploadRequest } from "../../../application/jobs/upload_request.ts";
import { presentUploadWarnings } from "../../http/upload_warnings.ts";
import type { Uploaded } from "../../../application/jobs/create_job.ts";
import type { UploadRefusal } from "../../../application/jobs/upload_refusal.ts";
import { UploadError } from "../../../application/jobs/upload_error.ts";
import type { Caller } from "../../../application/sending/authenticate.ts";
import { readIdempotency } from "../../../application/sending/idempotency.ts";
import type { V2Refusal } from "./errors.ts";
import { checkTimes, MAX_DAYS_AHEAD, readDelivery } from "./single.ts";
import type { Refuse, V2Ports } from "./ports.ts";

/** Where it is. */
const BULK_PATH = "/v2/notifications/bulk";

/** How many rows with errors are told. */
const MAX_ROWS_TOLD = 20;

type BulkBody = ParsedV2["POST /v2/notifications/bulk"];

interface BulkTaken {
  readonly taken: Uploaded;
  readonly caller: Caller;
}

/** Adds the bulk call. */
export function addBulkRoutes(app: Hono<AppEnv>, ports: V2Ports, refuse: Refuse): void {
  const { callers, clock, contexts, readSheet, uploads } = ports;

  function readSource({ rows, csv }: BulkBody): Result<RecipientSource, V2Refusal> {
    const given = [rows, csv].filter((list) => list !== undefined && list.length > 0);
    if (given.length !== 1) return refused(bad("You should specify either rows or csv"));
    if (csv !== undefined && csv !== "") {
      return ok(fileSource(new Blob([csv]).stream(), { contentType: "text/csv" }, readSheet));
    }
    const read = readJsonRows(rows);
    if (read.ok) return ok(rowsSource(read.value));
    const fault = read.refusal;
    switch (fault.kind) {
      case "not_rows":
      case "not_a_row":
      case "not_a_cell":
      case "too_many_cells":
        return refused(bad(`Error converting to CSV: ${jsonRowsMessage(fault)}`));
      default:
        return refused(bad(toWords({ kind: "file", fault, rows: 0 }, undefined)));
    }
  }

  async function judge(
    c: AppContext,
    caller: Caller,
    text: string,
  ): Promise<Result<BulkTaken, V2Refusal>> {
    const { service } = caller.context;
    const json = withLongNumbers(text, parseJson(text, MAX_JSON_DEPTH));
    if (json === undefined) return refused({ kind: "not-json" });
    // What a key stands for is told by the job itself.
    const idempotency = await readIdempotency(c.req.header("idempotency-key"), []);
    if (!idempotency.ok) return idempotency;
    const keyHash = idempotency.value?.keyHash;
    const now = await uploads.requestedAt(service.id, keyHash) ?? clock.now();
    const body = validateV2("POST /v2/notifications/bulk", json, now, {
      country: service.settings.country,
      scheduleDays: MAX_DAYS_AHEAD,
    });
    if (!body.ok) return refused({ kind: "validation", problems: body.refusal });
    const source = readSource(body.value);
    if (!source.ok) return source;
    const times = checkTimes(body.value, readDelivery(body.value));
    if (!times.ok) return refused({ kind: "validation", problems: times.refusal });
    const { scheduledFor = null, validUntil = null, urgent = false } = times.value;
    const { template_id: templateId, name, reply_to_id } = body.value;
    const context = await contexts.load(service.id, {
      fresh: true,
      template: { by: "id", id: templateId },
    });
    if (context === undefined) return refused({ kind: "template-not-found" });
    const request: UploadRequest = {
      context,
      key: caller.key,
      templateId,
      name,
      fileName: null,
      senderId: parseSenderId(reply_to_id) ?? null,
      scheduledFor,
      validUntil,
      urgent,
      createdPaused: false,
      allowDuplicates: true,
      keyHash: keyHash ?? null,
    };
    const taken = await uploads.createJob(request, source.value, c.req.raw.signal);
    return taken.ok
      ? ok({ taken: taken.value, caller })
      : refused(toRefusal(taken.refusal, caller));
  }

  /** Whether the request's key stands for a job. */
  async function isSaidAgain(c: AppContext, { context: { service } }: Caller): Promise<boolean> {
    const key = await readIdempotency(c.req.header("idempotency-key"), []);
    return key.ok && await uploads.requestedAt(service.id, key.value?.keyHash) !== undefined;
  }

  app.post(BULK_PATH, async (c) => {
    let text: string | undefined;
    const result = await callers.read<BulkTaken, V2Refusal>(
      c.req.header("authorization"),
      async (caller) => {
        c.get("facts").serviceId = caller.context.service.id;
        // Before the body, which may be long; a caller is read anew and judged once.
        const limited = await ports.sendBatch.admit(caller.key, caller.context);
        if (limited !== undefined && !await isSaidAgain(c, caller)) return refused(limited);
        try {
          text ??= await readJsonRowsText(c.req.raw);
        } catch (error) {
          if (!(error instanceof UploadError)) throw error;
          return refused(toRefusal({ kind: "body", fault: error.fault }, caller));
        }
        const judged = await judge(c, caller, text);
        return judged.ok || limited === undefined ? judged : refused(limited);
      },
    );
    if (!result.ok) return refuse(c, result.refusal);
    const { taken: { job, replayed, duplicateUpload }, caller } = result.value;
    const warnings = presentUploadWarnings(duplicateUpload);
    if (replayed) c.header("Idempotent-Replayed", "true");
    // GC Notify's answer has no place for them: where there are none, it is its answer and no more.
    const more = warnings.length === 0 ? {} : { warnings };
    return c.json({ data: present(job, caller), ...more }, 201);
  });
}

function bad(message: string): V2Refusal {
  return { kind: "bad-list", message };
}

function toRefusal(refusal: UploadRefusal, caller: Caller): V2Refusal {
  if (refusal.kind === "refused") return refusal.refusal;
  if (refusal.kind === "body") {
    const { fault } = refusal;
    return fault.kind === "too-large"
      ? { kind: "too-large", megabytes: Math.floor(fault.maxBytes / 1_000_000) }
      : { kind: "not-json" };
  }
  return bad(toWords(refusal, caller));
}

type Worded = Exclude<UploadRefusal, { readonly kind: "refused" | "body" }>;

/** The words of GC Notify, where it has any. */
function toWords(refusal: Worded, caller: Caller | undefined): string {
  switch (refusal.kind) {
    case "past":
      return `${refusal.field} datetime can not be in the past`;
    case "changed":
      return "The service or its template was changed meanwhile; try again";
    case "file":
      return refusal.fault.kind === "too_many_rows"
        ? `Too many rows. Maximum number of rows allowed is ${refusal.fault.maxRows}`
        : `Error converting to CSV: ${sheetMessage(refusal.fault)}`;
    case "list":
      return toListWords(refusal, caller?.context.service);
  }
}

function toListWords(
  { report, allowance }: Extract<UploadRefusal, { readonly kind: "list" }>,
  service: Service | undefined,
): string {
  const { errorCounts: counts, errors, missingColumns, duplicateColumns, rows } = report;
  if (missingColumns.length > 0) {
    return `Missing column headers: ${[...missingColumns].sort().join(", ")}`;
  }
  if (duplicateColumns.length > 0) {
    return `Duplicate column headers: ${[...duplicateColumns].sort().join(", ")}`;
  }
  if (counts.over_daily_limit !== undefined) {
    return `You only have ${allowance.all} remaining messages before you reach your daily ` +
      `limit. You've tried to send ${rows} messages.`;
  }
  if (counts.over_international_limit !== undefined) {
    return `You only have ${allowance.international} remaining messages to other countries ` +
      `before you reach your daily limit. You've tried to send ${report.international} messages.`;
  }
  if (counts.recipient_not_allowed !== undefined) {
    const because = service?.mode === "trial"
      ? "because your service is in trial mode. You can only send to members of your team and " +
        "your safelist."
      : "because you used a team and safelist API key.";
    return `You cannot send to these recipients ${because}`;
  }
  const byRow = Map.groupBy(errors, ({ row }) => row);
  const told = [...byRow].slice(0, MAX_ROWS_TOLD).map(([row, wrong]) => {
    const words = wrong.map(({ column, code, message }) =>
      column === null
        ? message
        : `\`${column}\`: ${code === "missing" || isOfList(code) ? message : "invalid recipient"}`
    );
    return `Row ${row} - ${words.join(",")}`;
  });
  return `Some rows have errors. ${told.join(". ")}.`;
}

/** Whether an error's own words are told: those of recipients are not. */
function isOfList(code: string): boolean {
  return code === "reference_too_long" || code === "duplicate_recipient";
}

/** A job as GC Notify's `job_schema` writes it. */
function present(job: JobProgress, { key, context: { service } }: Caller) {
  return {
    id: job.id,
    original_file_name: job.name,
    job_status: job.status,
    notification_count: job.rows,
    template: job.templateId,
    template_version: job.templateVersion,
    template_type: job.channel,
    service: service.id,
    service_name: { name: service.name },
    api_key: { id: key.id, name: key.name, key_type: KEY_TYPES[key.kind] },
    created_by: null,
    sender_id: job.senderId,
    scheduled_for: toTimestampOrNull(job.scheduledFor),
    // GC Notify's job has neither.
    ...(job.validUntil === null ? {} : { valid_until: toTimestampOrNull(job.validUntil) }),
    ...(job.urgent ? { urgent: true } : {}),
    created_at: toTimestampOrNull(job.createdAt),
    updated_at: null,
    processing_started: toTimestampOrNull(job.startedAt),
    processing_finished: toTimestampOrNull(job.finishedAt),
    archived: false,
  };
}

const KEY_TYPES = { live: "normal", team: "team", test: "test" } as const;
