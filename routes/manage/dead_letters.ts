import { Hono } from "hono";
import * as z from "zod/mini";
import {
  type DeadLetter,
  type DeadLetterAction,
  type DeadLetterCommand,
  type DeadLetterCount,
  type DeadLetterFilter,
  MAX_COMMANDS_UNDER_WAY,
  MAX_DEAD_LETTERS_COUNTED,
  MAX_DEAD_LETTERS_LISTED,
  MAX_DEAD_LETTERS_SCANNED,
  parseCommandId,
  type SkipReason,
} from "../../domain/dead_letters/dead_letter.ts";
import { parseNotificationId, parseServiceId } from "../../domain/ids.ts";
import { toInstant } from "../../domain/notify_v2/instant.ts";
import { CHANNELS } from "../../domain/service/service.ts";
import { describe } from "../http/openapi.ts";
import type { AppEnv } from "../http/context.ts";
import { firstOf, parsed } from "../http/validation.ts";
import { id } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { jsonBody, pageId, pathIds, query } from "./validation.ts";

const NO_NOTIFICATION = "There is no such notification";
const NO_COMMAND = "There is no such command";
const TOO_MANY = `${MAX_COMMANDS_UNDER_WAY} commands are under way: wait until one has ended`;

/** The longest reason and name of a provider in a filter, in UTF-16 units. */
const MAX_WORD = 100;
/** The longest reason of a drop, in characters. */
export const MAX_DROP_REASON = 60;

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
const filter = z.strictObject({
  reason: z.optional(filterFields.reason),
  channel: z.optional(filterFields.channel),
  service_id: z.optional(filterFields.service_id),
  provider: z.optional(filterFields.provider),
  from: z.optional(filterFields.from),
  to: z.optional(filterFields.to),
}).check(isOrdered);

const listQuery = z.strictObject({
  state: z.optional(firstOf(z.enum(["waiting", "dropped"]))),
  reason: z.optional(firstOf(filterFields.reason)),
  channel: z.optional(firstOf(filterFields.channel)),
  service_id: z.optional(firstOf(filterFields.service_id)),
  provider: z.optional(firstOf(filterFields.provider)),
  from: z.optional(firstOf(filterFields.from)),
  to: z.optional(firstOf(filterFields.to)),
  older_than: pageId(parseNotificationId, "a notification's id"),
}).check(isOrdered);

// A code and no free text: it is stored as it is, and must not hold personal data.
const dropReason = z.string().check(
  z.maxLength(MAX_DROP_REASON),
  z.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "must be words of lower-case letters with hyphens"),
);

const notificationId = pathIds(
  z.looseObject({ notification_id: id(parseNotificationId) }),
  NO_NOTIFICATION,
);
const redriveId = pathIds(z.looseObject({ redrive_id: id(parseCommandId) }), NO_COMMAND);
const dropId = pathIds(z.looseObject({ drop_id: id(parseCommandId) }), NO_COMMAND);

const STARTED = {
  202: "The command, and `links.self`, where its progress is. An equal command that is under way " +
    "is answered instead of a second one",
  409: TOO_MANY,
};

/**
 * Creates the routes of dead letters (notifications that ended as `technical-failure`): they list and count them,
 * redrive them (put them back to be sent) and drop them, one by one or by a filter.
 */
export function createDeadLetterRoutes(
  { clock, deadLetters }: Pick<ManagePorts, "clock" | "deadLetters">,
) {
  async function start(
    action: DeadLetterAction,
    asked: z.output<typeof filter>,
    reason: string | null,
  ) {
    const id = parseCommandId(clock.newId());
    if (id === undefined) throw new Error("a new id is not valid");
    const command = await deadLetters.command(
      { id, action, filter: toFilter(asked), reason },
      clock.now(),
    );
    return command && presentCommand(command);
  }

  return new Hono<AppEnv>()
    .get(
      "/",
      describe(
        `List the messages that ended as technical-failure, the last accepted first, ` +
          `${MAX_DEAD_LETTERS_LISTED} a page`,
        {
          200: "The messages; `links.next` is the address of the next page. A page looks at " +
            `${MAX_DEAD_LETTERS_SCANNED} messages: with a filter it may have fewer, or none, and ` +
            "another one follow",
        },
      ),
      query(listQuery),
      async (c) => {
        const { state = "waiting", older_than: olderThan, ...asked } = c.req.valid("query");
        const page = await deadLetters.list(toFilter(asked), {
          isDropped: state === "dropped",
          olderThan,
          limit: MAX_DEAD_LETTERS_LISTED,
        });
        const next = new URLSearchParams(new URL(c.req.url).search);
        if (page.next !== undefined) next.set("older_than", page.next);
        return c.json({
          dead_letters: page.deadLetters.map(present),
          links: page.next === undefined ? {} : { next: `${c.req.path}?${next}` },
        });
      },
    )
    .get(
      "/counts",
      describe("Count the messages that ended as technical-failure, by reason", {
        200: "The counts, the largest first. `complete` is false when there are more than " +
          `${MAX_DEAD_LETTERS_COUNTED}: the newest are counted`,
      }),
      async (c) => {
        const { counts, isComplete } = await deadLetters.count();
        return c.json({ counts: counts.map(presentCount), complete: isComplete });
      },
    )
    .post(
      "/redrive",
      describe(
        "Put back to be sent all messages of a filter that ended as technical-failure",
        STARTED,
      ),
      jsonBody(z.strictObject({ filter })),
      async (c) => {
        const started = await start("redrive", c.req.valid("json").filter, null);
        return started === undefined ? problem(c, 409, TOO_MANY) : c.json(started, 202);
      },
    )
    .post(
      "/drop",
      describe("Drop all messages of a filter that ended as technical-failure", STARTED),
      jsonBody(z.strictObject({ filter, reason: dropReason })),
      async (c) => {
        const { filter, reason } = c.req.valid("json");
        const started = await start("drop", filter, reason);
        return started === undefined ? problem(c, 409, TOO_MANY) : c.json(started, 202);
      },
    )
    .get(
      "/redrives/:redrive_id",
      describe("Show the progress of a redrive", { 200: "The command" }),
      redriveId,
      async (c) => {
        const command = await deadLetters.getCommand(c.req.valid("param").redrive_id);
        return command?.action === "redrive"
          ? c.json(presentCommand(command))
          : problem(c, 404, NO_COMMAND);
      },
    )
    .get(
      "/drops/:drop_id",
      describe("Show the progress of a drop", { 200: "The command" }),
      dropId,
      async (c) => {
        const command = await deadLetters.getCommand(c.req.valid("param").drop_id);
        return command?.action === "drop"
          ? c.json(presentCommand(command))
          : problem(c, 404, NO_COMMAND);
      },
    )
    .post(
      "/:notification_id/redrive",
      describe("Put a message that ended as technical-failure back to be sent", {
        200: "Whether it was put back, and why not",
      }),
      notificationId,
      async (c) => {
        const { notification_id } = c.req.valid("param");
        const ref = await deadLetters.find(notification_id);
        if (ref === undefined) return problem(c, 404, NO_NOTIFICATION);
        const skip = await deadLetters.redrive(ref, clock.now());
        return c.json(presentResult(notification_id, "redriven", skip));
      },
    )
    .post(
      "/:notification_id/drop",
      describe("Drop a message that ended as technical-failure: it is not put back any more", {
        200: "Whether it was dropped, and why not",
      }),
      notificationId,
      jsonBody(z.strictObject({ reason: dropReason })),
      async (c) => {
        const { notification_id } = c.req.valid("param");
        const ref = await deadLetters.find(notification_id);
        if (ref === undefined) return problem(c, 404, NO_NOTIFICATION);
        const skip = await deadLetters.drop(ref, c.req.valid("json").reason, clock.now());
        return c.json(presentResult(notification_id, "dropped", skip));
      },
    );
}

function toFilter(
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

const toIso = (at: number) => new Date(at).toISOString();
const toIsoOrNull = (at: number | null) => at === null ? null : toIso(at);

function present(letter: DeadLetter): Readonly<Record<string, unknown>> {
  return {
    notification_id: letter.notificationId,
    service_id: letter.serviceId,
    channel: letter.channel,
    provider: letter.provider,
    reason: letter.reason,
    failed_at: toIso(letter.failedAt),
    dropped_at: toIsoOrNull(letter.droppedAt),
    drop_reason: letter.dropReason,
  };
}

function presentCount(
  { channel, provider, reason, messages, oldestFailedAt }: DeadLetterCount,
): Readonly<Record<string, unknown>> {
  return { reason, provider, channel, messages, oldest_failed_at: toIso(oldestFailedAt) };
}

function presentResult(
  notificationId: string,
  done: "redriven" | "dropped",
  skip: SkipReason | undefined,
): Readonly<Record<string, unknown>> {
  return {
    notification_id: notificationId,
    result: skip === undefined ? done : "skipped",
    reason: skip ?? null,
  };
}

function presentCommand(command: DeadLetterCommand): Readonly<Record<string, unknown>> {
  const { action, filter: { reason, channel, serviceId, provider, from, to } } = command;
  return {
    id: command.id,
    status: command.finishedAt === null ? "in progress" : "finished",
    filter: {
      reason,
      channel,
      service_id: serviceId,
      provider,
      from: from === undefined ? undefined : toIso(from),
      to: to === undefined ? undefined : toIso(to),
    },
    ...(action === "drop" ? { reason: command.reason } : {}),
    matched: command.matched,
    [action === "drop" ? "dropped" : "redriven"]: command.done,
    skipped: command.skipped,
    created_at: toIso(command.createdAt),
    finished_at: toIsoOrNull(command.finishedAt),
    links: { self: `/manage/dead-letters/${action}s/${command.id}` },
  };
}
