import type { ServiceId } from "../../domain/ids.ts";
import { JobError } from "../../domain/jobs/job_error.ts";
import type { JobChunk } from "../../domain/jobs/job.ts";
import type { JobQueue } from "../../domain/ports/job_queue.ts";
import { checkCharges, dailyCharge, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import { contentLength } from "../../domain/notification/notification.ts";
import type { PlanContext } from "../../domain/sending/plan_notification.ts";
import type { Accept, AcceptStore } from "../../domain/ports/accept_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { startTimeSlice, turn } from "../event_loop.ts";
import { planRow, type PlanRowPorts } from "./plan_row.ts";

/**
 * How long one holder keeps a part: longer than taking its rows on lasts. Where it is not, another does the same work, and
 * the store still takes each row once.
 */
export const CHUNK_LEASE_MS = 15_000;
/** How many rows are judged and written before anything else gets its turn. */
export const JOB_STEP = 128;
/** How many steps are under way at once: the rows of one are sealed while those of the other are written. */
const STEPS_AT_ONCE = 2;
/** How long the contents of a step are together, in characters; the last may go over. */
export const JOB_STEP_SIZE = 1_000_000;
/** How long a part rests whose holder met a failure. */
export const CHUNK_RETRY_MS = 5_000;

/** What the runner works with. */
export interface JobRunnerPorts extends PlanRowPorts {
  readonly queue: JobQueue;
  readonly contexts: SendingContexts;
  readonly templates: Pick<ManagementStore, "getTemplate">;
  readonly accepts: Pick<AcceptStore, "acceptMany" | "recall">;
  readonly defaults: SenderDefaults;
  /** Whether inbox messages of a service have readers. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
}

/** Takes the rows of jobs on. */
export interface JobRunner {
  /**
   * Takes on the next part of the job whose turn it is, in steps between which others get theirs. Cut short anywhere, it
   * is gone on with by whoever comes next; no row is taken on twice.
   *
   * @returns `false` when no job is due
   * @throws {JobError} when the job cannot be gone on with for now; others can
   */
  runOnce(signal: AbortSignal): Promise<boolean>;
}

/** Why a job goes no further for now. */
type Stop =
  | { readonly kind: "ended"; readonly status: "error"; readonly error: string }
  | { readonly kind: "ended"; readonly status: "sending limits exceeded"; readonly error: null }
  /** To be judged again: the service has changed, or a row was taken on by another. */
  | { readonly kind: "again" };

const LIMITED: Stop = { kind: "ended", status: "sending limits exceeded", error: null };
const failed = (error: string): Stop => ({ kind: "ended", status: "error", error });

/** Makes the one runner that the loop and a cron call. */
export function createJobRunner(ports: JobRunnerPorts): JobRunner {
  const { clock, queue, contexts, templates, accepts, defaults, hasInbox } = ports;

  /** The version that the list was checked against; archived when the template is. */
  async function findTemplate(
    { job }: JobChunk,
    newest: TemplateVersion | undefined,
  ): Promise<TemplateVersion | undefined> {
    if (newest === undefined || newest.archived || newest.version === job.templateVersion) {
      return newest;
    }
    return await templates.getTemplate(job.serviceId, job.templateId, job.templateVersion);
  }

  /** What the part's rows are judged by, read once. */
  async function findContext(part: JobChunk): Promise<PlanContext | Stop> {
    const { serviceId, templateId, keyId, keyKind, createdAt } = part.job;
    const context = await contexts.load(serviceId, {
      fresh: true,
      template: { by: "id", id: templateId },
    });
    if (context === undefined || !context.service.active) return failed("service-archived");
    const template = await findTemplate(part, context.template);
    if (template === undefined || template.archived) return failed("template-archived");
    return {
      ...context,
      template,
      // Who may send was judged when the list came in; what is asked for here is what kind of sending it is.
      key: { id: keyId, name: "", kind: keyKind, createdAt, revokedAt: undefined },
      defaults,
      hasInbox: hasInbox(serviceId),
    };
  }

  async function isOver(serviceId: ServiceId, charges: readonly QuotaCharge[]): Promise<boolean> {
    const scopes = [...new Set(charges.map(({ scope }) => scope))];
    const { counters } = await accepts.recall(serviceId, undefined, scopes, clock.now());
    return checkCharges(charges, (scope) => counters.get(scope) ?? 0) !== undefined;
  }

  /** A job that today has no room for is not begun. */
  async function judgeStart({ job, acceptedOfJob }: JobChunk, { service, key }: PlanContext) {
    if (acceptedOfJob > 0 || key.kind === "test") return undefined;
    const charge = dailyCharge(service, job.channel, clock.now());
    return await isOver(job.serviceId, [{ ...charge, step: job.rows }]) ? LIMITED : undefined;
  }

  /** Plans a step's rows. */
  async function planStep(
    part: JobChunk,
    context: PlanContext,
    rows: JobChunk["rows"],
    isTime: () => boolean,
  ): Promise<Result<readonly Accept[], Stop>> {
    const planned: Accept[] = [];
    let size = 0;
    for (const row of rows) {
      if (size >= JOB_STEP_SIZE) break;
      const one = await planRow(ports, context, part, row);
      if (isTime()) await turn();
      if (!one.ok) return refuse(failed(`${one.refusal.kind}:${row.row}`));
      planned.push(one.value);
      size += contentLength(one.value.notification.personal);
    }
    return ok(planned);
  }

  /** Takes a step's rows on. @returns why not all of them were */
  async function acceptRows(part: JobChunk, planned: readonly Accept[]): Promise<Stop | undefined> {
    const taken = await accepts.acceptMany(planned);
    const refused = planned.filter((_, index) => taken[index] !== true);
    if (refused.length === 0) return undefined;
    const charges = refused.flatMap(({ charges }) => charges);
    return await isOver(part.job.serviceId, charges) ? LIMITED : { kind: "again" };
  }

  /** @returns why the part was not taken on to its end; `undefined` when it was */
  async function run(part: JobChunk, signal: AbortSignal): Promise<Stop | undefined> {
    const context = await findContext(part);
    if ("kind" in context) return context;
    const stop = await judgeStart(part, context);
    if (stop !== undefined) return stop;
    const rows = part.rows.filter(({ row }) => !part.accepted.has(row));
    const isTime = startTimeSlice();
    const underWay: Promise<Stop | undefined>[] = [];
    try {
      for (let from = 0; from < rows.length;) {
        if (signal.aborted) return { kind: "again" };
        const planned = await planStep(part, context, rows.slice(from, from + JOB_STEP), isTime);
        // A row that is wrong ends the job only when all before it have been taken on.
        if (!planned.ok) return await firstStop(underWay) ?? planned.refusal;
        from += planned.value.length;
        if (underWay.length === STEPS_AT_ONCE) {
          const stop = await underWay.shift();
          if (stop !== undefined) return stop;
        }
        // To seal a step's rows takes turns of the event loop, and others have theirs then.
        const step = acceptRows(part, planned.value);
        // Told when its turn comes; one that fails before is no failure of nobody's.
        step.catch(() => {});
        underWay.push(step);
      }
      return await firstStop(underWay);
    } finally {
      await Promise.allSettled(underWay);
    }
  }

  /** @throws what a step threw */
  async function firstStop(steps: readonly Promise<Stop | undefined>[]): Promise<Stop | undefined> {
    return (await Promise.all(steps)).find((stop) => stop !== undefined);
  }

  return {
    async runOnce(signal) {
      const part = await queue.claimChunk(clock.now(), CHUNK_LEASE_MS);
      if (part === undefined) return false;
      try {
        const stop = await run(part, signal);
        if (stop === undefined) await queue.finishChunk(part, clock.now());
        else if (stop.kind === "again") await queue.release(part, clock.now());
        else await queue.end(part, stop.status, stop.error, clock.now());
      } catch (error) {
        // Where this fails too, the lease runs out.
        await queue.release(part, clock.now() + CHUNK_RETRY_MS).catch(() => {});
        throw new JobError(part.job, error);
      }
      return true;
    },
  };
}
