import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { JobProgress } from "../../domain/jobs/job.ts";
import { chargeOfJob } from "../../domain/jobs/job_charge.ts";
import {
  type BlockingWarning,
  type ListReading,
  unacceptedWarnings,
  type WarningCode,
} from "../../domain/jobs/list_reading.ts";
import type { JobStatus } from "../../domain/jobs/status.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { checkCharges } from "../../domain/sending/limits.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { Service } from "../../domain/service/service.ts";
import { MAX_CONFLICT_ATTEMPTS } from "../sending/authenticate.ts";

const ARCHIVED = { kind: "service-archived" } as const;

/** The dependencies of {@link startJob}. */
export interface StartJobPorts {
  readonly clock: Clock;
  readonly jobs: Pick<JobStore, "start" | "get">;
  readonly accepts: Pick<AcceptStore, "recall">;
  readonly contexts: Pick<SendingContexts, "load">;
}

/**
 * Why a job was not started. `warnings`: its list has warnings that are not accepted. `status`: it does not wait for a
 * start, but has this status. `refused`: the service is archived, a daily limit is used up, or the service kept changing (`unjudged`).
 */
export type StartRefusal =
  | {
    readonly kind: "warnings";
    readonly warnings: readonly BlockingWarning[];
    readonly reading: ListReading;
  }
  | { readonly kind: "status"; readonly status: JobStatus }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * Starts a job that waits for an explicit start (status `ready to send`), and charges its rows to the daily limits of
 * the day for which it is scheduled, or of the present day. When it refuses, it has written nothing.
 *
 * @param service the job's service as the caller loaded it; when it has changed since, it is loaded again
 * @param accepted the warnings about the list that do not stop the job
 * @param actor who the audit log says started it
 */
export async function startJob(
  ports: StartJobPorts,
  service: Service,
  job: JobProgress,
  accepted: readonly WarningCode[],
  actor: AuditActor,
): Promise<Result<void, StartRefusal>> {
  const { clock, jobs, accepts, contexts } = ports;
  const serviceId = service.id;
  const { reading } = job;
  if (!service.active) return refuse({ kind: "refused", refusal: ARCHIVED });
  const warnings = unacceptedWarnings(reading.warnings, accepted);
  // Of a job that has begun or ended, the status is the reason, whatever its warnings are.
  if (job.status === "ready to send" && warnings.length > 0) {
    return refuse({ kind: "warnings", warnings, reading });
  }
  let current: Service | undefined = service;
  for (let attempt = 0; attempt < MAX_CONFLICT_ATTEMPTS && current !== undefined; attempt++) {
    const now = clock.now();
    const { revision }: Service = current;
    const charge = chargeOfJob(current, job, now);
    const entry = { chain: serviceId, actor, action: "job-started", subject: job.id } as const;
    if (await jobs.start(serviceId, job.id, now, { charge, revision }, entry)) {
      return ok(undefined);
    }
    const { status } = await jobs.get(serviceId, job.id) ?? job;
    if (status !== "ready to send") return refuse({ kind: "status", status });
    const charges = charge?.charges ?? [];
    const scopes = charges.map(({ scope }) => scope);
    const recall = await accepts.recall(serviceId, undefined, scopes, now);
    const limit = checkCharges(charges, (scope) => recall.counters.get(scope) ?? 0);
    if (limit !== undefined && recall.revision === revision) {
      return refuse({ kind: "refused", refusal: limit });
    }
    current = (await contexts.load(serviceId, { fresh: true }))?.service;
  }
  return refuse({ kind: "refused", refusal: { kind: "unjudged" } });
}
