/**
 * The SQL that counts messages. `notifications.counted_as` is as what a message is counted now, so that a change of status
 * takes it from that count, however many changes came before: `requested`, another of `OUTCOMES`, or `failed` with a
 * blank and the reason. It is `NULL` for a message that is not counted. A message counts for the hour of its accept.
 */
import { COMPLETED_STATUSES, STATUSES } from "../../../domain/notification/status.ts";
import { outcomeOf } from "../../../domain/statistics/statistics.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";
import { jsonId } from "../connection/json_ids.ts";

/**
 * The longest code of a provider that is counted as a reason of its own, in characters. Longer ones are counted
 * together as `other`.
 */
export const MAX_REASON_CODE = 40;

/** The reason of a failure whose code is longer, or has other characters than a code. */
const OTHER = "other";

const FAILED = wordList(STATUSES.filter((status) => outcomeOf(status) === "failed"));
const COMPLETED = wordList(COMPLETED_STATUSES);

function wordList(words: readonly string[]): string {
  return `(${words.map((word) => `'${word}'`).join(", ")})`;
}

/** The value of a field of the facts of a change `touched`: of its own event, else of the last one that is added before it. */
function factOf(field: string): string {
  return `coalesce('[' || touched.change || ']' ->> '$[0].${field}',
      '[' || touched.added || ']' ->> '$[#-1][2].${field}')`;
}

/** The reason of a failure `touched`: its code, or its status where it has no code, after the provider if one was called. */
const REASON = `concat_ws(':', ${factOf("provider")},
      (SELECT iif(length(code) > ${MAX_REASON_CODE} OR code GLOB '*[^A-Za-z0-9_.-]*', '${OTHER}', code)
        FROM (SELECT coalesce(${factOf("code")}, touched.next) AS code)))`;

/**
 * SQL of the outcome of a change `touched` to the status `next`, as `outcomeOf` in `domain/statistics/statistics.ts`
 * gives it; a failure has its reason after a blank.
 */
export const NEW_COUNT = `CASE WHEN touched.next IN ${FAILED} THEN 'failed ' || ${REASON}
      WHEN touched.next IN ${COMPLETED} THEN touched.next ELSE 'requested' END`;

const COLUMNS = "(unit, service_id, period, channel, key_kind, template_id, outcome, messages)";

const ADD_UP = `ON CONFLICT (unit, service_id, period, channel, key_kind, template_id, outcome)
    DO UPDATE SET messages = messages + excluded.messages`;

/**
 * Counts the accepts of a batch (?1) whose notification was inserted, as `requested` in the hour of the accept. Ids
 * are new, so a notification's presence is the proof.
 */
export const COUNT_ACCEPTED = `INSERT INTO statistics ${COLUMNS}
  SELECT 'hour', ${jsonId("r.value", "service_id")} AS service_id,
    (r.value->>'created_at') / ${HOUR_MS} AS period, r.value->>'channel' AS channel,
    r.value->>'key_kind' AS key_kind, ${jsonId("r.value", "template_id")} AS template_id,
    'requested', count(*)
  FROM json_each(?1) AS r
  WHERE EXISTS (SELECT 1 FROM notifications AS n
    WHERE n.service_id = ${jsonId("r.value", "service_id")} AND n.id = ${jsonId("r.value", "id")})
  GROUP BY 1, period, channel, key_kind, 6
  ${ADD_UP}`;

/**
 * SQL that counts the outcomes of changes of status: each message is taken from the count of its former outcome and
 * added to that of the new one. It must run before the notifications are written.
 *
 * @param changes SQL of the changes, with the columns `found`, `next`, `change` and `added` of `withNextStatus`
 */
export function countOutcomes(changes: string): string {
  return `WITH c AS MATERIALIZED (
      SELECT n.service_id, n.created_at / ${HOUR_MS} AS period, n.channel, n.key_kind,
        n.template_id, n.counted_as AS previous, ${NEW_COUNT} AS next
      FROM (${changes}) AS touched
      CROSS JOIN notifications AS n ON n.rowid = touched.found
      WHERE touched.next IS NOT NULL AND n.counted_as IS NOT NULL)
    INSERT INTO statistics ${COLUMNS}
    SELECT 'hour', service_id, period, channel, key_kind, template_id,
      iif(step.value = 1, next, previous) AS counted, sum(step.value)
    FROM c CROSS JOIN json_each(iif(previous = 'requested', '[1]', '[1, -1]')) AS step
    WHERE next <> previous AND counted <> 'requested'
    GROUP BY service_id, period, channel, key_kind, template_id, counted
    HAVING sum(step.value) <> 0
    ${ADD_UP}`;
}
