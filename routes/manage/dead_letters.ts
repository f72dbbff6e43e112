import { Hono } from "hono";
import * as z from "zod/mini";
import {
  type AuditAction,
  type AuditActor,
  type AuditFacts,
  INSTALLATION,
  type NewAuditEntry,
} from "../../domain/accounts/audit.ts";
import {
  type DeadLetterAction,
  MAX_COMMANDS_UNDER_WAY,
  MAX_DEAD_LETTERS_COUNTED,
  MAX_DEAD_LETTERS_LISTED,
  MAX_DEAD_LETTERS_SCANNED,
  parseCommandId,
} from "../../domain/dead_letters/dead_letter.ts";
import { type NotificationRef, parseNotificationId } from "../../domain/ids.ts";
import type { ManageEnv } from "./context.ts";
import { describe } from "../http/openapi.ts";
import { dropReason, filter, listQuery, toFilter } from "./dead_letter_schemas.ts";
import { id } from "./load.ts";
import type { ManagePorts } from "./ports.ts";
import {
  presentCommand,
  presentCount,
  presentDeadLetter,
  presentResult,
} from "./present_dead_letter.ts";
import { problem } from "./problem.ts";
import { jsonBody, pathIds, query } from "./validation.ts";

type DeadLetterPorts = Pick<ManagePorts, "clock" | "deadLetters">;

/** What the audit log calls the actions. */
const AUDIT_ACTION = {
  redrive: "failed-messages-redriven",
  drop: "failed-messages-dropped",
} as const satisfies Readonly<Record<DeadLetterAction, AuditAction>>;

const NO_NOTIFICATION = "There is no such notification";
const NO_COMMAND = "There is no such command";
const TOO_MANY = `${MAX_COMMANDS_UNDER_WAY} commands are under way: wait until one has ended`;

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
export function createDeadLetterRoutes(ports: DeadLetterPorts) {
  return new Hono<ManageEnv>()
    .route("/", createListRoutes(ports))
    .route("/", createCommandRoutes(ports))
    .route("/", createSingleRoutes(ports));
}

function createListRoutes({ deadLetters }: DeadLetterPorts) {
  return new Hono<ManageEnv>()
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
          dead_letters: page.deadLetters.map(presentDeadLetter),
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
    );
}

/** The routes of commands over all dead letters of a filter. */
function createCommandRoutes({ clock, deadLetters }: DeadLetterPorts) {
  async function start(
    actor: AuditActor,
    action: DeadLetterAction,
    asked: z.output<typeof filter>,
    reason: string | null,
  ) {
    const id = parseCommandId(clock.newId());
    if (id === undefined) throw new Error("a new id is not valid");
    const command = await deadLetters.command(
      { id, action, filter: toFilter(asked), reason },
      clock.now(),
      {
        chain: INSTALLATION,
        actor,
        action: AUDIT_ACTION[action],
        subject: id,
        facts: factsOf(asked),
      },
    );
    return command && presentCommand(command);
  }

  return new Hono<ManageEnv>()
    .post(
      "/redrive",
      describe(
        "Put back to be sent all messages of a filter that ended as technical-failure",
        STARTED,
      ),
      jsonBody(z.strictObject({ filter })),
      async (c) => {
        const started = await start(
          c.var.access.actor,
          "redrive",
          c.req.valid("json").filter,
          null,
        );
        return started === undefined ? problem(c, 409, TOO_MANY) : c.json(started, 202);
      },
    )
    .post(
      "/drop",
      describe("Drop all messages of a filter that ended as technical-failure", STARTED),
      jsonBody(z.strictObject({ filter, reason: dropReason })),
      async (c) => {
        const { filter, reason } = c.req.valid("json");
        const started = await start(c.var.access.actor, "drop", filter, reason);
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
    );
}

/** The entry of a command about one message, in the audit log of its service. */
function entryOf(
  actor: AuditActor,
  action: DeadLetterAction,
  { serviceId, notificationId }: NotificationRef,
): NewAuditEntry {
  return { chain: serviceId, actor, action: AUDIT_ACTION[action], subject: notificationId };
}

/** The filter of a command, which has no personal data. */
function factsOf(asked: z.output<typeof filter>): AuditFacts {
  return Object.fromEntries(
    Object.entries(asked).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]),
  );
}

/** The routes of one dead letter. */
function createSingleRoutes({ clock, deadLetters }: DeadLetterPorts) {
  return new Hono<ManageEnv>()
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
        const skip = await deadLetters.redrive(
          ref,
          clock.now(),
          entryOf(c.var.access.actor, "redrive", ref),
        );
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
        const skip = await deadLetters.drop(
          ref,
          c.req.valid("json").reason,
          clock.now(),
          entryOf(c.var.access.actor, "drop", ref),
        );
        return c.json(presentResult(notification_id, "dropped", skip));
      },
    );
}
