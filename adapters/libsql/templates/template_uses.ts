/**
 * The SQL of how often templates were used, and when. The counts of hours have no index by template, as accepts and
 * receipts would write to it: the hours of a service are walked through, and each is asked for a template's counts.
 * There are few, as retention adds up those that are more than `HOURLY_DAYS` ago.
 */
import { CHANNELS, KEY_KINDS } from "../../../domain/service/service.ts";

/** SQL: the last hour of a service (?1) that has counts, among those that a condition names. */
function lastHour(condition: string): string {
  return `(SELECT period FROM statistics WHERE unit = 'hour' AND service_id = ?1 AND ${condition}
    ORDER BY period DESC LIMIT 1)`;
}

/** SQL of a common table: the hours of a service (?1) that have counts, up to one, and a `NULL`. */
function hoursUpTo(hour: string): string {
  return `hours (hour) AS (SELECT ${lastHour(`period <= ${hour}`)}
    UNION ALL SELECT ${lastHour("period < hours.hour")} FROM hours WHERE hours.hour IS NOT NULL)`;
}

/** SQL: a table of words, with the column `value`. */
function wordTable(words: readonly string[]): string {
  return `json_each('${JSON.stringify(words)}')`;
}

/** SQL of common tables: the channels and kinds of keys of each hour in which a service (?1) sent messages. */
export const BUSY_HOURS = `${hoursUpTo("9e15")},
  busy_hours AS MATERIALIZED (
    SELECT hours.hour, channel.value AS channel, kind.value AS key_kind
    FROM hours CROSS JOIN ${wordTable(CHANNELS)} AS channel CROSS JOIN ${
  wordTable(KEY_KINDS)
} AS kind
    WHERE EXISTS (SELECT 1 FROM statistics AS s WHERE s.unit = 'hour' AND s.service_id = ?1
      AND s.period = hours.hour AND s.channel = channel.value AND s.key_kind = kind.value))`;

/** SQL: the last of {@link BUSY_HOURS} in which a template `t` was used. Its messages have its channel. */
export const LAST_HOUR = `(SELECT max(hour) FROM busy_hours WHERE busy_hours.channel = t.channel
    AND EXISTS (SELECT 1 FROM statistics AS s WHERE s.unit = 'hour' AND s.service_id = ?1
      AND s.period = hour AND s.channel = t.channel AND s.key_kind = busy_hours.key_kind
      AND s.template_id = t.id))`;

/** SQL: the last day in which a template `t` of a service (?1) was used, of those that have no hours any more. */
export const LAST_DAY = `(SELECT max(period) FROM statistics AS s INDEXED BY statistics_of_template
    WHERE s.service_id = ?1 AND s.template_id = t.id AND s.unit = 'day')`;

/** SQL: the messages of a template (?2) of a service (?1) on each day from one (?3) to another (?4). */
export const SELECT_USE = `WITH RECURSIVE ${hoursUpTo("?4 * 24 + 23")}
  SELECT day,
    sum(messages) FILTER (WHERE outcome = 'requested') AS requested,
    coalesce(sum(messages) FILTER (WHERE outcome IN ('delivered', 'sent')), 0) AS delivered,
    coalesce(sum(messages) FILTER (WHERE outcome LIKE 'failed%'), 0) AS failed
  FROM (SELECT period AS day, outcome, messages FROM statistics INDEXED BY statistics_of_template
      WHERE service_id = ?1 AND template_id = ?2 AND unit = 'day' AND period BETWEEN ?3 AND ?4
        AND key_kind <> 'test'
    UNION ALL
    SELECT hours.hour / 24, s.outcome, s.messages
      FROM hours CROSS JOIN ${wordTable(KEY_KINDS.filter((kind) => kind !== "test"))} AS kind
      CROSS JOIN templates AS t ON t.service_id = ?1 AND t.id = ?2
      CROSS JOIN statistics AS s ON s.unit = 'hour' AND s.service_id = ?1 AND s.period = hours.hour
        AND s.channel = t.channel AND s.key_kind = kind.value AND s.template_id = t.id
      WHERE hours.hour >= ?3 * 24)
  GROUP BY day HAVING requested > 0 ORDER BY day`;
