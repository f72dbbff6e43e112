/** Claims rows that a message of the work queue names. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Channel } from "../../../domain/service/service.ts";
import type { Database, Row } from "../connection/database.ts";
import { rowsOf } from "../connection/row.ts";
import type { ClaimLease } from "./claim.ts";
import { isAnswerTooLarge } from "../connection/unavailable.ts";
import { SELECT_LEASED_OF } from "./claim_statements.ts";

/** The lanes of rows that are to be sent and can be decrypted: the others have limits of their own in a claim. */
const SENDING_LANES = [LANE.single, LANE.bulk] as const;

/**
 * Leases the rows of a service (?5, in hexadecimal) and a channel (?6) that a list (?4) names, that are to be sent and
 * due at a time (?1), until ?2 under a token (?3). Each is looked up by its key: `+` keeps the planner from walking the
 * index of a queue, which may be long.
 */
const CLAIM_LISTED = `UPDATE outbox SET due_at = ?2, lease_token = ?3
  WHERE (service_id, notification_id) IN (SELECT unhex(?5), unhex(r.value) FROM json_each(?4) AS r)
    AND +channel = ?6 AND task = 'deliver' AND +lane IN (${SENDING_LANES.join()}) AND +due_at <= ?1`;

/**
 * Claims those of the listed rows that are due to be sent and that no worker has leased. A row that is not (leased,
 * postponed, sent, of another channel, awaiting a receipt, undecryptable) is left out and unchanged.
 */
export type ClaimListed = (
  list: {
    readonly serviceId: ServiceId;
    readonly channel: Channel;
    readonly ids: readonly string[];
  },
  lease: ClaimLease,
) => Promise<readonly Row[]>;

/** Creates a {@link ClaimListed}. It takes one round trip, and several where the rows are too large for one answer. */
export function createListedClaim(
  db: Pick<Database, "background">,
  clock: Pick<Clock, "newId">,
): ClaimListed {
  const claimIds: ClaimListed = async ({ serviceId, channel, ids }, { now, until }) => {
    if (ids.length === 0) return [];
    const token = clock.newId();
    const service = toHex(serviceId);
    const queues = SENDING_LANES.map((lane) => [channel, lane, service]);
    const claimed = await db.background.write([
      {
        sql: CLAIM_LISTED,
        args: [now, until, token, JSON.stringify(ids.map(toHex)), service, channel],
      },
      { sql: SELECT_LEASED_OF, args: [JSON.stringify(queues), until, token] },
    ]);
    return rowsOf(claimed, 1);
  };

  const claimListed: ClaimListed = async (list, lease) => {
    const { ids } = list;
    try {
      return await claimIds(list, lease);
    } catch (error) {
      if (!isAnswerTooLarge(error) || ids.length === 1) throw error;
      // Nothing was written. One half after the other: the limit is that of all answers under way.
      const half = Math.ceil(ids.length / 2);
      const first = await claimListed({ ...list, ids: ids.slice(0, half) }, lease);
      return [...first, ...await claimListed({ ...list, ids: ids.slice(half) }, lease)];
    }
  };
  return claimListed;
}

function toHex(id: string): string {
  return id.replaceAll("-", "");
}
