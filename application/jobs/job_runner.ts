/** Processes bulk jobs in the background, one chunk at a time. */
import type { JobId, NotificationId, ServiceId } from "../../domain/ids.ts";
import type { JobChunk } from "../../domain/jobs/job.ts";
import { JobError } from "../../domain/jobs/job_error.ts";
import type { JobQueue } from "../../domain/ports/job_queue.ts";
import { createClaimTime } from "../lease_time.ts";
import { acceptChunk, type AcceptChunkPorts } from "./accept_chunk.ts";
import type { JobStop } from "./job_stop.ts";
import { type ChunkContextPorts, loadChunkContext } from "./load_chunk_context.ts";

/**
 * How long a worker leases a chunk, in milliseconds: longer than accepting its rows takes. If the lease expires anyway,
 * a second worker does the same work, and the store still accepts each row once.
 */
const CHUNK_LEASE_MS = 15_000;
/** How long a chunk waits after a failure, in milliseconds. */
const CHUNK_RETRY_MS = 5_000;

/** The dependencies of the job runner. */
export interface JobRunnerPorts extends AcceptChunkPorts, ChunkContextPorts {
  readonly queue: JobQueue;
}

/**
 * Turns the rows of bulk jobs into notifications (accepts them) in the background, chunk by chunk. It sends nothing
 * itself.
 */
export interface JobRunner {
  /**
   * Accepts the rows of one chunk (up to 512 consecutive rows, which are stored together) of the next job that is due.
   * It yields to the event loop in between. When it is aborted or the process ends, the next worker that claims the
   * chunk continues; no row is accepted twice.
   *
   * @returns `false` when no job is due; `true` when a chunk was processed, even if that ended its job with an error
   * @throws {JobError} when the chunk failed; it is retried after 5 seconds, and other jobs can continue
   */
  runOnce(signal: AbortSignal): Promise<boolean>;
  /**
   * Accepts the rows of one named chunk, beside the other chunks of its job that are accepted so. It does not touch a
   * job that {@link runOnce} has leased.
   *
   * @throws {JobError} when the chunk failed; it can be run again
   */
  runPart(part: ChunkRef, signal: AbortSignal): Promise<PartResult>;
}

/** Names a chunk of a job. */
export interface ChunkRef {
  readonly serviceId: ServiceId;
  readonly jobId: JobId;
  /** The chunk's number within its job, from 0. */
  readonly part: number;
}

/**
 * The result of {@link JobRunner.runPart}. `accepted`: all rows are accepted; these notifications are due. `stopped`: not
 * all rows are, and it can be run again. `busy`: another worker has the job. `absent`: there is nothing to do, because the
 * chunk was accepted before, or the job has ended, waits or does not exist.
 */
export type PartResult =
  | { readonly kind: "accepted"; readonly notificationIds: readonly NotificationId[] }
  | { readonly kind: "stopped" | "busy" | "absent" };

/** Creates the job runner. The background loop and cron triggers call it. */
export function createJobRunner(ports: JobRunnerPorts): JobRunner {
  const { clock, queue } = ports;
  const claimTime = createClaimTime(clock, queue, CHUNK_LEASE_MS);

  async function processChunk(
    chunk: JobChunk,
    signal: AbortSignal,
    accepts: AcceptChunkPorts["accepts"] = ports.accepts,
  ): Promise<JobStop | undefined> {
    const context = await loadChunkContext(ports, chunk);
    return context.ok
      ? await acceptChunk({ ...ports, accepts }, chunk, context.value, signal)
      : context.refusal;
  }

  return {
    async runOnce(signal) {
      const chunk = await queue.claimChunk(await claimTime(), CHUNK_LEASE_MS);
      if (chunk === undefined) return false;
      try {
        const stop = await processChunk(chunk, signal);
        if (stop === undefined) await queue.finishChunk(chunk, clock.now());
        else if (stop.kind === "retry") await queue.release(chunk, clock.now());
        else await queue.end(chunk, stop.status, stop.error, clock.now());
      } catch (error) {
        // If the release fails too, the lease expires and the chunk can be claimed again.
        await queue.release(chunk, clock.now() + CHUNK_RETRY_MS).catch(() => {});
        throw new JobError(chunk.job, error);
      }
      return true;
    },
    async runPart({ serviceId, jobId, part }, signal) {
      const claimed = await queue.claimPart(
        serviceId,
        jobId,
        part,
        await claimTime(),
        CHUNK_LEASE_MS,
      );
      if (typeof claimed === "string") return { kind: claimed };
      const { accepts, notificationIds } = collectAccepted(ports);
      try {
        const stop = await processChunk(claimed, signal, accepts);
        if (stop === undefined) {
          await queue.finishPart(claimed, clock.now(), CHUNK_LEASE_MS);
          return { kind: "accepted", notificationIds };
        }
        // The lease is that of other chunks too, so it is not released: it ends when none of them goes on.
        if (stop.kind === "retry") return { kind: "stopped" };
        await queue.end(claimed, stop.status, stop.error, clock.now());
        return { kind: "accepted", notificationIds };
      } catch (error) {
        throw new JobError(claimed.job, error);
      }
    },
  };
}

/** Wraps the store so that the ids of the notifications that it accepts to be sent are collected. */
function collectAccepted({ accepts, clock }: JobRunnerPorts) {
  const notificationIds: NotificationId[] = [];
  const collecting: AcceptChunkPorts["accepts"] = {
    recall: (...args) => accepts.recall(...args),
    async acceptMany(planned) {
      const results = await accepts.acceptMany(planned);
      const now = clock.now();
      for (const [index, { notification, dueAt = now, endsSuppressed }] of planned.entries()) {
        const isDue = dueAt <= now && endsSuppressed !== true;
        if (isDue && results[index]?.kind === "accepted") notificationIds.push(notification.id);
      }
      return results;
    },
  };
  return { accepts: collecting, notificationIds };
}
