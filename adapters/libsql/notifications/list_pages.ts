/** The SQL of lists of notifications: pages that read the rows they return, however many others there are. */
import type { InStatement, InValue } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { Status } from "../../../domain/notification/status.ts";
import type { NotificationQuery } from "../../../domain/ports/notification_store.ts";
import { CHANNELS, KEY_KINDS } from "../../../domain/service/service.ts";
import { idBytes } from "../connection/row.ts";
import { unionAll } from "../connection/union_all.ts";
import { STATUS_IS_INDEXED } from "../schema/compact_message_tables.ts";
import { STATUSES_BY_INDEX, STATUSES_IN_OUTBOX } from "./list_statuses.ts";
import { COMPACT_COLUMNS } from "./notification_rows.ts";

/** SQL that selects the id of a notification (?2) if it belongs to the service (?1), and no row otherwise. */
export const SELECT_OWN_ID =
  "SELECT o.id FROM notifications AS o WHERE o.service_id = ?1 AND o.id = ?2";

/**
 * The values of the generated column `list` that a query asks for: `kind/channel`, such as `live/sms`, and
 * `kind/channel/job` for rows of jobs. No kind of key means all kinds, and no channels mean all channels.
 */
export function listsOf(
  { keyKind, channels, includeJobs }: Pick<
    NotificationQuery,
    "keyKind" | "channels" | "includeJobs"
  >,
): readonly string[] {
  const kinds = keyKind === undefined ? KEY_KINDS : [keyKind];
  const suffixes = includeJobs ? ["", "/job"] : [""];
  return kinds.flatMap((kind) =>
    (channels.length === 0 ? CHANNELS : channels).flatMap((channel) =>
      suffixes.map((suffix) => `${kind}/${channel}${suffix}`)
    )
  );
}

function asksForAll({ keyKind, channels, includeJobs }: NotificationQuery): boolean {
  return keyKind === undefined && channels.length === 0 && includeJobs;
}

/**
 * The keyed hashes, in hexadecimal, of a query's reference and of its process instance: one for each data key of the
 * service. `undefined` where the query has none.
 */
export interface QueryHashes {
  readonly reference?: readonly string[] | undefined;
  readonly processInstance?: readonly string[] | undefined;
}

/**
 * Selects the rows of a page of a query, the newest notifications before its `olderThan`, as `fromCompact` reads
 * them. The rows come in any order. The statement merges ranges of an index, each in the order of ids: one for each
 * combination of what the query allows, so that it reads no others.
 *
 * @param hashes of the query's reference and process instance
 */
export function selectPage(
  serviceId: ServiceId,
  query: NotificationQuery,
  hashes: QueryHashes,
): InStatement {
  const args: InValue[] = [
    idBytes(serviceId),
    idBytes(query.olderThan ?? ""),
    JSON.stringify(query.statuses),
    query.limit,
    query.offset,
  ];
  const ranges = rangesByHash(query, hashes) ?? rangesOf(query);
  const arms = ranges.map(({ id = "n.id", rows }) => {
    const older = query.olderThan === undefined ? "" : `AND ${id} < (${SELECT_OWN_ID})`;
    return `SELECT ${id} AS id, n.rowid AS found FROM ${rows} ${older}`;
  });
  return {
    sql: `WITH page AS MATERIALIZED (${unionAll(arms)}
      ORDER BY id DESC LIMIT ?4 OFFSET ?5)
    SELECT ${COMPACT_COLUMNS} FROM page
    CROSS JOIN notifications AS n ON n.rowid = page.found`,
    args,
  };
}

function hasStatus(statuses: readonly Status[]): string {
  return statuses.length === 0 ? "" : "AND n.status IN (SELECT value FROM json_each(?3))";
}

/** Rows in the order of their ids. */
interface Range {
  /** The column that has the id; `n.id` when absent. */
  readonly id?: string;
  /** SQL: tables, of which `n` is `notifications`, and a condition. */
  readonly rows: string;
}

/** The ranges of a query with a process instance or a reference; `undefined` for another. */
function rangesByHash(
  query: NotificationQuery,
  { reference, processInstance }: QueryHashes,
): readonly Range[] | undefined {
  if (processInstance !== undefined) {
    const lists = asksForAll(query) ? "" : `AND n.list IN (${quoted(listsOf(query))})`;
    const references = reference === undefined
      ? ""
      : `AND n.reference_hash IN (${reference.map((hash) => `x'${hash}'`).join(", ")})`;
    // The messages of a process instance are few, so the other conditions need no index.
    return processInstance.map((hash): Range => ({
      rows: `notifications AS n INDEXED BY notifications_of_process
        WHERE n.service_id = ?1 AND n.process_hash = x'${hash}' ${lists} ${references}
          ${hasStatus(query.statuses)}`,
    }));
  }
  return reference &&
    listsOf(query).flatMap((list) =>
      reference.map((hash): Range => ({
        rows: `notifications AS n INDEXED BY notifications_of_reference
          WHERE n.service_id = ?1 AND n.reference_hash = x'${hash}' AND n.list = '${list}'
            ${hasStatus(query.statuses)}`,
      }))
    );
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join(", ");
}

/** The ranges of a query without a reference and a process instance. */
function rangesOf(query: NotificationQuery): readonly Range[] {
  const lists = listsOf(query);
  const indexed = query.statuses.filter((status) => STATUSES_BY_INDEX.includes(status));
  const queued = query.statuses.filter((status) => STATUSES_IN_OUTBOX.includes(status));
  const isRare = query.statuses.length > 0 &&
    indexed.length + queued.length === query.statuses.length;
  if (isRare) {
    return [
      ...indexed.flatMap((status) =>
        lists.map((list): Range => ({
          rows: `notifications AS n INDEXED BY notifications_of_status
            WHERE n.service_id = ?1 AND n.status = '${status}' AND n.list = '${list}'
              AND n.${STATUS_IS_INDEXED}`,
        }))
      ),
      // The plus sign keeps the planner from searching the notifications by the range of ids, which is one of the outbox.
      ...queued.length === 0 ? [] : [{
        id: "o.notification_id",
        rows: `outbox AS o CROSS JOIN notifications AS n
            ON n.service_id = o.service_id AND n.id = +o.notification_id
          WHERE o.service_id = ?1 AND n.status IN (${quoted(queued)})
            AND n.list IN (${quoted(lists)})`,
      }],
    ];
  }
  if (asksForAll(query)) {
    return [{ rows: `notifications AS n WHERE n.service_id = ?1 ${hasStatus(query.statuses)}` }];
  }
  return lists.map((list) => ({
    rows: `notifications AS n INDEXED BY notifications_in_lists
      WHERE n.service_id = ?1 AND n.list = '${list}' ${hasStatus(query.statuses)}`,
  }));
}
