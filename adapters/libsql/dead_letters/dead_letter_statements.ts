/**
 * The SQL that redrives and drops dead letters. The notifications are one argument (?1), a JSON array of `{service_id,
 * id}`; ?2 is the time. ?3 and ?4 are the token of a command's step and the command's id, or `NULL` for one
 * notification: of two steps that are taken at once, only the one whose token is stored changes anything.
 */
import type { InStatement } from "@libsql/client";
import { MAX_REDRIVES, type SkipReason } from "../../../domain/dead_letters/dead_letter.ts";
import { LANE } from "../../../domain/delivery/lanes.ts";
import { OUTCOME_LETTERS } from "../../../domain/delivery/outcomes.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { jsonId } from "../connection/json_ids.ts";
import { RETENTION_BEGINS, RETENTION_DAYS } from "../notifications/retention_days.ts";
import { transition, type TransitionSource } from "../notifications/status_transition.ts";

/** The arguments ?1 to ?4 of the statements. */
export type DeadLetterArgs = readonly [
  notifications: string,
  now: number,
  token: string | null,
  commandId: Uint8Array<ArrayBuffer> | null,
];

const IS_OF_STEP =
  "(?3 IS NULL OR (SELECT c.step_token FROM dead_letter_commands AS c WHERE c.id = ?4) = ?3)";

/** The code of the event of a redrive. */
const REDRIVEN = "redriven";

/** The reason to skip a notification when a condition holds. */
function when(condition: string, reason: SkipReason): string {
  return `WHEN ${condition} THEN '${reason}'`;
}

/** The notifications `n` of the argument with their services `s` and dead letters `d`; `NULL` where there is none. */
const LISTED = `json_each(?1) AS r
  LEFT JOIN services AS s ON s.id = ${jsonId("r.value", "service_id")}
  LEFT JOIN notifications AS n ON n.service_id = s.id AND n.id = ${jsonId("r.value", "id")}
  LEFT JOIN dead_letters AS d ON d.notification_id = n.id AND d.service_id = n.service_id`;

/** The number of the last attempt at the notification `n`, 0 for none. The place that a redrive adds is no attempt. */
const ATTEMPTS = `max(length(rtrim(coalesce(n.outcomes, ' '))) - 1, coalesce(n.accepted_attempt, 0),
    coalesce((SELECT max(e.value->>'$[2].attempt') FROM json_each(n.events) AS e), 0))`;

const REDRIVES = `(SELECT count(*) FROM json_each(n.events) AS e
    WHERE e.value->>'$[2].code' = '${REDRIVEN}')`;

/** Test messages are simulated, so they are not suppressed. */
const IS_SUPPRESSED = `(n.key_kind <> 'test' AND EXISTS (SELECT 1 FROM suppressions AS x
    WHERE x.service_id = n.service_id AND x.recipient_hash = n.recipient_hash
      AND x.channel = n.channel AND x.lifted_at IS NULL))`;

const SKIPS_REDRIVE = `CASE ${
  [
    when("n.id IS NULL", "deleted"),
    when("n.status <> 'technical-failure'", "not-failed"),
    when("d.dropped_at IS NOT NULL", "dropped"),
    when("n.valid_until <= ?2", "expired"),
    when(
      `${RETENTION_BEGINS} < ?2 - ${DAY_MS} * (${RETENTION_DAYS}->>n.channel)`,
      "deleted",
    ),
    when(IS_SUPPRESSED, "suppressed"),
    when(
      `EXISTS (SELECT 1 FROM outbox AS o
        WHERE o.service_id = n.service_id AND o.notification_id = n.id)`,
      "under-way",
    ),
    when(`${REDRIVES} >= ${MAX_REDRIVES}`, "redriven-too-often"),
  ].join(" ")
} END`;

const SKIPS_DROP = `CASE ${
  [
    when("n.id IS NULL", "deleted"),
    when("d.notification_id IS NULL", "not-failed"),
    when("d.dropped_at IS NOT NULL", "dropped"),
  ].join(" ")
} END`;

/** Selects the reason to skip each notification, `NULL` for one that is not skipped. */
export const SELECT_SKIPS = {
  redrive: `SELECT ${SKIPS_REDRIVE} AS skip FROM ${LISTED}`,
  drop: `SELECT ${SKIPS_DROP} AS skip FROM ${LISTED}`,
} as const;

/**
 * Puts notifications back to `created`. An attempt of unknown outcome may have sent one, or one that a provider accepted
 * and of whose end it has said nothing; the event says so.
 */
const redriveIf = (isHead: string) =>
  `SELECT service_id, notification_id, 'created' AS status, ?2 AS at,
    '{"status":"created","code":"${REDRIVEN}"' || iif(may_be_sent, ',"possible_duplicate":true', '')
      || '}' AS change, NULL AS added, attempts + 1 AS attempt
  FROM (SELECT n.service_id, n.id AS notification_id, ${ATTEMPTS} AS attempts,
      instr(n.events, '"outcome":"unknown"') > 0
        OR instr(coalesce(n.outcomes, ''), '${OUTCOME_LETTERS.accepted}') > 0 AS may_be_sent
    FROM ${LISTED} WHERE ${SKIPS_REDRIVE} IS NULL AND ${IS_OF_STEP} AND ${isHead})`;

/**
 * Gives the notifications that were put back a row in the outbox: every other `created` one has one. Their attempts go on
 * counting. They are many at times, so they have the priority of rows of jobs.
 */
const enterOutboxIf = (isHead: string) =>
  `INSERT INTO outbox (service_id, notification_id, channel, lane, task, due_at,
    attempts, unresolved, redriven_at)
  SELECT n.service_id, n.id, n.channel, ${LANE.bulk}, 'deliver', ?2, ${ATTEMPTS}, 0, ?2
  FROM ${LISTED} WHERE n.status = 'created' AND ${IS_OF_STEP} AND ${isHead}
  ON CONFLICT (service_id, notification_id) DO NOTHING`;

const dropIf = (isHead: string) =>
  `UPDATE dead_letters SET dropped_at = ?2, drop_reason = ?5
  WHERE dropped_at IS NULL AND ${IS_OF_STEP} AND ${isHead} AND (notification_id, service_id) IN (
    SELECT ${jsonId("r.value", "id")}, ${jsonId("r.value", "service_id")} FROM json_each(?1) AS r)`;

/**
 * Puts the notifications that nothing excludes back to be sent; a transaction. The last statement writes a row if one was.
 *
 * @param isHead SQL; nothing is changed unless it holds
 */
export function redriveStatements(args: DeadLetterArgs, isHead = "true"): readonly InStatement[] {
  const source: TransitionSource = { sql: redriveIf(isHead), args };
  return [
    ...transition(source, { redrives: true }),
    { sql: enterOutboxIf(isHead), args: [...args] },
  ];
}

/** Drops those of the notifications that are dead letters and were not dropped. @param isHead as above */
export function dropStatements(
  args: DeadLetterArgs,
  reason: string,
  isHead = "true",
): readonly InStatement[] {
  return [{ sql: dropIf(isHead), args: [...args, reason] }];
}
