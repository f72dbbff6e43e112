/** The SQL of inboxes. */
import type { InStatement } from "@libsql/client";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import { jsonId } from "../connection/json_ids.ts";
import { DATA_KEY_COLUMNS } from "../keys/keyring.ts";
import {
  isNotStarted,
  leaveOutbox,
  transition,
  type TransitionSource,
} from "../notifications/status_transition.ts";
import { appendedEvents } from "../notifications/timeline.ts";

/** The messages of a batch (?1) as `r`; materialised as in `accept_statements.ts`. */
const ROWS = "WITH r AS MATERIALIZED (SELECT key, value FROM json_each(?1))";

/**
 * Inserts the new messages of a batch (?1) and returns their ids; messages that exist already stay. The new ones
 * continue the sequence of their inbox in the order of their ids. Their time is now (?2), or the time of the message
 * before them when another process's clock is ahead, so that times increase with the sequence. ?3 is the encrypted
 * content of a lone message, where it is large, and `NULL` otherwise.
 */
export const INSERT_MESSAGES = `${ROWS} INSERT INTO inbox_messages (service_id, recipient_hash, id,
    sequence, created_at, data_key_id, sealed)
  SELECT ${jsonId("r.value", "service_id")}, unhex(r.value->>'recipient_hash'),
    ${jsonId("r.value", "id")},
    coalesce(i.sequence, 0) + row_number() OVER (
      PARTITION BY r.value->>'service_id', r.value->>'recipient_hash' ORDER BY r.value->>'id'),
    max(?2, coalesce((SELECT created_at FROM inbox_messages AS before
      WHERE before.service_id = ${jsonId("r.value", "service_id")}
        AND before.recipient_hash = unhex(r.value->>'recipient_hash')
      ORDER BY before.sequence DESC LIMIT 1), 0)),
    ${jsonId("r.value", "data_key_id")}, coalesce(?3, unhex(r.value->>'sealed'))
  FROM r
  LEFT JOIN inboxes AS i ON i.service_id = ${jsonId("r.value", "service_id")}
    AND i.recipient_hash = unhex(r.value->>'recipient_hash')
  WHERE NOT EXISTS (SELECT 1 FROM inbox_messages AS m
    WHERE m.service_id = ${jsonId("r.value", "service_id")}
      AND m.id = ${jsonId("r.value", "id")})
  ON CONFLICT (service_id, id) DO NOTHING
  RETURNING service_id, id`;

/**
 * Adds the messages after an inbox's sequence to its counts, for the inboxes of a batch (?1), and raises the sequence
 * to that of the last message. Runs after {@link INSERT_MESSAGES}.
 */
export const RAISE_INBOXES = `WITH touched AS MATERIALIZED (
    SELECT DISTINCT ${jsonId("value", "service_id")} AS service_id,
      unhex(value->>'recipient_hash') AS recipient_hash
    FROM json_each(?1))
  INSERT INTO inboxes (service_id, recipient_hash, total, unread, sequence,
    all_acknowledged_at_sequence)
  SELECT m.service_id, m.recipient_hash, count(*), count(*), max(m.sequence), 0
  FROM touched
  LEFT JOIN inboxes AS i ON i.service_id = touched.service_id
    AND i.recipient_hash = touched.recipient_hash
  CROSS JOIN inbox_messages AS m
    ON m.service_id = touched.service_id AND m.recipient_hash = touched.recipient_hash
    AND m.sequence > coalesce(i.sequence, 0)
  WHERE true GROUP BY m.service_id, m.recipient_hash
  ON CONFLICT (service_id, recipient_hash) DO UPDATE SET total = total + excluded.total,
    unread = unread + excluded.unread, sequence = excluded.sequence`;

/**
 * Which unread messages of an inbox an acknowledgement marks: one (?3 is its id), or the newest (?3 is their max
 * number). The inbox is the service's id (?1) and the person's keyed hash (?2); messages after a sequence (?5) are
 * left out.
 */
export type UnreadSelection = "one" | "newest";

const newest = (column: "id" | "sequence") =>
  `SELECT ${column} FROM inbox_messages INDEXED BY inbox_messages_not_read
    WHERE service_id = ?1 AND recipient_hash = ?2 AND acknowledged_at IS NULL AND sequence <= ?5
    ORDER BY sequence DESC LIMIT ?3`;

const UNREAD = {
  one:
    `SELECT id FROM inbox_messages INDEXED BY inbox_messages_of_id WHERE service_id = ?1 AND recipient_hash = ?2
    AND id = ?3 AND acknowledged_at IS NULL AND sequence <= ?5`,
  newest: newest("id"),
} as const satisfies Record<UnreadSelection, string>;

/**
 * The arguments of an acknowledgement: the inbox as its service's id (?1) and its person's keyed hash (?2), the
 * message's id or the max number of messages (?3), the time in epoch milliseconds (?4), and the last sequence (?5).
 */
export type AcknowledgeArgs = readonly [
  serviceId: Bytes,
  recipientHash: Bytes,
  which: Bytes | number,
  now: number,
  upTo: number,
];

/**
 * Records the acknowledgement of the selected messages in their notifications and timelines. Must run before the
 * messages are marked, since it selects unread ones.
 */
export function recordAcknowledged(
  selection: UnreadSelection,
  args: AcknowledgeArgs,
): InStatement {
  return {
    sql: `WITH r AS MATERIALIZED (
        SELECT n.rowid AS found, ${
      appendedEvents("n.events", `'[' || cast(?4 AS INTEGER) || ',"acknowledged",{}]'`)
    } AS events
        FROM (${UNREAD[selection]}) AS seen
        CROSS JOIN notifications AS n ON n.service_id = ?1 AND n.id = seen.id)
      UPDATE notifications SET acknowledged_at = ?4, events = r.events
      FROM r WHERE notifications.rowid = r.found`,
    args: [...args],
  };
}

/**
 * Cancels the follow-ups (messages that are sent only if an inbox message was not acknowledged by then) of the
 * selected messages. One of which an attempt was started, or on which a worker has a lease, stays. Must run before
 * the messages are marked, since it selects unread ones.
 */
export function cancelFollowUps(
  selection: UnreadSelection,
  args: AcknowledgeArgs,
): readonly InStatement[] {
  const source: TransitionSource = {
    sql: `SELECT f.service_id, f.id AS notification_id, 'cancelled' AS status, ?4 AS at,
        NULL AS added, '{"status":"cancelled","code":"acknowledged"}' AS change
      FROM (${UNREAD[selection]}) AS seen
      CROSS JOIN notifications AS f ON f.service_id = ?1 AND f.unless_read = seen.id
      CROSS JOIN outbox AS o ON o.service_id = f.service_id AND o.notification_id = f.id
        AND ${isNotStarted("?4")}`,
    args: [...args],
  };
  return [...transition(source, { endsUnsent: true }), leaveOutbox(source)];
}

/** Marks one unread message (?3) as acknowledged at a time (?4), as the inbox's next change. */
export const MARK_ONE =
  `UPDATE inbox_messages INDEXED BY inbox_messages_of_id SET acknowledged_at = ?4, acknowledged_sequence = (
    SELECT sequence + 1 FROM inboxes WHERE service_id = ?1 AND recipient_hash = ?2)
  WHERE service_id = ?1 AND recipient_hash = ?2 AND id = ?3 AND acknowledged_at IS NULL`;

/**
 * Subtracts the message that {@link MARK_ONE} has marked from the inbox's unread ones, and raises its sequence.
 * Changes nothing when none was marked: a marked one has the sequence after the inbox's.
 */
export const COUNT_ONE = `UPDATE inboxes SET unread = unread - 1, sequence = sequence + 1
  WHERE service_id = ?1 AND recipient_hash = ?2 AND EXISTS (
    SELECT 1 FROM inbox_messages AS m INDEXED BY inbox_messages_of_acknowledgement
    WHERE m.service_id = ?1 AND m.recipient_hash = ?2
      AND m.acknowledged_sequence = inboxes.sequence + 1)`;

/** The number of unread messages of an inbox after a sequence. */
const later = (sequence: string) =>
  `(SELECT count(*) AS count FROM inbox_messages INDEXED BY inbox_messages_not_read
    WHERE service_id = ?1 AND recipient_hash = ?2 AND sequence > ${sequence}
      AND acknowledged_at IS NULL)`;

/**
 * Marks the newest unread messages (at most ?3) as acknowledged at a time (?4): as one change of the inbox when no
 * unread message is left, else as one change each.
 */
export const MARK_NEWEST = `UPDATE inbox_messages SET acknowledged_at = ?4,
    acknowledged_sequence = iif(i.unread <= ?3 AND later.count = 0, NULL, i.sequence + seen.place)
  FROM (SELECT sequence, row_number() OVER (ORDER BY sequence) AS place
    FROM (${newest("sequence")})) AS seen
  CROSS JOIN inboxes AS i ON i.service_id = ?1 AND i.recipient_hash = ?2
  CROSS JOIN ${later("?5")} AS later
  WHERE inbox_messages.service_id = ?1 AND inbox_messages.recipient_hash = ?2
    AND inbox_messages.sequence = seen.sequence
  RETURNING 1`;

/**
 * Subtracts the messages of {@link MARK_NEWEST} (?3 as there, up to a sequence ?4) from the inbox's unread ones, and
 * raises its sequence. Runs after it; every expression sees the values before the update.
 */
export const COUNT_NEWEST = `UPDATE inboxes SET
    all_acknowledged_at_sequence = iif(unread <= ?3 AND later.count = 0,
      sequence + 1, all_acknowledged_at_sequence),
    sequence = sequence + iif(unread <= ?3 AND later.count = 0, 1, min(unread - later.count, ?3)),
    unread = unread - min(unread - later.count, ?3)
  FROM ${later("?4")} AS later
  WHERE service_id = ?1 AND recipient_hash = ?2 AND unread > 0`;

/**
 * SQL of the sequence of a message (?5) in this inbox; `NULL`, which no sequence is below, for a message of another
 * inbox.
 */
export const SEQUENCE_OF = `SELECT sequence FROM inbox_messages INDEXED BY inbox_messages_of_id
  WHERE service_id = ?1 AND recipient_hash = ?2 AND id = ?5`;

/**
 * Selects messages `m` of an inbox (?1 its service's id, ?2 its person's keyed hash) with their data keys; append
 * further conditions on `m`.
 *
 * @param index SQL that names an index, such as `INDEXED BY …`
 */
export function selectMessages(index = ""): string {
  return `SELECT m.id, m.recipient_hash, m.sequence, m.created_at, m.acknowledged_at, m.sealed,
    ${DATA_KEY_COLUMNS}
  FROM inbox_messages AS m ${index}
  CROSS JOIN data_keys AS d ON d.service_id = m.service_id AND d.id = m.data_key_id
  WHERE m.service_id = ?1 AND m.recipient_hash = ?2`;
}
