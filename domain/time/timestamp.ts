/** Formats a time as GOV.UK Notify does: `2026-11-22T07:30:00.123000Z`, UTC, with six fractional digits. */
export function toTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, -1)}000Z`;
}

/** As {@link toTimestamp}; returns `null` for `null`. */
export function toTimestampOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toTimestamp(epochMs);
}
