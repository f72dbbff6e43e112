/** The schema of the platform's `user-notifications` message. */
import * as z from "zod/mini";
import { MAX_RECIPIENT_ID_LENGTH } from "../access/access_tokens.ts";
import { MAX_CONTEXT_LENGTH, toProcessContext } from "../notification/process_context.ts";

/** The most recipients of a message. A message that exceeds a limit of this file is refused as a whole. */
export const MAX_RECIPIENTS = 10_000;
/** The most channels that one recipient of a message can list. A message with more is refused as a whole. */
export const MAX_CHANNELS = 10;
/** The longest name of a template, in UTF-16 units. */
export const MAX_TEMPLATE_NAME = 255;
/**
 * The longest title, field of `context`, address of a recipient's channel, and name of an attribute, in UTF-16 units.
 */
export const MAX_LINE = 2_000;
/** The longest delay of a follow-up, in minutes: thirty days. */
const MAX_FOLLOW_UP_MINUTES = 30 * 24 * 60;

const line = z.string().check(z.maxLength(MAX_LINE));
const optionalLine = z.nullish(line);
/** Channel names are case-insensitive, as on the platform. Unknown ones are refused for each recipient. */
const channel = z.pipe(
  z.string().check(z.maxLength(50)),
  z.transform((text: string) => text.toLowerCase()),
);

/** The channels that may follow up an unread inbox message. */
const FOLLOW_UP_CHANNELS = ["email", "diia", "sms"] as const;

const followUps = z.array(z.object({
  channel: z.pipe(
    z.pipe(z.string(), z.transform((text: string) => text.toLowerCase())),
    z.enum(FOLLOW_UP_CHANNELS, `must be one of ${FOLLOW_UP_CHANNELS.join(", ")}`),
  ),
  afterMinutes: z.int().check(z.minimum(1), z.maximum(MAX_FOLLOW_UP_MINUTES)),
})).check(z.refine(
  (all) => new Set(all.map(({ channel }) => channel)).size === all.length,
  "must not name a channel twice",
));

/** The name of a template: one line without blanks at its ends. */
export const templateName = z.string().check(
  z.minLength(1, "must not be empty"),
  z.maxLength(MAX_TEMPLATE_NAME),
  z.refine(
    (name) => name.trim() === name && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name),
    "must be one line of text without blanks at its ends",
  ),
);

const recipient = z.object({
  id: z.nullish(z.string().check(z.maxLength(MAX_RECIPIENT_ID_LENGTH))),
  realm: z.nullish(z.enum(["OFFICER", "CITIZEN"])),
  parameters: z.nullish(z.record(z.string(), z.unknown())),
  channels: z.nullish(
    z.array(z.object({ channel, email: optionalLine, rnokpp: optionalLine, phone: optionalLine }))
      .check(z.maxLength(MAX_CHANNELS)),
  ),
});

/**
 * The schema of the body of `POST /api/notifications`: a message to many recipients in the format of the registries
 * platform. Fields that it does not have are ignored, as on that platform.
 */
export const userNotification = z.object({
  context: z.nullish(
    z.object({
      system: optionalLine,
      application: optionalLine,
      businessProcess: optionalLine,
      businessProcessDefinitionId: optionalLine,
      businessProcessInstanceId: optionalLine,
      businessActivity: optionalLine,
      businessActivityInstanceId: optionalLine,
    }).check(z.refine(
      (fields) =>
        Object.values(toProcessContext(fields) ?? {}).join("").length <= MAX_CONTEXT_LENGTH,
      `must have at most ${MAX_CONTEXT_LENGTH} characters in all its fields together`,
    )),
  ),
  notification: z.object({
    title: z.nullish(line.check(z.refine(
      (title) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(title),
      "must be one line of text",
    ))),
    templateName,
    ignoreChannelPreferences: z.nullish(z.boolean()),
    language: z.nullish(
      z.string().check(z.regex(/^[A-Za-z]{2,3}$/, "must be a language's code (ISO 639)")),
    ),
    followUps: z.nullish(followUps),
  }),
  recipients: z.array(recipient).check(
    z.minLength(1, "must have at least one recipient"),
    z.maxLength(MAX_RECIPIENTS, `must have at most ${MAX_RECIPIENTS} recipients`),
  ),
});

/** A message to many recipients, as a registry sends it. */
export type UserNotification = z.output<typeof userNotification>;
/** A recipient of a message. */
export type UserRecipient = UserNotification["recipients"][number];
