import { errorName } from "../domain/text/error_name.ts";
import { JobError } from "../domain/jobs/job_error.ts";
import type { Log } from "../domain/ports/log.ts";

/** Runs parts of the background work. */
export interface Parts {
  /** Runs a part, and logs its failure as the event. */
  readonly run: <T>(event: string, part: () => Promise<T>) => Promise<T | undefined>;
  /** Whether a part has failed so far. */
  readonly hasFailed: () => boolean;
}

/** Creates a function that runs parts of the work, so that the failure of one does not stop the others. */
export function logFailures(log: Log): Parts {
  let hasFailed = false;
  return {
    hasFailed: () => hasFailed,
    async run(event, part) {
      try {
        return await part();
      } catch (error) {
        hasFailed = true;
        log({ event, ...toLogFields(error) });
        return undefined;
      }
    },
  };
}

/** Returns the fields of an error that may be logged: its message may quote personal data. */
export function toLogFields(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof JobError) {
    const { serviceId, jobId, cause } = error;
    return { ...toLogFields(cause), service_id: serviceId, job_id: jobId };
  }
  return { error: errorName(error) };
}
