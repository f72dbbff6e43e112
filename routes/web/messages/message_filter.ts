/** The filters of lists of messages, as the address of a page has them. */
import { type FailureReason, parseReason } from "../../../domain/delivery/reasons.ts";
import { parseJobId, parseKeyId, parseTemplateId, parseUserId } from "../../../domain/ids.ts";
import type { Status } from "../../../domain/notification/status.ts";
import type { MessageFilter } from "../../../domain/ports/message_pages.ts";
import type { SearchTerm } from "../../../domain/ports/search_tokens.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { dayRange } from "../../../domain/time/day_range.ts";

/** The statuses of each state that a list can be filtered by. */
export const STATES = {
  waiting: ["created"],
  "under-way": ["sending", "pending"],
  sent: ["sent"],
  delivered: ["delivered"],
  failed: ["temporary-failure", "permanent-failure", "technical-failure"],
  cancelled: ["cancelled"],
  expired: ["expired"],
} as const satisfies Readonly<Record<string, readonly Status[]>>;

/** A state of {@link STATES}. */
export type MessageState = keyof typeof STATES;

/** Every state. */
export const STATE_NAMES: readonly MessageState[] = Object.keys(STATES).filter(isState);

function isState(word: string): word is MessageState {
  return Object.hasOwn(STATES, word);
}

/** The fields of an address that filter a list, in the order of the form. */
export const FILTER_FIELDS = [
  "channel",
  "state",
  "reason",
  "template",
  "list",
  "key",
  "person",
  "from",
  "to",
] as const;
/** One of {@link FILTER_FIELDS}. */
export type FilterField = typeof FILTER_FIELDS[number];

/** The field of an address that has what is searched for, encrypted. */
export const SEARCH_FIELD = "search";

/** The filters of an address that count: the others are not known values. */
export interface TypedFilter {
  readonly fields: Readonly<Partial<Record<FilterField, string>>>;
  readonly state: MessageState | undefined;
  readonly reason: FailureReason | undefined;
}

/**
 * Reads the filters of an address. A value that is not known is ignored, so that an old link shows more and not an error.
 *
 * @param zone the time zone of its days
 */
export function readFilter(
  query: Readonly<Record<string, string>>,
  zone: string,
): { readonly typed: TypedFilter; readonly filter: MessageFilter } {
  const channel = CHANNELS.find((one) => one === query["channel"]);
  const state = STATE_NAMES.find((one) => one === query["state"]);
  const reason = parseReason(query["reason"]);
  const templateId = parseTemplateId(query["template"]);
  const jobId = parseJobId(query["list"]);
  const keyId = parseKeyId(query["key"]);
  const authorId = parseUserId(query["person"]);
  const since = dayRange(query["from"] ?? "", zone)?.since;
  const until = dayRange(query["to"] ?? "", zone)?.until;
  const known = {
    ...{ channel, state, reason, template: templateId, list: jobId, key: keyId, person: authorId },
    from: since === undefined ? undefined : query["from"],
    to: until === undefined ? undefined : query["to"],
  };
  const fields = Object.fromEntries(
    FILTER_FIELDS.flatMap((field) => known[field] === undefined ? [] : [[field, known[field]]]),
  );
  return {
    typed: { fields, state, reason },
    filter: {
      ...{ channel, reason, templateId, jobId, keyId, authorId, since, until },
      statuses: state === undefined ? [] : STATES[state],
    },
  };
}

/** The query of an address with these filters, and what is searched for. */
export function toQuery(fields: TypedFilter["fields"], search?: string): URLSearchParams {
  const query = new URLSearchParams();
  for (const field of FILTER_FIELDS) {
    const value = fields[field];
    if (value !== undefined) query.set(field, value);
  }
  if (search !== undefined) query.set(SEARCH_FIELD, search);
  return query;
}

/** The filter with what is searched for. */
export function withTerm(filter: MessageFilter, term: SearchTerm | undefined): MessageFilter {
  return { ...filter, recipient: term?.recipient, reference: term?.reference };
}
