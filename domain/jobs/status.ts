/** Where a job stands. The words are GOV.UK Notify's. */
export const JOB_STATUSES = [
  "pending",
  "scheduled",
  "ready to send",
  "in progress",
  "finished",
  "cancelled",
  "sending limits exceeded",
  "error",
] as const;
export type JobStatus = typeof JOB_STATUSES[number];

/** The moves that a job's status allows; what is not here cannot happen. */
export const JOB_MOVES = {
  pending: ["in progress", "cancelled", "sending limits exceeded", "error"],
  scheduled: ["in progress", "cancelled", "sending limits exceeded", "error"],
  // It waits for somebody to say so.
  "ready to send": ["pending", "scheduled", "cancelled", "error"],
  "in progress": ["finished", "cancelled", "sending limits exceeded", "error"],
  // All its rows are in, and those that still wait can be called off.
  finished: ["cancelled"],
  cancelled: [],
  "sending limits exceeded": [],
  error: [],
} as const satisfies Record<JobStatus, readonly JobStatus[]>;

/** The statuses from which a job may move to `to`. */
export function jobMovesInto(to: JobStatus): readonly JobStatus[] {
  return JOB_STATUSES.filter((from) => {
    const moves: readonly JobStatus[] = JOB_MOVES[from];
    return moves.includes(to);
  });
}
