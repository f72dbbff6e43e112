/**
 * The SQL statements of an accept. Each takes a batch of accepts as one JSON array (?1) of the objects that
 * `toAcceptRow` makes.
 */
import { jsonId } from "../connection/json_ids.ts";
import { usedOfCounter } from "./counter_value.ts";

/**
 * The batch as `r`. Materialised because SQLite serialises a row's JSON again wherever `json_each().value` is
 * referenced.
 */
const ROWS = "WITH r AS MATERIALIZED (SELECT value FROM json_each(?1))";

/** Whether the accept's idempotency key was used before. */
const KEY_IS_USED = `EXISTS (
    SELECT 1 FROM idempotency AS i WHERE i.service_id = s.id
      AND i.key_hash = r.value->>'key_hash' AND i.expires_at > r.value->>'created_at')`;

/** The accept's charges whose counter is at its limit, as `c`; a statement completes it with what it selects. */
const CHARGES_OVER_LIMIT = `FROM json_each(r.value->'charges') AS c
    LEFT JOIN counters AS k ON k.service_id = s.id AND k.scope = c.value->>'scope'
    WHERE ${usedOfCounter("k", "c.value")} + (c.value->>'up_to') > c.value->>'limit'`;

/** Whether the service may not send to the accept's recipient. A row of a job that ends suppressed is accepted all the same, and so is a recipient that stands for an outcome. */
const IS_SUPPRESSED =
  `(r.value->>'ends_suppressed' IS NULL AND r.value->>'is_simulated' IS NULL AND EXISTS (
    SELECT 1 FROM suppressions AS x WHERE x.service_id = s.id
      AND x.recipient_hash = unhex(r.value->>'recipient_hash')
      AND x.channel = r.value->>'channel' AND x.lifted_at IS NULL))`;

/** The worker still leases the chunk of the job's row, and the job was not cancelled. */
const CHUNK_IS_LEASED = `(r.value->>'job_id' IS NULL OR EXISTS (
    SELECT 1 FROM jobs AS j WHERE j.service_id = s.id AND j.id = ${jsonId("r.value", "job_id")}
      AND j.lease_token = r.value->>'job_lease' AND j.status = 'in progress'))`;

/**
 * Inserts the notifications whose conditions all hold: the service has the revision of the accept, the idempotency
 * key is unused, the recipient is not suppressed, no charge exceeds its limit, and the worker still has the lease of
 * the job's chunk. A row of a job is inserted once. The timeline begins with the attempt that starts with the accept,
 * if one does. ?2 is the encrypted message of a lone accept, where it is large, and `NULL` otherwise. Returns nothing: a
 * returned row is read twice more.
 */
export const INSERT_NOTIFICATIONS =
  `${ROWS} INSERT INTO notifications (service_id, id, channel, key_kind,
    api_key_id, template_id, template_version, sender, fragments, international,
    status, status_at, created_at, recipient_hash, reference_hash, process_hash, data_key_id, sealed,
    scheduled_for, valid_until, urgent, unless_read, job_id, job_row,
    limit_day, events, counted_as, author_id, resent_from)
  SELECT s.id, ${jsonId("r.value", "id")}, r.value->>'channel', r.value->>'key_kind',
    ${jsonId("r.value", "api_key_id")}, ${jsonId("r.value", "template_id")},
    r.value->>'template_version', r.value->>'sender', r.value->>'fragments',
    r.value->>'international', 'created', r.value->>'created_at', r.value->>'created_at',
    unhex(r.value->>'recipient_hash'), unhex(r.value->>'reference_hash'),
    unhex(r.value->>'process_hash'),
    ${jsonId("r.value", "data_key_id")}, coalesce(?2, unhex(r.value->>'sealed')),
    r.value->>'scheduled_for',
    r.value->>'valid_until', r.value->>'urgent', ${jsonId("r.value", "unless_read")},
    ${jsonId("r.value", "job_id")}, r.value->>'job_row', r.value->>'limit_day', r.value->>'events',
    'requested', ${jsonId("r.value", "author_id")}, ${jsonId("r.value", "resent_from")}
  FROM r
  CROSS JOIN services AS s ON s.id = ${jsonId("r.value", "service_id")}
    AND s.revision = r.value->>'revision'
  WHERE NOT ${KEY_IS_USED} AND NOT ${IS_SUPPRESSED}
    AND NOT EXISTS (SELECT 1 ${CHARGES_OVER_LIMIT}) AND ${CHUNK_IS_LEASED}
  ON CONFLICT (service_id, job_id, job_row) WHERE job_id IS NOT NULL DO NOTHING`;

/**
 * The condition that failed for each accept that was not inserted. Runs right after {@link INSERT_NOTIFICATIONS} in the
 * same transaction, before counters and idempotency records change. `?2` is the number of accepts: when all of them were
 * inserted, which is the usual case, no JSON is parsed.
 */
export const SELECT_REJECTIONS = `WITH r AS MATERIALIZED (
    SELECT value FROM json_each(CASE WHEN changes() = ?2 THEN '[]' ELSE ?1 END))
  SELECT r.value->>'id' AS id, s.id IS NULL AS is_outdated, ${KEY_IS_USED} AS key_is_used,
    ${IS_SUPPRESSED} AS is_suppressed, (SELECT c.value->>'scope' ${CHARGES_OVER_LIMIT} ORDER BY c.key LIMIT 1) AS scope_over_limit
  FROM r
  LEFT JOIN services AS s
    ON s.id = ${jsonId("r.value", "service_id")} AND s.revision = r.value->>'revision'
  WHERE NOT EXISTS (SELECT 1 FROM notifications AS n
    WHERE n.service_id = ${jsonId("r.value", "service_id")} AND n.id = ${jsonId("r.value", "id")})`;

/**
 * The accepts `r` of the batch whose notification was inserted: all (?2), if the statement before has written as many rows,
 * else those that are found. Ids are new, so a notification's presence is the proof.
 */
const INSERTED = `json_each(?1) AS r WHERE changes() = ?2 OR EXISTS (
    SELECT 1 FROM notifications AS n WHERE n.service_id = ${jsonId("r.value", "service_id")}
      AND n.id = ${jsonId("r.value", "id")})`;

/** The accepts `r` of the batch whose notification `n` was inserted. */
const ACCEPTED = `r CROSS JOIN notifications AS n
  ON n.service_id = ${jsonId("r.value", "service_id")} AND n.id = ${jsonId("r.value", "id")}`;

/**
 * Inserts the outbox rows of accepted notifications. Where the first attempt starts with the accept, it is counted,
 * and its outcome is unknown until its result is written.
 */
export const INSERT_OUTBOX = `INSERT INTO outbox
    (service_id, notification_id, channel, lane, task, due_at, lease_token, attempts, unresolved)
  SELECT ${jsonId("r.value", "service_id")}, ${jsonId("r.value", "id")}, r.value->>'channel',
    r.value->>'lane', 'deliver', cast(r.value->>'due_at' AS INTEGER), r.value->>'lease_token',
    r.value->>'is_started', r.value->>'is_started'
  FROM ${INSERTED}`;

/**
 * Adds the charges of accepted notifications to the counters: the sums of all charges (?3), if the statement before has
 * written a row for each accept (?2), else those of each accept (?1) whose notification is found. The counters'
 * values are read as in {@link usedOfCounter}.
 */
export const INSERT_CHARGES = `INSERT INTO counters (service_id, scope, value, expires_at)
  SELECT ${jsonId("r.value", "service_id")} AS service_id, c.value->>'scope' AS scope,
    max(iif(k.value > max(c.value->>'cap'), 0, coalesce(k.value, 0)), max(c.value->>'floor'))
      + sum(c.value->>'step'),
    max(c.value->>'expires_at')
  FROM json_each(iif(changes() = ?2, ?3, ?1)) AS r, json_each(r.value->'charges') AS c
  LEFT JOIN counters AS k ON k.service_id = ${jsonId("r.value", "service_id")}
    AND k.scope = c.value->>'scope'
  WHERE changes() = ?2 OR EXISTS (
    SELECT 1 FROM notifications AS n WHERE n.service_id = ${jsonId("r.value", "service_id")}
      AND n.id = ${jsonId("r.value", "id")})
  GROUP BY 1, c.value->>'scope'
  ON CONFLICT (service_id, scope) DO UPDATE SET value = excluded.value,
    expires_at = excluded.expires_at`;

/**
 * Adds charges (?2, as JSON) to the counters of a service (?1), and returns their names. Adds none, and returns no
 * row, when one of them would exceed its limit.
 */
export const USE_COUNTERS = `INSERT INTO counters (service_id, scope, value, expires_at)
  SELECT ?1, c.value->>'scope',
    ${usedOfCounter("k", "c.value")} + (c.value->>'step'), c.value->>'expires_at'
  FROM json_each(?2) AS c
  LEFT JOIN counters AS k ON k.service_id = ?1 AND k.scope = c.value->>'scope'
  WHERE NOT EXISTS (
    SELECT 1 FROM json_each(?2) AS a
    LEFT JOIN counters AS u ON u.service_id = ?1 AND u.scope = a.value->>'scope'
    WHERE ${usedOfCounter("u", "a.value")} + (a.value->>'step') > a.value->>'limit')
  ON CONFLICT (service_id, scope) DO UPDATE SET value = excluded.value,
    expires_at = excluded.expires_at
  RETURNING scope`;

/** Adds the accepted rows of jobs to the counters of their jobs, by status. */
export const COUNT_JOB_ROWS = `${ROWS} INSERT INTO job_counts (service_id, job_id, status, rows)
  SELECT n.service_id, n.job_id, n.status, count(*) FROM ${ACCEPTED}
  GROUP BY n.service_id, n.job_id, n.status
  ON CONFLICT (service_id, job_id, status) DO UPDATE SET rows = rows + excluded.rows`;

/**
 * Subtracts the accepted rows of jobs from what their jobs are charged to daily limits: their notifications are
 * charged instead from now on. Only for jobs that were charged for their rows when they were created.
 */
export const TAKE_FROM_JOBS = `${ROWS}, c AS MATERIALIZED (
    SELECT n.service_id, n.job_id, count(*) AS rows, sum(r.value->>'job_charge_abroad') AS abroad
    FROM ${ACCEPTED} GROUP BY n.service_id, n.job_id)
  UPDATE jobs SET charged_rows = charged_rows - c.rows, charged_abroad = charged_abroad - c.abroad
  FROM c WHERE jobs.service_id = c.service_id AND jobs.id = c.job_id`;

/**
 * The beginning of a statement that stores the answer to an idempotency key; append the values. An earlier answer of
 * the key has expired; it is replaced by a row with a new rowid, because retention finds the oldest answers by their
 * rowids.
 */
export const INSERT_ANSWER = `INSERT OR REPLACE INTO idempotency
    (service_id, key_hash, request_hash, data_key_id, answer, expires_at)`;

/**
 * Stores the answers of those accepted notifications that have an idempotency key, for replays of their requests. ?2 is
 * the encrypted answer of a lone accept, where it is large, and `NULL` otherwise.
 */
export const INSERT_ANSWERS = `${ROWS} ${INSERT_ANSWER}
  SELECT n.service_id, r.value->>'key_hash', r.value->>'request_hash',
    ${jsonId("r.value", "data_key_id")},
    coalesce(?2, unhex(r.value->>'answer')), r.value->>'answer_expires_at'
  FROM ${ACCEPTED} WHERE r.value->>'key_hash' IS NOT NULL`;

/**
 * Marks the documents (files sent by e-mail as links) of accepted notifications as referenced, and sets their expiry.
 * Documents that another notification references already stay as they are.
 */
export const KEEP_DOCUMENTS = `${ROWS} UPDATE documents
  SET notification_id = k.notification_id, expires_at = k.expires_at
  FROM (SELECT n.service_id, n.id AS notification_id, ${jsonId("f.value", "id")} AS id,
      f.value->>'expiresAt' AS expires_at
    FROM ${ACCEPTED}, json_each(r.value->'documents') AS f) AS k
  WHERE documents.service_id = k.service_id AND documents.id = k.id
    AND documents.notification_id IS NULL`;

/**
 * Selects from the accepts ?1, which the caller has limited to rows of jobs with `ends_suppressed`, those that were
 * inserted and whose suppression still holds, as a `TransitionSource` to `permanent-failure`. It runs after
 * {@link INSERT_NOTIFICATIONS}, and `leaveOutbox` must follow. A row whose suppression was lifted meanwhile is sent.
 */
export const SELECT_SUPPRESSED = `SELECT n.service_id, n.id AS notification_id,
    'permanent-failure' AS status, r.value->>'created_at' AS at,
    '{"status":"permanent-failure","code":"recipient-suppressed"}' AS change, NULL AS added
  FROM json_each(?1) AS ${ACCEPTED}
  WHERE EXISTS (SELECT 1 FROM suppressions AS x WHERE x.service_id = n.service_id
    AND x.recipient_hash = n.recipient_hash AND x.channel = n.channel AND x.lifted_at IS NULL)`;
