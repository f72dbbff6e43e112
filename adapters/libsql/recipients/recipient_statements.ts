/** The SQL of recipient settings. A person is `service_id = ?1 AND person_hash = ?2` in every statement. */
import { usedOfCounter } from "../notifications/counter_value.ts";

/** Max people that one statement looks up. Of more, a batch has several statements. */
export const PEOPLE_A_STATEMENT = 1_000;

/** The data keys of a service: its rows may be encrypted under any of them. */
export const SELECT_KEYS = `SELECT id AS data_key_id, master_key_id AS data_key_master,
    wrapped AS data_key_wrapped FROM data_keys WHERE service_id = ?`;

export const SELECT_SETTINGS_ID =
  "SELECT id FROM person_settings WHERE service_id = ?1 AND person_hash = ?2";

/** Gives a person's settings an id (?3), if they have none: of several concurrent inserts the first counts. */
export const INSERT_SETTINGS =
  `INSERT INTO person_settings (service_id, person_hash, id, created_at)
  VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING`;

export const SELECT_CHANNELS =
  "SELECT * FROM person_channels WHERE service_id = ?1 AND person_hash = ?2";

/** The activated channels of people (?2: a JSON array of their keyed hashes in hexadecimal). */
export const SELECT_PREFERENCES = `SELECT p.value AS person, c.channel, c.address, c.address_key_id
  FROM json_each(?2) AS p
  CROSS JOIN person_channels AS c ON c.service_id = ?1 AND c.person_hash = unhex(p.value)
  WHERE c.activated = 1`;

/**
 * Inserts the hash of a one-time passcode, or replaces the earlier one of the person's channel. Returns a row; it
 * changes nothing and returns none when a rate limit of the charges (?7, as JSON) would be exceeded.
 */
export const INSERT_CODE = `INSERT INTO channel_codes
    (service_id, person_hash, channel, id, code_hash, tries, expires_at)
  SELECT ?1, ?2, ?3, ?4, ?5, 0, ?6
  WHERE NOT EXISTS (
    SELECT 1 FROM json_each(?7) AS c
    LEFT JOIN counters AS k ON k.service_id = ?1 AND k.scope = c.value->>'scope'
    WHERE ${usedOfCounter("k", "c.value")} + (c.value->>'step') > c.value->>'limit')
  ON CONFLICT (service_id, person_hash, channel) DO UPDATE SET id = excluded.id,
    code_hash = excluded.code_hash, tries = 0, expires_at = excluded.expires_at
  RETURNING 1`;

/**
 * Adds the charges (?5) to the counters of the rate limits when the code (?4, its id) was inserted. Its id is new, so
 * it exists only if the limits allowed it.
 */
export const INSERT_CODE_CHARGES = `INSERT INTO counters (service_id, scope, value, expires_at)
  SELECT ?1, c.value->>'scope',
    ${usedOfCounter("k", "c.value")} + (c.value->>'step'), c.value->>'expiresAt'
  FROM json_each(?5) AS c
  LEFT JOIN counters AS k ON k.service_id = ?1 AND k.scope = c.value->>'scope'
  WHERE EXISTS (SELECT 1 FROM channel_codes
    WHERE service_id = ?1 AND person_hash = ?2 AND channel = ?3 AND id = ?4)
  ON CONFLICT (service_id, scope) DO UPDATE SET value = excluded.value,
    expires_at = excluded.expires_at`;

export const SELECT_COUNTERS = `SELECT scope, value FROM counters
  WHERE service_id = ? AND scope IN (SELECT value FROM json_each(?))`;

/** Counts an attempt to enter a code that is valid after a time (?4) and has had fewer than ?5 attempts. */
export const COUNT_ATTEMPT = `UPDATE channel_codes SET tries = tries + 1
  WHERE service_id = ?1 AND person_hash = ?2 AND channel = ?3 AND expires_at > ?4 AND tries < ?5
  RETURNING id, code_hash`;

export const SELECT_CODE = `SELECT expires_at FROM channel_codes
  WHERE service_id = ?1 AND person_hash = ?2 AND channel = ?3`;

const PUT_CHANNEL = `ON CONFLICT (service_id, person_hash, channel) DO UPDATE SET
    activated = excluded.activated, reason = excluded.reason,
    reason_key_id = excluded.reason_key_id, updated_at = excluded.updated_at`;

/**
 * Activates the channel for which a one-time passcode (?4, its id) was issued, with the address that it has proved;
 * changes nothing when the code was consumed already.
 */
export const ACTIVATE_CHANNEL = `INSERT INTO person_channels (service_id, person_hash, channel,
    activated, address, address_key_id, reason, reason_key_id, created_at, updated_at)
  SELECT service_id, person_hash, channel, 1, ?5, ?6, NULL, NULL, ?7, ?7 FROM channel_codes
  WHERE service_id = ?1 AND person_hash = ?2 AND channel = ?3 AND id = ?4
  ${PUT_CHANNEL}, address = excluded.address, address_key_id = excluded.address_key_id`;

/**
 * Deletes a one-time passcode (?4, its id) that was entered. Of several concurrent attempts one deletes the row, and
 * only that one has succeeded.
 */
export const CONSUME_CODE = `DELETE FROM channel_codes
  WHERE service_id = ?1 AND person_hash = ?2 AND channel = ?3 AND id = ?4 RETURNING 1`;

/** Deactivates a channel; an address that is `NULL` leaves the earlier one. */
export const DEACTIVATE_CHANNEL = `INSERT INTO person_channels (service_id, person_hash, channel,
    activated, address, address_key_id, reason, reason_key_id, created_at, updated_at)
  VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?8)
  ${PUT_CHANNEL}, address = coalesce(excluded.address, address),
    address_key_id = coalesce(excluded.address_key_id, address_key_id)`;
