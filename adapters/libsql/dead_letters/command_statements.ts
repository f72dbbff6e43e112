/** The SQL of commands over many dead letters. A filter is a JSON object of {@link StoredFilter}. */
import type { InStatement } from "@libsql/client";
import {
  type DeadLetterAction,
  type DeadLetterFilter,
  MAX_COMMANDS_UNDER_WAY,
  MAX_DEAD_LETTERS_COUNTED,
  MAX_DEAD_LETTERS_SCANNED,
} from "../../../domain/dead_letters/dead_letter.ts";
import { jsonId } from "../connection/json_ids.ts";
import { type DeadLetterArgs, SELECT_SKIPS } from "./dead_letter_statements.ts";

/**
 * The form in which a filter is stored and passed to statements. Its fields come in one order, so that equal filters are
 * equal texts.
 */
export function filterText(
  { reason, channel, serviceId, provider, from, to }: DeadLetterFilter,
): string {
  return JSON.stringify({ reason, channel, serviceId, provider, from, to });
}

/** SQL: whether a dead letter matches a filter, which is an argument such as `?2`. */
function matches(filter: string): string {
  const field = (name: string, condition: (value: string) => string) =>
    `(${filter}->>'${name}' IS NULL OR ${condition(`${filter}->>'${name}'`)})`;
  return [
    field("reason", (value) => `reason = ${value}`),
    field("channel", (value) => `channel = ${value}`),
    field("provider", (value) => `provider = ${value}`),
    field("serviceId", () => `service_id = ${jsonId(filter, "serviceId")}`),
    field("from", (value) => `failed_at >= ${value}`),
    field("to", (value) => `failed_at < ${value}`),
  ].join(" AND ");
}

/** A page of dead letters (at most ?3) that match a filter (?2), before an id (?1), the last accepted first. */
export function selectPage(isDropped: boolean): string {
  return `SELECT * FROM (SELECT * FROM dead_letters WHERE notification_id < ?1
      ORDER BY notification_id DESC LIMIT ${MAX_DEAD_LETTERS_SCANNED})
    WHERE dropped_at IS ${isDropped ? "NOT " : ""}NULL AND ${matches("?2")} LIMIT ?3`;
}

/** The last dead letter that {@link selectPage} looks at before an id (?1), when there may be more. */
export const SELECT_LAST_OF_PAGE = `SELECT notification_id FROM dead_letters
  WHERE notification_id < ?1
  ORDER BY notification_id DESC LIMIT 1 OFFSET ${MAX_DEAD_LETTERS_SCANNED - 1}`;

const COUNTED =
  `(SELECT * FROM dead_letters WHERE notification_id > x'' ORDER BY notification_id DESC
    LIMIT ${MAX_DEAD_LETTERS_COUNTED + 1})`;

/** The counts of the newest dead letters that were not dropped. */
export const SELECT_COUNTS = `SELECT channel, provider, reason, count(*) AS messages,
    min(failed_at) AS oldest
  FROM ${COUNTED} WHERE dropped_at IS NULL GROUP BY channel, provider, reason
  ORDER BY messages DESC, reason, channel, provider`;

/** How many dead letters there are, and how many of them match a filter (?1); more than can be counted are all counted as one more. */
export const SELECT_MATCHED = `SELECT count(*) AS scanned,
    coalesce(sum(dropped_at IS NULL AND ${matches("?1")}), 0) AS matched
  FROM ${COUNTED}`;

const SELECT_COMMAND = "SELECT * FROM dead_letter_commands";
const SELECT_UNDER_WAY = `${SELECT_COMMAND} INDEXED BY dead_letter_commands_under_way
  WHERE finished_at IS NULL AND created_at > 0`;

/** The command with an id (?1). */
export const SELECT_COMMAND_BY_ID = `${SELECT_COMMAND} WHERE id = ?1`;
/** The command under way that was given first. */
export const SELECT_NEXT_COMMAND = `${SELECT_UNDER_WAY}
  ORDER BY created_at, id LIMIT 1`;

/** An equal command that is under way: of an action (?1) and a reason (?2), with a filter (?3). */
export const SELECT_EQUAL_COMMAND = `${SELECT_UNDER_WAY}
  AND action = ?1 AND reason IS ?2 AND filter = ?3 ORDER BY created_at, id LIMIT 1`;

/** Stores a command, unless an equal one or as many as are allowed are under way. */
export const insertCommandIf = (isHead: string) =>
  `INSERT INTO dead_letter_commands (id, action, filter, reason, matched,
    done, skipped, place, created_at)
  SELECT ?4, ?1, ?3, ?2, ?5, 0, '{}', x'', ?6
  WHERE NOT EXISTS (${SELECT_EQUAL_COMMAND})
    AND (SELECT count(*) FROM (${SELECT_UNDER_WAY}
      LIMIT ${MAX_COMMANDS_UNDER_WAY})) < ${MAX_COMMANDS_UNDER_WAY} AND ${isHead}`;

/**
 * The next dead letters of a command: at most ?4 that match its filter (?2) and failed at ?3 at the latest, behind its
 * place (?1), the first accepted first.
 */
export const SELECT_STEP = `SELECT service_id, notification_id
  FROM (SELECT * FROM dead_letters WHERE notification_id > ?1
    ORDER BY notification_id LIMIT ${MAX_DEAD_LETTERS_SCANNED})
  WHERE dropped_at IS NULL AND failed_at <= ?3 AND ${matches("?2")} LIMIT ?4`;

/** The last dead letter that {@link SELECT_STEP} looks at behind a place (?1), when there may be more. */
export const SELECT_LAST_OF_STEP = `SELECT notification_id FROM dead_letters
  WHERE notification_id > ?1
  ORDER BY notification_id LIMIT 1 OFFSET ${MAX_DEAD_LETTERS_SCANNED - 1}`;

/** Adds the reasons of the notifications that are skipped to `skipped`, by {@link SELECT_SKIPS}. */
function addSkips(skips: string): string {
  return `(SELECT json_group_object(reason, messages) FROM (
      SELECT reason, sum(messages) AS messages FROM (
        SELECT j.key AS reason, j.value AS messages FROM json_each(skipped) AS j
        UNION ALL SELECT skip, count(*) FROM (${skips}) WHERE skip IS NOT NULL GROUP BY skip)
      GROUP BY reason))`;
}

/**
 * Records a step of a command, before the notifications change: its counts, its place (?6), its end (?7, or `NULL`) and
 * the token of the step (?3). It changes nothing when another process has taken a step since the command was read with
 * the token ?5.
 */
export function recordStep(
  action: DeadLetterAction,
  args: DeadLetterArgs,
  { before, place, finishedAt }: {
    readonly before: string | null;
    readonly place: Uint8Array<ArrayBuffer>;
    readonly finishedAt: number | null;
  },
): InStatement {
  const skips = SELECT_SKIPS[action];
  return {
    sql: `UPDATE dead_letter_commands SET step_token = ?3, place = ?6, finished_at = ?7,
        done = done + (SELECT count(*) FROM (${skips}) WHERE skip IS NULL),
        skipped = ${addSkips(skips)}
      WHERE id = ?4 AND finished_at IS NULL AND step_token IS ?5 AND ?2 IS NOT NULL`,
    args: [...args, before, place, finishedAt],
  };
}

/**
 * Counts as `not-failed` what a finished command (?1, in its step ?2) matched and did not find any more: the messages
 * that a report or another command changed before their turn.
 */
export const COUNT_GONE =
  `UPDATE dead_letter_commands SET skipped = json_set(skipped, '$."not-failed"',
    coalesce(skipped->>'$."not-failed"', 0) + matched - done
      - (SELECT coalesce(sum(j.value), 0) FROM json_each(skipped) AS j))
  WHERE id = ?1 AND step_token = ?2 AND finished_at IS NOT NULL
    AND matched > done + (SELECT coalesce(sum(j.value), 0) FROM json_each(skipped) AS j)`;
