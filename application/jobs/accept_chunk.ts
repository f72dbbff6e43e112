/** Accepts the rows of a chunk: plans them and writes them to the outbox, a few at a time. */
import type { ServiceId } from "../../domain/ids.ts";
import type { JobChunk } from "../../domain/jobs/job.ts";
import { contentLength } from "../../domain/notification/notification.ts";
import type {
  Accept,
  AcceptRejection,
  AcceptResult,
  AcceptStore,
} from "../../domain/ports/accept_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { checkCharges, dailyCharge, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { PlanContext } from "../../domain/sending/plan_context.ts";
import { startTimeSlice, yieldToEventLoop } from "../event_loop.ts";
import { failJob, type JobStop, LIMIT_EXCEEDED } from "./job_stop.ts";
import { planRow, type PlanRowPorts } from "./plan_row.ts";

/** The most rows of a job that one write accepts (a step). */
export const STEP_MAX_ROWS = 128;
/**
 * The most characters of the messages of a step (the rows of one write), together. The last row of a step may exceed
 * it.
 */
export const STEP_MAX_CHARACTERS = 1_000_000;
/** The most steps in flight: the rows of one are encrypted while those of the other are written. */
const CONCURRENT_STEPS = 2;

/** The dependencies of {@link acceptChunk}. */
export interface AcceptChunkPorts extends PlanRowPorts {
  readonly accepts: Pick<AcceptStore, "acceptMany" | "recall">;
}

/**
 * Accepts the rows of a chunk (consecutive rows of a job that a worker has leased), except those accepted before:
 * writes each as a notification to the outbox. The notification of a suppressed recipient (one to whom the service may
 * not send) ends there without being sent.
 *
 * @param context what all rows are planned with, from `loadChunkContext`
 * @param signal stops between two steps when it is aborted; the chunk is then to be retried
 * @returns why it stopped before the last row; `undefined` when all rows are accepted
 * @throws errors of the store; the rows accepted until then stay accepted
 */
export async function acceptChunk(
  ports: AcceptChunkPorts,
  chunk: JobChunk,
  context: PlanContext,
  signal: AbortSignal,
): Promise<JobStop | undefined> {
  if (await exceedsDailyLimit(ports, chunk, context)) return LIMIT_EXCEEDED;
  const rows = chunk.rows.filter(({ row }) => !chunk.accepted.has(row));
  const isSliceOver = startTimeSlice();
  const inFlight: Promise<JobStop | undefined>[] = [];
  try {
    for (let from = 0; from < rows.length;) {
      if (signal.aborted) return { kind: "retry" };
      const candidates = rows.slice(from, from + STEP_MAX_ROWS);
      const planned = await planStep(ports, chunk, context, candidates, isSliceOver);
      // An invalid row ends the job only when all rows before it are accepted.
      if (!planned.ok) return await firstStop(inFlight) ?? planned.refusal;
      from += planned.value.length;
      if (inFlight.length === CONCURRENT_STEPS) {
        const stop = await inFlight.shift();
        if (stop !== undefined) return stop;
      }
      const step = acceptRows(ports, chunk.job.serviceId, planned.value);
      // It is awaited later. Without a handler, a failure before that would count as an unhandled rejection.
      step.catch(() => {});
      inFlight.push(step);
    }
    return await firstStop(inFlight);
  } finally {
    await Promise.allSettled(inFlight);
  }
}

/** Whether a job that was not charged, and has not begun, has more rows than the service may still send today. */
async function exceedsDailyLimit(
  ports: AcceptChunkPorts,
  { job, acceptedOfJob, limitDay }: JobChunk,
  { service, key }: PlanContext,
): Promise<boolean> {
  if (limitDay !== undefined || acceptedOfJob > 0 || key.kind === "test") return false;
  const charge = dailyCharge(service, job.channel, ports.clock.now());
  return await exceedsLimits(ports, job.serviceId, [{ ...charge, step: job.rows }]);
}

async function exceedsLimits(
  { accepts, clock }: AcceptChunkPorts,
  serviceId: ServiceId,
  charges: readonly QuotaCharge[],
): Promise<boolean> {
  const scopes = [...new Set(charges.map(({ scope }) => scope))];
  const { counters } = await accepts.recall(serviceId, undefined, scopes, clock.now());
  return checkCharges(charges, (scope) => counters.get(scope) ?? 0) !== undefined;
}

/** Plans rows until the step is full. */
async function planStep(
  ports: PlanRowPorts,
  chunk: JobChunk,
  context: PlanContext,
  rows: JobChunk["rows"],
  isSliceOver: () => boolean,
): Promise<Result<readonly Accept[], JobStop>> {
  const planned: Accept[] = [];
  let characters = 0;
  for (const row of rows) {
    if (characters >= STEP_MAX_CHARACTERS) break;
    const accept = await planRow(ports, context, chunk, row);
    if (isSliceOver()) await yieldToEventLoop();
    if (!accept.ok) return refuse(failJob(`${accept.refusal.kind}:${row.row}`));
    planned.push(accept.value);
    characters += contentLength(accept.value.notification.personal);
  }
  return ok(planned);
}

/** Writes the rows of a step. @returns why some of them were not accepted */
async function acceptRows(
  ports: AcceptChunkPorts,
  serviceId: ServiceId,
  planned: readonly Accept[],
): Promise<JobStop | undefined> {
  const results = await acceptEndingSuppressed(ports, planned);
  if (results.every(({ kind }) => kind === "accepted")) return undefined;
  const tooLarge = planned.find((_, index) => reasonOf(results[index]) === "too-large");
  if (tooLarge !== undefined) {
    return failJob(`message-too-large:${tooLarge.notification.delivery?.job?.row ?? 0}`);
  }
  const isOverLimit = (index: number) => reasonOf(results[index]) === "counter";
  const charges = planned.flatMap(({ charges }, index) => isOverLimit(index) ? charges : []);
  if (charges.length === 0) return { kind: "retry" };
  // The rest of a limit may have gone to a row that was itself rejected, so the counters decide.
  return await exceedsLimits(ports, serviceId, charges) ? LIMIT_EXCEEDED : { kind: "retry" };
}

function reasonOf(result: AcceptResult | undefined): AcceptRejection["reason"] | undefined {
  return result?.kind === "rejected" ? result.reason : undefined;
}

/** Accepts rows. Those whose recipients are suppressed are accepted too, and end without being sent. */
async function acceptEndingSuppressed(
  { accepts }: AcceptChunkPorts,
  planned: readonly Accept[],
): Promise<readonly AcceptResult[]> {
  const results = await accepts.acceptMany(planned);
  const isSuppressed = (index: number) => reasonOf(results[index]) === "suppressed";
  const suppressed = planned.filter((_, index) => isSuppressed(index));
  if (suppressed.length === 0) return results;
  const ended = await accepts.acceptMany(
    suppressed.map((accept) => ({ ...accept, endsSuppressed: true })),
  );
  let at = 0;
  return results.map((result, index) => isSuppressed(index) ? ended[at++] ?? result : result);
}

/** @throws the error of the first step that failed */
async function firstStop(
  steps: readonly Promise<JobStop | undefined>[],
): Promise<JobStop | undefined> {
  return (await Promise.all(steps)).find((stop) => stop !== undefined);
}
