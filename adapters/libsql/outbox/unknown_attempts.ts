/** The attempts of unknown outcome of an outbox row. */
import type { UnknownAttempt } from "../../../domain/delivery/attempt_result.ts";
import type { Row } from "../connection/database.ts";
import { integer, textOrNull } from "../connection/row.ts";
import { readTimeline } from "../notifications/timeline.ts";

/** How long a call of a provider may last, in milliseconds: when an attempt that was never settled ended at the latest. */
const CALL_MS = 15_000;

type StoredAttempt = readonly [
  number: number,
  provider: string,
  startedAt: number,
  endedAt: number,
];

/**
 * The column `unknown` of an outbox row: a JSON array of `[number, provider, started_at, ended_at]`, the times in
 * epoch milliseconds.
 */
export function unknownText(unknown: readonly UnknownAttempt[]): string {
  return JSON.stringify(
    unknown.map(({ number, provider, startedAt, endedAt }): StoredAttempt => [
      number,
      provider,
      startedAt,
      endedAt,
    ]),
  );
}

/**
 * Reads the attempts of unknown outcome of a claimed row: those that are stored, and one that was started and has no
 * result, because its process ended. That one is found in the timeline, and counts as ended 15 seconds after its
 * start.
 */
export function readUnknownAttempts(row: Row): readonly UnknownAttempt[] {
  if (integer(row, "unresolved") === 0) return [];
  const stored: readonly StoredAttempt[] = JSON.parse(textOrNull(row, "unknown") ?? "[]");
  const unknown = stored.map(([number, provider, startedAt, endedAt]): UnknownAttempt => ({
    number,
    provider,
    startedAt,
    endedAt,
  }));
  const events = readTimeline(row);
  const hasEnded = new Set(
    events.flatMap(({ kind, facts }) => kind === "attempt-ended" ? facts.attempt ?? [] : []),
  );
  const unsettled = events.flatMap(({ kind, at, facts: { attempt, provider } }) =>
    kind === "attempt-started" && attempt !== undefined && provider !== undefined &&
      !hasEnded.has(attempt)
      ? [{
        number: attempt,
        provider,
        startedAt: at,
        endedAt: at + CALL_MS,
        isUnsettled: true as const,
      }]
      : []
  );
  return [...unknown, ...unsettled];
}
