/** The schemas of the requests about dead letters. */
import * as z from "zod/mini";
import {
  type DeadLetterFilter,
  DROP_REASON,
  MAX_DROP_REASON,
} from "../../domain/dead_letters/dead_letter.ts";
import { parseNotificationId, parseServiceId } from "../../domain/ids.ts";
import { toInstant } from "../../domain/notify_v2/instant.ts";
import { CHANNELS } from "../../domain/service/service.ts";
import { firstOf, parsed } from "../http/validation.ts";
import { pageId } from "./validation.ts";

/** The longest reason and name of a provider in a filter, in UTF-16 units. */
const MAX_WORD = 100;

const word = z.string().check(z.minLength(1, "must not be empty"), z.maxLength(MAX_WORD));
const instant = parsed(
  (text) => typeof text === "string" ? toInstant(text) : undefined,
  "must be a date and time in ISO 8601, such as 2031-04-14T09:00:00Z",
);
interface Range {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const isOrdered = z.refine<Range>(
  ({ from, to }) => from === undefined || to === undefined || from < to,
  { path: ["to"], error: "must be after from" },
);

const filterFields = {
  reason: word,
  channel: z.enum(CHANNELS),
  service_id: parsed(parseServiceId, "must be a service's id"),
  provider: word,
  from: instant,
  to: instant,
};
/** Which dead letters a command is about. */
export const filter = z.strictObject({
  reason: z.optional(filterFields.reason),
  channel: z.optional(filterFields.channel),
  service_id: z.optional(filterFields.service_id),
  provider: z.optional(filterFields.provider),
  from: z.optional(filterFields.from),
  to: z.optional(filterFields.to),
}).check(isOrdered);

/** The query of the list. */
export const listQuery = z.strictObject({
  state: z.optional(firstOf(z.enum(["waiting", "dropped"]))),
  reason: z.optional(firstOf(filterFields.reason)),
  channel: z.optional(firstOf(filterFields.channel)),
  service_id: z.optional(firstOf(filterFields.service_id)),
  provider: z.optional(firstOf(filterFields.provider)),
  from: z.optional(firstOf(filterFields.from)),
  to: z.optional(firstOf(filterFields.to)),
  older_than: pageId(parseNotificationId, "a notification's id"),
}).check(isOrdered);

/** Why dead letters are dropped: a code and no free text, since it is stored as it is and must not hold personal data. */
export const dropReason = z.string().check(
  z.maxLength(MAX_DROP_REASON),
  z.regex(DROP_REASON, "must be words of lower-case letters with hyphens"),
);

/** The filter of a request. */
export function toFilter(
  { reason, channel, service_id, provider, from, to }: Partial<z.output<typeof filter>>,
): DeadLetterFilter {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(channel === undefined ? {} : { channel }),
    ...(service_id === undefined ? {} : { serviceId: service_id }),
    ...(provider === undefined ? {} : { provider }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
