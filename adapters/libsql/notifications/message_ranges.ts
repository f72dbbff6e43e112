/** The SQL of lists of messages by filters: ranges of indexes, which are merged in the order of ids. */
import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { Status } from "../../../domain/notification/status.ts";
import type { MessageFilter } from "../../../domain/ports/message_pages.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { hex, idBytes } from "../connection/row.ts";
import { STATUS_IS_INDEXED } from "../schema/compact_message_tables.ts";
import { IS_COUNTED_FAILURE } from "../schema/message_filters.ts";
import { listsOf } from "./list_pages.ts";
import { STATUSES_BY_INDEX, STATUSES_IN_OUTBOX } from "./list_statuses.ts";

/** The conditions of a filter, each by its name. */
type Condition =
  | "channel"
  | "statuses"
  | "reason"
  | "template"
  | "job"
  | "key"
  | "author"
  | "recipient"
  | "reference"
  | "times";

/** A range of an index in the order of ids, or of the numbers of a list's rows. */
export interface MessageRange {
  /** The column by which it is ordered, of `n` unless it says another table. */
  readonly place: string;
  /** SQL: tables, of which `n` is `notifications`, and a condition. */
  readonly rows: string;
}

/** How the messages of a filter are found. */
export interface MessageRanges {
  readonly ranges: readonly MessageRange[];
  /** The conditions that the ranges meet. The others are checked row by row. */
  readonly met: readonly Condition[];
}

/** Distinct values of an index's column, of which each has a range of its own. */
export interface ValueGroups {
  readonly column: "template_id" | "api_key_id" | "counted_as";
  /** SQL: the condition on `n` whose rows have the values. */
  readonly among: string;
  /** SQL: the index, and the condition of a range after that of its value. */
  readonly index: string;
  readonly within: string;
  readonly met: readonly Condition[];
}

/** The keyed hashes of a filter's recipient and reference, in hexadecimal: one for each data key of the service. */
export interface FilterHashes {
  readonly recipient?: readonly string[] | undefined;
  readonly reference?: readonly string[] | undefined;
}

const OF_SERVICE = "n.service_id = ?1";

/** SQL of an id. */
export function idSql(id: string): string {
  return `x'${hex(idBytes(id))}'`;
}

/** The first id that a message of a time can have, as SQL: ids begin with their milliseconds. */
export function firstIdAt(at: number): string {
  const time = Math.min(Math.max(0, at), 2 ** 48 - 1).toString(16).padStart(12, "0");
  return `x'${time.padEnd(32, "0")}'`;
}

/** SQL: the condition on an id of the times of a filter. */
export function withinTimes(id: string, { since, until }: MessageFilter): string {
  return [
    ...since === undefined ? [] : [`AND ${id} >= ${firstIdAt(since)}`],
    ...until === undefined ? [] : [`AND ${id} < ${firstIdAt(until)}`],
  ].join(" ");
}

function listsOfFilter(filter: MessageFilter, includeJobs = true): readonly string[] {
  const channels = filter.channel === undefined ? [] : [filter.channel];
  return listsOf({ keyKind: undefined, channels, includeJobs });
}

/** The groups by which messages are found that no single range has; `undefined` for others. */
export function groupsOf(filter: MessageFilter): ValueGroups | undefined {
  const { recipient, reference, jobId, authorId, templateId, keyId } = filter;
  const isFound = [recipient, reference, jobId, authorId].some((value) => value !== undefined);
  if (isFound) return undefined;
  const index = "notifications_of_template";
  if (filter.reason !== undefined) {
    return {
      column: "counted_as",
      among: `${OF_SERVICE} AND n.${IS_COUNTED_FAILURE.replace("AND ", "AND n.")}`,
      index: "notifications_of_failure",
      within: "",
      met: ["reason", "times"],
    };
  }
  if (templateId !== undefined && keyId === undefined) {
    const among = `${OF_SERVICE} AND n.template_id = ${idSql(templateId)}`;
    return { column: "api_key_id", among, index, within: "", met: ["template", "times"] };
  }
  if (keyId !== undefined && templateId === undefined && !isRare(filter.statuses)) {
    const within = `AND n.api_key_id = ${idSql(keyId)}`;
    return { column: "template_id", among: OF_SERVICE, index, within, met: ["key", "times"] };
  }
  return undefined;
}

/** The range of a value of groups. */
export function rangeOfValue(
  { among, column, index, within }: ValueGroups,
  value: string,
): MessageRange {
  return {
    place: "n.id",
    rows: `notifications AS n INDEXED BY ${index}
      WHERE ${among} AND n.${column} = ${value} ${within}`,
  };
}

function isRare(statuses: readonly Status[]): boolean {
  return statuses.length > 0 &&
    statuses.every((status) =>
      STATUSES_BY_INDEX.includes(status) || STATUSES_IN_OUTBOX.includes(status)
    );
}

/** The ranges of a filter without groups. */
export function rangesOf(filter: MessageFilter, hashes: FilterHashes): MessageRanges {
  const { templateId, keyId, jobId, authorId } = filter;
  if (hashes.recipient !== undefined) {
    const ranges = hashes.recipient.map((hash) =>
      byId("notifications_of_recipient", `n.recipient_hash = x'${hash}'`)
    );
    return { ranges, met: ["recipient", "times"] };
  }
  if (hashes.reference !== undefined) {
    const ranges = hashes.reference.flatMap((hash) =>
      listsOfFilter(filter).map((list) =>
        byId("notifications_of_reference", `n.reference_hash = x'${hash}' AND n.list = '${list}'`)
      )
    );
    return { ranges, met: ["reference", "channel", "times"] };
  }
  if (jobId !== undefined) {
    const rows = `notifications AS n INDEXED BY notifications_of_job
      WHERE ${OF_SERVICE} AND n.job_id = ${idSql(jobId)} AND n.job_id IS NOT NULL`;
    return { ranges: [{ place: "n.job_row", rows }], met: ["job"] };
  }
  if (authorId !== undefined) {
    const ranges = listsOfFilter(filter, false).map((list) =>
      byId(
        "notifications_of_author",
        `n.author_id = ${idSql(authorId)} AND n.author_id IS NOT NULL AND n.job_id IS NULL
          AND n.list = '${list}'`,
      )
    );
    return { ranges, met: ["author", "channel", "times"] };
  }
  if (templateId !== undefined && keyId !== undefined) {
    const condition = `n.template_id = ${idSql(templateId)} AND n.api_key_id = ${idSql(keyId)}`;
    const ranges = [byId("notifications_of_template", condition)];
    return { ranges, met: ["template", "key", "times"] };
  }
  if (isRare(filter.statuses)) return rangesOfStatuses(filter);
  if (filter.channel === undefined) {
    const rows = `notifications AS n WHERE ${OF_SERVICE}`;
    return { ranges: [{ place: "n.id", rows }], met: ["times"] };
  }
  const ranges = listsOfFilter(filter).map((list) =>
    byId("notifications_in_lists", `n.list = '${list}'`)
  );
  return { ranges, met: ["channel", "times"] };
}

function byId(index: string, condition: string): MessageRange {
  return {
    place: "n.id",
    rows: `notifications AS n INDEXED BY ${index} WHERE ${OF_SERVICE} AND ${condition}`,
  };
}

/** The ranges of statuses that are rare or under way. */
function rangesOfStatuses(filter: MessageFilter): MessageRanges {
  const lists = listsOfFilter(filter);
  const indexed = filter.statuses.filter((status) => STATUSES_BY_INDEX.includes(status));
  const queued = filter.statuses.filter((status) => STATUSES_IN_OUTBOX.includes(status));
  const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(", ");
  // The plus sign keeps the planner from searching the notifications by the range of ids, which is one of the outbox.
  const inOutbox = {
    place: "o.notification_id",
    rows: `outbox AS o CROSS JOIN notifications AS n
        ON n.service_id = o.service_id AND n.id = +o.notification_id
      WHERE o.service_id = ?1 AND n.status IN (${quoted(queued)}) AND n.list IN (${quoted(lists)})`,
  };
  return {
    ranges: [
      ...indexed.flatMap((status) =>
        lists.map((list) =>
          byId(
            "notifications_of_status",
            `n.status = '${status}' AND n.list = '${list}' AND n.${STATUS_IS_INDEXED}`,
          )
        )
      ),
      ...queued.length === 0 ? [] : [inOutbox],
    ],
    met: ["statuses", "channel", "times"],
  };
}

/**
 * SQL of the conditions on `n` that ranges do not meet, each after an `AND`.
 *
 * @param failures the values of `counted_as` that the filter's reason stands for, as SQL
 */
export function restOf(
  filter: MessageFilter,
  met: readonly Condition[],
  hashes: FilterHashes,
  failures: readonly string[],
): string {
  const { channel, statuses, templateId, jobId, keyId, authorId } = filter;
  const among = (values: readonly string[]) => `IN (${values.join(", ")})`;
  const words = (values: readonly string[]) => among(values.map((value) => `'${value}'`));
  const bytes = (values: readonly string[]) => among(values.map((value) => `x'${value}'`));
  const conditions: readonly (readonly [Condition, string | undefined])[] = [
    ["channel", channel && `n.channel ${words(CHANNELS.filter((one) => one === channel))}`],
    ["statuses", statuses.length === 0 ? undefined : `n.status ${words(statuses)}`],
    ["reason", filter.reason && `n.counted_as ${among(failures)}`],
    ["template", templateId && `n.template_id = ${idSql(templateId)}`],
    ["job", jobId && `n.job_id = ${idSql(jobId)}`],
    ["key", keyId && `n.api_key_id = ${idSql(keyId)}`],
    ["author", authorId && `n.author_id = ${idSql(authorId)} AND n.job_id IS NULL`],
    ["recipient", hashes.recipient && `n.recipient_hash ${bytes(hashes.recipient)}`],
    ["reference", hashes.reference && `n.reference_hash ${bytes(hashes.reference)}`],
  ];
  const times = met.includes("times") ? "" : withinTimes("n.id", filter);
  return conditions.flatMap(([name, sql]) =>
    sql === undefined || met.includes(name) ? [] : [`AND ${sql}`]
  ).concat(times === "" ? [] : [times]).join(" ");
}

/**
 * Selects the values of groups with the id of the newest message of each, or of the oldest for a page of newer ones,
 * at most `?2` in the order of these ids. Each value costs two steps in the index, however many messages have it.
 */
export function selectValues(
  serviceId: ServiceId,
  { column, among, index, within }: ValueGroups,
  { bounds, isUpwards, limit }: {
    readonly bounds: string;
    readonly isUpwards: boolean;
    readonly limit: number;
  },
): InStatement {
  // The condition is the first one: of two lower bounds of a column SQLite searches by the first, and checks the other one
  // row by row.
  const next = (condition: string) =>
    `(SELECT n.${column} FROM notifications AS n INDEXED BY ${index}
        WHERE ${condition} ${among} ORDER BY n.${column} LIMIT 1)`;
  const direction = isUpwards ? "ASC" : "DESC";
  return {
    sql: `WITH RECURSIVE c(value) AS (
        SELECT ${next("")}
        UNION ALL
        SELECT ${next(`n.${column} > c.value AND`)} FROM c WHERE c.value IS NOT NULL),
      page AS MATERIALIZED (SELECT c.value,
        (SELECT n.id FROM notifications AS n INDEXED BY ${index}
          WHERE ${among} AND n.${column} = c.value ${within} ${bounds}
          ORDER BY n.id ${direction} LIMIT 1) AS edge
        FROM c WHERE c.value IS NOT NULL)
      SELECT value FROM page WHERE edge IS NOT NULL ORDER BY edge ${direction} LIMIT ?2`,
    args: [idBytes(serviceId), limit],
  };
}
