/** The store of lists of messages by filters. */
import type { InStatement } from "@libsql/client";
import { reasonOfCount } from "../../../domain/delivery/reasons.ts";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import {
  type FoundMessage,
  MAX_MESSAGES_READ,
  type MessageFilter,
  type MessagePages,
} from "../../../domain/ports/message_pages.ts";
import type { PagePosition } from "../../../domain/ports/page_position.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { AccountKey } from "../accounts/account_key.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, hex, idBytes, integer, rowsOf, text, textOrNull, uuid } from "../connection/row.ts";
import { unionAll } from "../connection/union_all.ts";
import { createHashedReads } from "../keys/blind_indexes.ts";
import { dataKeysOf, selectDataKeys } from "../keys/keyring.ts";
import { FAILED, failureOf } from "./deleted_messages.ts";
import { readNames, selectNames } from "./message_names.ts";
import {
  type FilterHashes,
  groupsOf,
  idSql,
  type MessageRange,
  rangeOfValue,
  rangesOf,
  restOf,
  selectValues,
  type ValueGroups,
  withinTimes,
} from "./message_ranges.ts";
import {
  COMPACT_COLUMNS,
  decryptNotification,
  fromCompact,
  readFacts,
  referenceText,
} from "./notification_rows.ts";
import { createReadDeleted } from "./read_deleted.ts";
import { readTimeline } from "./timeline.ts";

/** Max ranges of a page: SQLite merges at most 500. */
const MAX_RANGES = 400;

/** What a page reads. */
interface PlannedPage {
  readonly ranges: readonly MessageRange[];
  /** SQL: the conditions that are checked row by row; empty for none. */
  readonly rest: string;
}

/** A filter at a position. */
interface Search {
  readonly serviceId: ServiceId;
  readonly filter: MessageFilter;
  readonly position: PagePosition<NotificationId>;
  readonly limit: number;
}

/** Creates the store of lists of messages. */
export function createMessagePages(
  { db, encryption, key }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly key: AccountKey;
  },
): MessagePages {
  const hashedReads = createHashedReads(db, encryption);

  /** Reads the values of a search's groups, each of which has a range, as SQL. */
  async function readValues(
    { serviceId, filter, ...search }: Search,
    groups: ValueGroups,
    limit: number,
  ): Promise<readonly string[]> {
    const bounds = boundsOf("n.id", { serviceId, filter, ...search });
    const statement = selectValues(serviceId, groups, {
      bounds,
      isUpwards: isUpwards(search.position),
      limit,
    });
    const rows = rowsOf(await db.readLong([statement]), 0);
    if (groups.column !== "counted_as") return rows.map((row) => `x'${hex(blob(row, "value"))}'`);
    return rows.map((row) => text(row, "value"))
      .filter((value) => reasonOfCount(value.slice(FAILED.length)) === filter.reason)
      .map((value) => `'${value}'`);
  }

  /** Groups of values, of which each has a range, are read before the page. */
  async function planGroups(search: Search, groups: ValueGroups): Promise<PlannedPage> {
    const rest = restOf(search.filter, groups.met, {}, []);
    // The newest messages of all groups are among those of as many groups as there are messages.
    const enough = rest === "" && groups.column !== "counted_as" ? search.limit : MAX_RANGES;
    const values = await readValues(search, groups, enough);
    return { ranges: values.map((value) => rangeOfValue(groups, value)), rest };
  }

  /** The values of `counted_as` for a reason that is checked row by row. */
  async function readFailures(search: Search): Promise<readonly string[]> {
    const { reason } = search.filter;
    const groups = reason && groupsOf({ statuses: [], reason });
    if (groups === undefined) return [];
    return await readValues(
      { ...search, filter: { statuses: [], reason }, position: {} },
      groups,
      MAX_RANGES,
    );
  }

  return {
    async readOne({ serviceId, notificationId }) {
      const results = await db.readLong([
        {
          sql: `SELECT ${COMPACT_COLUMNS}, n.counted_as, n.created_at, n.events, o.starts
            FROM notifications AS n
            LEFT JOIN outbox AS o ON o.service_id = n.service_id AND o.notification_id = n.id
            WHERE n.service_id = ? AND n.id = ?`,
          args: [idBytes(serviceId), idBytes(notificationId)],
        },
        selectDataKeys(serviceId),
        ...selectNames(serviceId),
      ]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) return undefined;
      const whole = fromCompact(row);
      const id = uuid(whole, "data_key_id");
      const keys = await dataKeysOf(
        encryption,
        serviceId,
        new Set([id]),
        () => Promise.resolve(rowsOf(results, 1)),
      );
      const dataKey = keys.get(id);
      return {
        message: readFacts(whole),
        // A message that cannot be decrypted still has its timeline.
        content: dataKey &&
          await decryptNotification(dataKey.decrypt, whole).catch(() => undefined),
        failure: failureOf(textOrNull(row, "counted_as")),
        events: readTimeline(row),
        names: await readNames([2, 3, 4].map((index) => rowsOf(results, index)), key),
      };
    },
    readDeleted: createReadDeleted({ db, key }),
    async read(serviceId, filter, position, limit) {
      const search: Search = { serviceId, filter, position, limit };
      const names = selectNames(serviceId);
      const groups = groupsOf(filter);
      const failures = groups === undefined ? await readFailures(search) : [];
      const planned = groups && await planGroups(search, groups);
      const { recipient, reference } = filter;
      const texts = [
        ...recipient === undefined ? [] : [recipient],
        ...reference === undefined ? [] : [referenceText(reference)],
      ];
      const { rows, keyRows, further } = await hashedReads.read(serviceId, texts, (hashes) => {
        const ofFilter: FilterHashes = {
          recipient: recipient === undefined ? undefined : hashes[0],
          reference: reference === undefined ? undefined : hashes.at(-1),
        };
        const { ranges, met } = rangesOf(filter, ofFilter);
        const rest = restOf(filter, met, ofFilter, failures);
        return selectMessages(search, planned ?? { ranges, rest });
      }, names);
      const keys = await dataKeysOf(
        encryption,
        serviceId,
        new Set(rows.filter(isMessage).map((row) => uuid(fromCompact(row), "data_key_id"))),
        () => Promise.resolve(keyRows),
      );
      const messages = await Promise.all(rows.filter(isMessage).map((row) => readFound(row, keys)));
      const isFull = messages.length >= limit;
      return {
        messages: isUpwards(position) ? messages.toReversed() : messages,
        readTo: isFull ? undefined : readToOf(rows[0]),
        names: await readNames(further, key),
      };
    },
  };
}

function isUpwards({ olderThan, newerThan }: PagePosition<NotificationId>): boolean {
  return olderThan === undefined && newerThan !== undefined;
}

/** SQL: the conditions of a search's position and times on the column by which its ranges are ordered. */
function boundsOf(place: string, { filter, position }: Omit<Search, "limit">): string {
  const beside = position.olderThan ?? position.newerThan;
  const sign = isUpwards(position) ? ">" : "<";
  if (place === "n.job_row") {
    return beside === undefined ? "" : `AND n.job_row ${sign} (SELECT b.job_row FROM notifications
      AS b WHERE b.service_id = ?1 AND b.id = ${idSql(beside)})`;
  }
  const after = beside === undefined ? "" : `AND ${place} ${sign} ${idSql(beside)}`;
  return `${after} ${withinTimes(place, filter)}`;
}

/**
 * Selects the messages of a page: at most `?2`, of the `?3` that are read, in the order of the page. Every row has the
 * number of those that were read, and the last one's id; a page without messages has one row with nothing else.
 */
function selectMessages(search: Search, { ranges, rest }: PlannedPage): InStatement {
  const { serviceId, limit, position } = search;
  const [direction, backwards] = isUpwards(position) ? ["ASC", "DESC"] : ["DESC", "ASC"];
  const arms = ranges.map(({ place, rows }) =>
    `SELECT ${place} AS place, n.rowid AS found FROM ${rows} ${boundsOf(place, search)}`
  );
  const page = arms.length === 0
    ? "SELECT NULL AS place, NULL AS found WHERE false"
    : `${unionAll(arms)} ORDER BY place ${direction}`;
  const read = rest === "" ? limit : ranges.length < MAX_RANGES ? MAX_MESSAGES_READ : MAX_RANGES;
  return {
    // The rows of the page come in its order, since it is the outer table.
    sql: `WITH page AS MATERIALIZED (${page} LIMIT ?3),
      seen AS MATERIALIZED (SELECT count(*) AS number, (SELECT m.id FROM page AS later
        CROSS JOIN notifications AS m ON m.rowid = later.found
        ORDER BY later.place ${backwards} LIMIT 1) AS last FROM page),
      placed AS MATERIALIZED (SELECT ${COMPACT_COLUMNS}, n.counted_as FROM page
        CROSS JOIN notifications AS n NOT INDEXED ON n.rowid = page.found
        WHERE true ${rest} LIMIT ?2)
      SELECT seen.number = ?3 AS is_cut, lower(hex(seen.last)) AS last, placed.*
      FROM seen LEFT JOIN placed ON true`,
    args: [idBytes(serviceId), limit, read],
  };
}

function isMessage(row: Row): boolean {
  return row.facts !== null;
}

async function readFound(
  row: Row,
  keys: Awaited<ReturnType<typeof dataKeysOf>>,
): Promise<FoundMessage> {
  const whole = fromCompact(row);
  const key = keys.get(uuid(whole, "data_key_id"));
  if (key === undefined) throw new Error("the data key of a notification is not stored");
  return {
    notification: await decryptNotification(key.decrypt, whole),
    failure: failureOf(textOrNull(row, "counted_as")),
  };
}

/** The id of the last message that was read, when there may be others after it. */
function readToOf(row: Row | undefined): NotificationId | undefined {
  if (row === undefined || integer(row, "is_cut") !== 1 || row.last === "") return undefined;
  return uuid(row, "last") as NotificationId;
}
