/**
 * The statuses of a job, as GOV.UK Notify names them. `pending` waits for a worker, `scheduled` for its time, and
 * `ready to send` for an explicit start. `paused` sends nothing until it is resumed: too many of its messages failed, or
 * somebody paused it. `finished` means that all rows are accepted, not that they are sent.
 */
export const JOB_STATUSES = [
  "pending",
  "scheduled",
  "ready to send",
  "in progress",
  "paused",
  "finished",
  "cancelled",
  "sending limits exceeded",
  "error",
] as const;
/** One of {@link JOB_STATUSES}. */
export type JobStatus = typeof JOB_STATUSES[number];

/** The statuses that may follow each status. */
const JOB_MOVES = {
  pending: ["in progress", "paused", "cancelled", "sending limits exceeded", "error"],
  scheduled: ["in progress", "paused", "cancelled", "sending limits exceeded", "error"],
  // Waits for an explicit start.
  "ready to send": ["pending", "scheduled", "cancelled", "error"],
  "in progress": ["finished", "paused", "cancelled", "sending limits exceeded", "error"],
  // All rows are accepted; messages that have not been sent can still be cancelled.
  finished: ["cancelled", "paused"],
  // It continues where it was paused. A template or service may be archived meanwhile.
  paused: ["pending", "scheduled", "in progress", "finished", "cancelled", "error"],
  cancelled: [],
  "sending limits exceeded": [],
  error: [],
} as const satisfies Record<JobStatus, readonly JobStatus[]>;

/** Returns the statuses from which a job may change to `to`; empty for a status that only a new job has. */
export function jobMovesInto(to: JobStatus): readonly JobStatus[] {
  return JOB_STATUSES.filter((from) => {
    const moves: readonly JobStatus[] = JOB_MOVES[from];
    return moves.includes(to);
  });
}
