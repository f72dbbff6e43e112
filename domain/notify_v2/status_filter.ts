import { type Status, STATUS_TABLE, STATUSES, type V2Group } from "../notification/status.ts";

/** Statuses of GOV.UK Notify that Hark has not: a filter may name them, and no notification has them. */
const FOREIGN_STATUSES: Readonly<Record<V2Group, readonly StatusInQuery[]>> = {
  accepted: [],
  failed: ["validation-failed", "virus-scan-failed", "returned-letter"],
  received: [],
};

/** The words that a list of messages can be filtered by, in the order of GOV.UK Notify's error message. */
export const STATUSES_IN_QUERY = [
  "cancelled",
  "created",
  "sending",
  "sent",
  "delivered",
  "pending",
  "failed",
  "technical-failure",
  "temporary-failure",
  "permanent-failure",
  "pending-virus-check",
  "validation-failed",
  "virus-scan-failed",
  "returned-letter",
  "accepted",
  "received",
] as const;
/** One of {@link STATUSES_IN_QUERY}. */
export type StatusInQuery = typeof STATUSES_IN_QUERY[number];

/** Words of Hark's own statuses that GOV.UK Notify does not have; a filter may name them too. */
export const OWN_STATUSES_IN_QUERY: readonly string[] = [
  ...new Set(STATUSES.map((status) => STATUS_TABLE[status].v2)),
].filter((word) => !isFilterWord(word));

/**
 * Replaces the words of a status filter that stand for several statuses (`accepted`, `failed`, `received`) by those.
 * Each word is returned once, in the order of `words`; an empty filter stays empty.
 */
export function expandStatuses(words: readonly string[]): readonly string[] {
  return [...new Set(words.flatMap((word) => isGroup(word) ? wordsOfGroup(word) : [word]))];
}

/**
 * The statuses that a filter of `/v2` words selects. Words of statuses that Hark does not have select nothing, so the
 * result can be empty for a filter that is not; an empty filter also gives an empty list.
 */
export function statusesInFilter(words: readonly string[]): readonly Status[] {
  const expanded = new Set(expandStatuses(words));
  return STATUSES.filter((status) => expanded.has(STATUS_TABLE[status].v2));
}

function wordsOfGroup(group: V2Group): readonly string[] {
  return [
    ...STATUSES.flatMap((status) => {
      const { v2, v2Group } = STATUS_TABLE[status];
      return v2Group === group ? [v2] : [];
    }),
    ...FOREIGN_STATUSES[group],
  ];
}

function isGroup(word: string): word is V2Group {
  return Object.hasOwn(FOREIGN_STATUSES, word);
}

function isFilterWord(word: string): word is StatusInQuery {
  return STATUSES_IN_QUERY.some((candidate) => candidate === word);
}
