/** `POST …/jobs`: uploads a list of recipients. The body is a stream; the options are in the query. */
import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import { UploadError } from "../../application/jobs/upload_error.ts";
import type { UploadRequest } from "../../application/jobs/upload_request.ts";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import { readIdempotency } from "../../application/sending/idempotency.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import { refuse, type Result } from "../../domain/result.ts";
import type { RecipientSource } from "../../application/jobs/recipient_source.ts";
import { NO_KEY_ID } from "../../domain/service/no_key.ts";
import { describe } from "../http/openapi.ts";
import { openUpload } from "../http/upload_body.ts";
import { jobQuery } from "./job_query.ts";
import { answerOpenRefusal, answerUploadRefusal, type OpenRefusal } from "./job_refusal.ts";
import type { ServiceEnv } from "./load.ts";
import type { JobPorts } from "./ports.ts";
import { presentCost, presentDuplicate, presentJob, presentReport } from "./present_job.ts";
import { problem } from "./problem.ts";
import { MAX_NAME } from "../../domain/service/one_line_name.ts";
import { query } from "./validation.ts";

type JobQuery = z.output<ReturnType<typeof jobQuery>>;

/** A cell of a list that is given as JSON. */
const JSON_CELL = z.nullable(z.union([z.string(), z.number(), z.boolean()]));

/** The media types of an upload's body, with the schemas of those that have one. */
const UPLOAD_CONTENT = {
  "text/csv": undefined,
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": undefined,
  "application/vnd.oasis.opendocument.spreadsheet": undefined,
  "multipart/form-data": z.object({ file: z.unknown() }),
  "application/json": z.strictObject({
    rows: z.union([z.array(z.array(JSON_CELL)), z.array(z.record(z.string(), JSON_CELL))]),
  }),
};

/**
 * Creates the route that uploads a list of recipients: it validates the whole list, then creates a job that sends a
 * template to each row. With `dry_run=true` it validates only, and answers with the report.
 */
export function createUploadRoutes({ clock, contexts, uploads, readSheet, smsPrices }: JobPorts) {
  async function open(
    c: Context,
    { file_name: fileName, encoding }: JobQuery,
  ): Promise<Result<RecipientSource, OpenRefusal>> {
    try {
      return await openUpload(c, { fileName, encoding }, readSheet);
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      return refuse({ kind: "body", fault: error.fault });
    }
  }

  return new Hono<ServiceEnv>().post(
    "/",
    describe("Upload a list of recipients, and send a template to each", {
      200: "The report on the list, with `dry_run=true`; `cost` at the operator’s prices",
      201: "The job",
      409: "The service is archived, or was changed while the list was read",
      413: "The upload is too large",
      422: "The list has errors, and `errors` the first of them; or the key was used for another",
    }, {
      content: UPLOAD_CONTENT,
      headers: { "Idempotency-Key": "Makes a repeated upload answer with the job of the first" },
    }),
    query(jobQuery(0), undefined, () => jobQuery(clock.now())),
    async (c) => {
      const options = c.req.valid("query");
      // The options that a replay must repeat are compared with the stored job.
      const idempotency = await readIdempotency(c.req.header("idempotency-key"), []);
      if (!idempotency.ok) {
        return answerUploadRefusal(c, { kind: "refused", refusal: idempotency.refusal });
      }
      const context = await contexts.load(c.var.service.id, {
        fresh: true,
        template: { by: "id", id: options.template_id },
      });
      if (context === undefined) return problem(c, 404, "There is no such service");
      const source = await open(c, options);
      if (!source.ok) return answerOpenRefusal(c, source.refusal);
      const fileName = toFileName(options.file_name ?? source.value.fileName);
      const keyHash = idempotency.value?.keyHash ?? null;
      const request = toUploadRequest(options, {
        context,
        fileName,
        keyHash,
        actor: c.var.access.actor,
      });
      const { signal } = c.req.raw;
      if (options.dry_run === true) {
        const checked = await uploads.check(request, source.value, signal);
        return checked.ok
          ? c.json({
            ...presentReport(checked.value),
            cost: presentCost(checked.value, smsPrices),
          })
          : answerUploadRefusal(c, checked.refusal);
      }
      const created = await uploads.createJob(request, source.value, signal);
      if (!created.ok) return answerUploadRefusal(c, created.refusal);
      const { job, replayed, duplicateUpload } = created.value;
      if (replayed) c.header("Idempotent-Replayed", "true");
      const presented = presentJob(job);
      const warnings = [...presented.warnings, ...presentDuplicate(duplicateUpload)];
      return c.json({ ...presented, warnings }, 201);
    },
  );
}

function toUploadRequest(
  options: JobQuery,
  { context, fileName, keyHash, actor }: {
    readonly context: SendingContext;
    readonly fileName: string | null;
    readonly keyHash: string | null;
    readonly actor: AuditActor;
  },
): UploadRequest {
  return {
    context,
    key: { id: NO_KEY_ID, kind: "live" },
    templateId: options.template_id,
    name: options.name ?? fileName ?? context.template?.name ?? "",
    fileName,
    senderId: options.sender_id ?? null,
    scheduledFor: options.scheduled_for ?? null,
    validUntil: options.valid_until ?? null,
    urgent: options.urgent === true,
    createdPaused: options.start === false,
    allowDuplicates: options.allow_duplicates === true,
    encoding: options.encoding ?? null,
    acceptedWarnings: options.accept_warnings ?? [],
    columns: options.columns,
    skipBadRows: options.skip_bad_rows === true,
    pauseAtFailures: options.pause_at_failures,
    keyHash,
    actor,
  };
}

/** A file's name without its folder, on one line; `null` when nothing is left of it. */
function toFileName(path: string | undefined): string | null {
  const last = (path ?? "").toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const line = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim();
  return line === "" ? null : Array.from(line).slice(0, MAX_NAME).join("");
}
