/** The third step of an upload stores its valid rows in chunks, before the job is created. */
import type { JobId, ServiceId } from "../../domain/ids.ts";
import { type JobRow, MAX_CHUNK_LENGTH, MAX_CHUNK_ROWS } from "../../domain/jobs/job.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";

/**
 * Stores the valid rows of an upload in chunks, for a job that does not exist yet ("staged"). If the job is not
 * created, the caller discards them.
 */
export interface ChunkStager {
  /**
   * Adds a row, and stores the chunk when it is full: by its number of rows ({@link MAX_CHUNK_ROWS}), or by the length
   * of their values ({@link MAX_CHUNK_LENGTH}).
   */
  add(row: JobRow): Promise<void>;
  /** Stores the last, incomplete chunk. @returns how many chunks were stored in all */
  finish(): Promise<number>;
}

/** Creates the stager of the job that will have the id `jobId`. */
export function createChunkStager(
  { jobs, clock }: { readonly jobs: Pick<JobStore, "stage">; readonly clock: Clock },
  serviceId: ServiceId,
  jobId: JobId,
): ChunkStager {
  let rows: JobRow[] = [];
  let length = 0;
  let chunks = 0;

  async function stage(): Promise<void> {
    if (rows.length === 0) return;
    await jobs.stage(serviceId, jobId, chunks++, rows, clock.now());
    rows = [];
    length = 0;
  }

  return {
    async add(row) {
      rows.push(row);
      length += lengthOf(row);
      if (rows.length >= MAX_CHUNK_ROWS || length >= MAX_CHUNK_LENGTH) await stage();
    },
    async finish() {
      await stage();
      return chunks;
    },
  };
}

/** The length of all values of a row, in UTF-16 units. */
function lengthOf({ recipient, personalisation, reference = "" }: JobRow): number {
  let length = recipient.length + reference.length;
  for (const value of Object.values(personalisation)) {
    if (typeof value === "string") length += value.length;
    else for (const item of value) length += item?.length ?? 0;
  }
  return length;
}
