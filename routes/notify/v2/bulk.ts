import type { Hono } from "hono";
import type { Uploaded } from "../../../application/jobs/create_job.ts";
import { UploadError } from "../../../application/jobs/upload_error.ts";
import type { UploadRequest } from "../../../application/jobs/upload_request.ts";
import { readIdempotency } from "../../../application/sending/idempotency.ts";
import { parseSenderId } from "../../../domain/ids.ts";
import { validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { ok, refuse as refused, type Result } from "../../../domain/result.ts";
import { MAX_DAYS_AHEAD } from "../../../domain/sending/schedule.ts";
import type { CallerContext } from "../../http/authenticate_caller.ts";
import type { AppEnv } from "../../http/context.ts";
import { noteRefusedUpload } from "../../http/security_events.ts";
import { type JsonRowsBody, readJsonRowsBody } from "../../http/upload_body.ts";
import { presentUploadWarnings } from "../../http/upload_warnings.ts";
import type { NotifyRefusal } from "../errors.ts";
import { refusalOfDryRun } from "../../http/dry_run.ts";
import { readBulkSource } from "./bulk_source.ts";
import { toBodyRefusal, toBulkRefusal } from "./bulk_refusal.ts";
import { presentBulkJob } from "./present_bulk_job.ts";
import type { V2Routes } from "./ports.ts";
import { checkTimes, readDelivery } from "./single.ts";

/**
 * Adds `POST /v2/notifications/bulk`, which creates a job that sends one template to many recipients. Request and
 * answer have the format and the messages of GC Notify's bulk call.
 */
export function addBulkRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticated, refuse, refuseBody, sendBatch } = routes;

  app.post("/v2/notifications/bulk", authenticated, async (c) => {
    const { caller } = c.var;
    const dryRun = refusalOfDryRun(c);
    if (dryRun !== undefined) return refuse(c, dryRun);
    // The rate limit is checked before the body is read, which may be long.
    const limit = await sendBatch.consumeRateLimit(caller.key, caller.context);
    if (limit !== undefined && !await isReplay(c, routes)) return refuse(c, limit);
    const body = await readRows(c);
    if (!body.ok) return await refuseBody(c, body.refusal, c.var.requestLog.bodyBytes ?? 0);
    const uploaded = await upload(c, routes, body.value.json);
    if (!uploaded.ok) return await refuseBody(c, limit ?? uploaded.refusal, body.value.bytes);
    const { job, replayed, duplicateUpload } = uploaded.value;
    if (replayed) c.header("Idempotent-Replayed", "true");
    const warnings = presentUploadWarnings(duplicateUpload);
    return c.json({
      data: presentBulkJob(job, caller),
      // GC Notify's answer has no warnings, so an answer without any is exactly GC Notify's.
      ...(warnings.length === 0 ? {} : { warnings }),
    }, 201);
  });
}

/** The hash of the request's idempotency key, and when the job was requested that the key created. */
async function findEarlierUpload(
  c: CallerContext,
  { uploads }: V2Routes,
): Promise<
  Result<{ keyHash: string | undefined; requestedAt: number | undefined }, NotifyRefusal>
> {
  // The upload is compared with the job that the key created, so the request's hash is not needed.
  const idempotency = await readIdempotency(c.req.header("idempotency-key"), []);
  if (!idempotency.ok) return idempotency;
  const keyHash = idempotency.value?.keyHash;
  const requestedAt = await uploads.requestedAt(c.var.caller.context.service.id, keyHash);
  return ok({ keyHash, requestedAt });
}

/** Whether the request's idempotency key created a job. */
async function isReplay(c: CallerContext, routes: V2Routes): Promise<boolean> {
  const earlier = await findEarlierUpload(c, routes);
  return earlier.ok && earlier.value.requestedAt !== undefined;
}

async function readRows(c: CallerContext): Promise<Result<JsonRowsBody, NotifyRefusal>> {
  try {
    return ok(await readJsonRowsBody(c));
  } catch (error) {
    if (error instanceof UploadError) return refused(toBodyRefusal(error.fault));
    throw error;
  }
}

/** Creates the job of a body, or finds the job that the idempotency key created. */
async function upload(
  c: CallerContext,
  routes: V2Routes,
  json: unknown,
): Promise<Result<Uploaded, NotifyRefusal>> {
  const { clock, contexts, readSheet, uploads } = routes;
  const { context: { service }, key } = c.var.caller;
  const earlier = await findEarlierUpload(c, routes);
  if (!earlier.ok) return earlier;
  const { keyHash, requestedAt } = earlier.value;
  // A replayed request is validated against the time of its first one.
  const now = requestedAt ?? clock.now();
  const body = validateV2("POST /v2/notifications/bulk", json, now, {
    country: service.settings.country,
    scheduleDays: MAX_DAYS_AHEAD,
  });
  if (!body.ok) return refused({ kind: "validation", problems: body.refusal });
  const source = await readBulkSource(body.value, readSheet, c.req.raw.signal);
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
    key,
    templateId,
    name,
    fileName: null,
    senderId: parseSenderId(reply_to_id) ?? null,
    scheduledFor,
    validUntil,
    urgent,
    createdPaused: false,
    allowDuplicates: true,
    encoding: null,
    acceptedWarnings: [],
    keyHash: keyHash ?? null,
  };
  const uploaded = await uploads.createJob(request, source.value, c.req.raw.signal);
  if (uploaded.ok) return uploaded;
  noteRefusedUpload(c, uploaded.refusal);
  return refused(toBulkRefusal(uploaded.refusal, service));
}
