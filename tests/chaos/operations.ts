/** The operations of a message, as the names of writes to the database. */

/** Each operation with a phrase of its SQL. The first that matches names the write. */
const OPERATIONS = [
  ["job", /INSERT INTO jobs/],
  ["accept", /INSERT INTO notifications/],
  ["claim", /UPDATE outbox SET due_at = \?2, lease_token/],
  ["start", /UPDATE outbox SET attempts = attempts \+ 1/],
  ["settle", /SELECT o\.notification_id, o\.lease_token/],
  ["receipt", /value->>'mark' AS mark/],
  ["callback lease", /UPDATE callbacks SET lease_token/],
  ["callback record", /UPDATE callbacks SET position/],
] as const satisfies readonly (readonly [string, RegExp])[];

/** The name of an operation. */
export type Operation = typeof OPERATIONS[number][0];

/** Names a write by its SQL; `other write` when it is part of no operation of a message. */
export function nameWrite(sql: string): Operation | "other write" {
  return OPERATIONS.find(([, phrase]) => phrase.test(sql.replaceAll(/\s+/g, " ")))?.[0] ??
    "other write";
}
