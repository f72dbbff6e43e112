/** Claims rows that wait for their providers and must not wait for longer. */
import { GIVE_UP_AFTER_MS } from "../../../domain/delivery/retry.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Channel } from "../../../domain/service/service.ts";
import type { Database, Row } from "../connection/database.ts";
import { rowsOf, text } from "../connection/row.ts";
import { SELECT_LEASED_OF } from "./claim_statements.ts";

/** Max rows that one call looks at. */
const PAGE = 1_000;
/** Max rows that one call claims. */
const MAX_CLAIMED = 100;

/** The rows after the place (?1, ?2) of the last call, as hexadecimal ids. */
const PAGE_OF_ROWS =
  `SELECT * FROM outbox WHERE (service_id, notification_id) > (unhex(?1), unhex(?2))
  ORDER BY service_id, notification_id LIMIT ${PAGE}`;

const LAST_OF_PAGE = `SELECT hex(service_id) AS service, hex(notification_id) AS notification
  FROM (${PAGE_OF_ROWS}) ORDER BY service_id DESC, notification_id DESC LIMIT 1`;

/** The rows of a page that are to be sent on the channels ?4, and at the time ?3 are too late or too old for it. */
const OVERDUE_OF_PAGE =
  `SELECT hex(page.service_id) AS service, hex(page.notification_id) AS notification,
    json_array(page.channel, page.lane, hex(page.service_id)) AS queue
  FROM (${PAGE_OF_ROWS}) AS page
  CROSS JOIN notifications AS n ON n.service_id = page.service_id AND n.id = page.notification_id
  WHERE page.task = 'deliver' AND page.due_at <= ?3
    AND page.channel IN (SELECT held.value FROM json_each(?4) AS held)
    AND (n.valid_until <= ?3
      OR coalesce(page.redriven_at, n.scheduled_for, n.created_at) <= ?3 - ${GIVE_UP_AFTER_MS})
  LIMIT ${MAX_CLAIMED}`;

/** Leases the rows of a list (?4) that are still due at a time (?1), until ?2 under a token (?3). */
const CLAIM_LISTED = `UPDATE outbox SET due_at = ?2, lease_token = ?3
  WHERE due_at <= ?1 AND (service_id, notification_id) IN (
    SELECT unhex(r.value->>0), unhex(r.value->>1) FROM json_each(?4) AS r)`;

/**
 * Claims due rows that are to be sent on some channels (whose providers take no message) and must not wait for
 * longer: their `valid_until` has passed, or they are older than {@link GIVE_UP_AFTER_MS}. A call looks at a bounded
 * number of rows, so an empty list does not mean that there are none. The lease ends at `until` (epoch milliseconds).
 */
export type ClaimOverdue = (
  channels: readonly Channel[],
  lease: { readonly now: number; readonly until: number },
) => Promise<readonly Row[]>;

/**
 * Creates a {@link ClaimOverdue}; a process needs one. It keeps its place in the outbox in memory from call to call, and
 * begins again at the end. A page that had as many rows as one call claims is read again.
 */
export function createOverdueClaim(
  db: Pick<Database, "background">,
  clock: Pick<Clock, "newId">,
): ClaimOverdue {
  let place: readonly [string, string] = ["", ""];
  return async (channels, { now, until }) => {
    const results = await db.background.read([
      { sql: LAST_OF_PAGE, args: [...place] },
      { sql: OVERDUE_OF_PAGE, args: [...place, now, JSON.stringify(channels)] },
    ]);
    const [last] = rowsOf(results, 0);
    const overdue = rowsOf(results, 1);
    // A page with more overdue rows than one call claims is looked at again.
    if (overdue.length < MAX_CLAIMED) {
      place = last === undefined ? ["", ""] : [text(last, "service"), text(last, "notification")];
    }
    if (overdue.length === 0) return [];
    const token = clock.newId();
    const listed = overdue.map((row) => [text(row, "service"), text(row, "notification")]);
    const queues = [...new Set(overdue.map((row) => text(row, "queue")))];
    const claimed = await db.background.write([
      { sql: CLAIM_LISTED, args: [now, until, token, JSON.stringify(listed)] },
      { sql: SELECT_LEASED_OF, args: [`[${queues.join()}]`, until, token] },
    ]);
    return rowsOf(claimed, 1);
  };
}
