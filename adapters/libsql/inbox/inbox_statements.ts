/** The statements of inboxes. */
import type { InStatement } from "@libsql/client";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import { DATA_KEY_COLUMNS } from "../keys/keyring.ts";

/** The batch of a put as `r`; materialised as in `accept_statements.ts`. */
const ROWS = "WITH r AS MATERIALIZED (SELECT key, value FROM json_each(?1))";

/**
 * The messages of a batch (?1) that are new, numbered on from their inbox's sequence in the order of their ids, as they
 * come together; the ids come back. Their time is now (?2), or that of the message before them where another's clock is
 * ahead: times go as numbers do.
 */
export const INSERT_MESSAGES = `${ROWS} INSERT INTO inbox_messages (service_id, recipient_hash, id,
    sequence, created_at, data_key_id, sealed)
  SELECT r.value->>'service_id', unhex(r.value->>'recipient_hash'), r.value->>'id',
    coalesce(i.sequence, 0) + row_number() OVER (
      PARTITION BY r.value->>'service_id', r.value->>'recipient_hash' ORDER BY r.value->>'id'),
    max(?2, coalesce((SELECT created_at FROM inbox_messages AS before
      WHERE before.service_id = r.value->>'service_id'
        AND before.recipient_hash = unhex(r.value->>'recipient_hash')
      ORDER BY before.sequence DESC LIMIT 1), 0)),
    r.value->>'data_key_id', unhex(r.value->>'sealed')
  FROM r
  LEFT JOIN inboxes AS i ON i.service_id = r.value->>'service_id'
    AND i.recipient_hash = unhex(r.value->>'recipient_hash')
  WHERE NOT EXISTS (SELECT 1 FROM inbox_messages AS m
    WHERE m.service_id = r.value->>'service_id' AND m.id = r.value->>'id')
  ON CONFLICT (service_id, id) DO NOTHING
  RETURNING service_id, id`;

/** Raises what is kept of the batch's inboxes by the messages that they do not count yet: those past their sequence. */
export const RAISE_INBOXES = `WITH touched AS MATERIALIZED (
    SELECT DISTINCT value->>'service_id' AS service_id,
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

/** Which messages are to be marked as seen: one, or the newest so many; up to a sequence (?5). Of an inbox (?1, ?2). */
export type Unseen = "one" | "newest";

const newest = (column: "id" | "sequence") =>
  `SELECT ${column} FROM inbox_messages INDEXED BY inbox_messages_unread
    WHERE service_id = ?1 AND recipient_hash = ?2 AND acknowledged_at IS NULL AND sequence <= ?5
    ORDER BY sequence DESC LIMIT ?3`;

const UNSEEN = {
  one:
    `SELECT id FROM inbox_messages INDEXED BY inbox_messages_by_id WHERE service_id = ?1 AND recipient_hash = ?2
    AND id = ?3 AND acknowledged_at IS NULL AND sequence <= ?5`,
  newest: newest("id"),
} as const satisfies Record<Unseen, string>;

/** An outbox row whose notification has not been attempted and is in nobody's hands (now: ?4). */
const NOT_BEGUN = `o.task = 'deliver' AND o.attempts = 0
    AND (o.lease_token IS NULL OR o.due_at <= ?4)`;

/** What was to follow messages unless they were seen, of those that have a status. */
const following = (unseen: Unseen, status: string) =>
  `SELECT n.service_id, n.id FROM (${UNSEEN[unseen]}) AS seen
  CROSS JOIN notifications AS n ON n.service_id = ?1 AND n.unless_read = seen.id
    AND n.status = '${status}'
  CROSS JOIN outbox AS o ON o.service_id = n.service_id AND o.notification_id = n.id
    AND ${NOT_BEGUN}`;

/** Arguments of what marks messages as seen: the inbox (?1, ?2), which (?3), when (?4), and up to which sequence (?5). */
export type SeenArgs = readonly [
  serviceId: string,
  recipientHash: Bytes,
  which: string | number,
  now: number,
  upTo: number,
];

/** Tells of messages being seen in their notifications' times and timelines; to be run before they are marked. */
export function reportSeen(
  unseen: Unseen,
  args: SeenArgs,
  eventId: string,
): readonly InStatement[] {
  return [
    {
      sql: `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
        SELECT n.service_id, n.id, ?6, ?4, 'acknowledged', '{}' FROM (${UNSEEN[unseen]}) AS seen
        CROSS JOIN notifications AS n ON n.service_id = ?1 AND n.id = seen.id`,
      args: [...args, eventId],
    },
    {
      sql: `UPDATE notifications SET acknowledged_at = ?4
        WHERE service_id = ?1 AND id IN (${UNSEEN[unseen]})`,
      args: [...args],
    },
  ];
}

/** Calls off what was to follow those messages; to be run before they are marked. */
export function cancelFollowUps(
  unseen: Unseen,
  args: SeenArgs,
  eventId: string,
): readonly InStatement[] {
  return [
    {
      sql: `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
        SELECT service_id, id, ?6, ?4, 'status-changed',
          '{"status":"cancelled","code":"acknowledged"}' FROM (${following(unseen, "created")})`,
      args: [...args, eventId],
    },
    {
      sql: `UPDATE notifications SET status = 'cancelled', status_at = ?4, completed_at = ?4
        WHERE (service_id, id) IN (${following(unseen, "created")})`,
      args: [...args],
    },
    {
      sql: `DELETE FROM outbox
        WHERE (service_id, notification_id) IN (${following(unseen, "cancelled")})`,
      args: [...args],
    },
  ];
}

/** Marks one message (?3) as seen at a time (?4), as the inbox's next change. */
export const MARK_ONE =
  `UPDATE inbox_messages INDEXED BY inbox_messages_by_id SET acknowledged_at = ?4, acknowledged_sequence = (
    SELECT sequence + 1 FROM inboxes WHERE service_id = ?1 AND recipient_hash = ?2)
  WHERE service_id = ?1 AND recipient_hash = ?2 AND id = ?3 AND acknowledged_at IS NULL`;

/** Counts the one that was marked: it is past the inbox's sequence. */
export const COUNT_ONE = `UPDATE inboxes SET unread = unread - 1, sequence = sequence + 1
  WHERE service_id = ?1 AND recipient_hash = ?2 AND EXISTS (
    SELECT 1 FROM inbox_messages AS m INDEXED BY inbox_messages_by_acknowledgement
    WHERE m.service_id = ?1 AND m.recipient_hash = ?2
      AND m.acknowledged_sequence = inboxes.sequence + 1)`;

/** How many unseen messages of an inbox are past a sequence. */
const later = (sequence: string) =>
  `(SELECT count(*) AS count FROM inbox_messages INDEXED BY inbox_messages_unread
    WHERE service_id = ?1 AND recipient_hash = ?2 AND sequence > ${sequence}
      AND acknowledged_at IS NULL)`;

/** Marks the newest (?3) as seen at a time (?4): together as one change where they are all, else each as its own. */
export const MARK_NEWEST = `UPDATE inbox_messages SET acknowledged_at = ?4,
    acknowledged_sequence = iif(i.unread <= ?3 AND later.count = 0, NULL, i.sequence + seen.place)
  FROM (SELECT sequence, row_number() OVER (ORDER BY sequence) AS place
    FROM (${newest("sequence")})) AS seen
  CROSS JOIN inboxes AS i ON i.service_id = ?1 AND i.recipient_hash = ?2
  CROSS JOIN ${later("?5")} AS later
  WHERE inbox_messages.service_id = ?1 AND inbox_messages.recipient_hash = ?2
    AND inbox_messages.sequence = seen.sequence
  RETURNING 1`;

/** Counts those (?3, up to ?4); every expression sees what was there before. */
export const COUNT_NEWEST = `UPDATE inboxes SET
    all_acknowledged_at_sequence = iif(unread <= ?3 AND later.count = 0,
      sequence + 1, all_acknowledged_at_sequence),
    sequence = sequence + iif(unread <= ?3 AND later.count = 0, 1, min(unread - later.count, ?3)),
    unread = unread - min(unread - later.count, ?3)
  FROM ${later("?4")} AS later
  WHERE service_id = ?1 AND recipient_hash = ?2 AND unread > 0`;

/** Where a message (?5) has its place in its own inbox; `NULL`, which nothing is below, in another's. */
export const PLACE_OF = `SELECT sequence FROM inbox_messages INDEXED BY inbox_messages_by_id
  WHERE service_id = ?1 AND recipient_hash = ?2 AND id = ?5`;

/** Messages of an inbox (?1, ?2) with what opens them; complete it with further conditions on `m`. */
export function selectMessages(index = ""): string {
  return `SELECT m.id, m.recipient_hash, m.sequence, m.created_at, m.acknowledged_at, m.sealed,
    ${DATA_KEY_COLUMNS}
  FROM inbox_messages AS m ${index}
  CROSS JOIN data_keys AS d ON d.service_id = m.service_id AND d.id = m.data_key_id
  WHERE m.service_id = ?1 AND m.recipient_hash = ?2`;
}
