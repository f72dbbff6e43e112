/** The platform's `user-notifications` message: the shape, parsed once. */
import { z } from "zod";
import { MAX_RECIPIENT_ID_LENGTH } from "../access/access_tokens.ts";

/** The most recipients of a message. */
export const MAX_RECIPIENTS = 10_000;
/** The most channels that a recipient can name. */
export const MAX_CHANNELS = 10;
/** The longest name of a template. */
export const MAX_TEMPLATE_NAME = 255;
/** The longest title, and the longest text of a context. */
export const MAX_LINE = 2_000;
/** How long a follow-up can wait, in minutes: thirty days. */
export const MAX_FOLLOW_UP_MINUTES = 30 * 24 * 60;

const line = z.string().max(MAX_LINE);
const word = line.nullish();
/** Words of channels are taken in any case, as the platform takes them; the unknown ones are refused one by one. */
const channel = z.string().max(50).transform((text) => text.toLowerCase());

/** What may follow an inbox message that nobody has seen. */
const FOLLOWING = ["email", "diia", "sms"] as const;

const followUps = z.array(z.object({
  channel: z.string().transform((text) => text.toLowerCase()).pipe(
    z.enum(FOLLOWING, `must be one of ${FOLLOWING.join(", ")}`),
  ),
  afterMinutes: z.int().min(1).max(MAX_FOLLOW_UP_MINUTES),
})).refine(
  (all) => new Set(all.map(({ channel }) => channel)).size === all.length,
  "must not name a channel twice",
);

/** The name of a template: one line without blanks at its ends. */
export const templateName = z.string().min(1, "must not be empty").max(MAX_TEMPLATE_NAME).refine(
  (name) => name.trim() === name && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name),
  "must be one line of text without blanks at its ends",
);

const recipient = z.object({
  id: z.string().max(MAX_RECIPIENT_ID_LENGTH).nullish(),
  realm: z.enum(["OFFICER", "CITIZEN"]).nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  channels: z.array(z.object({
    channel,
    email: line.nullish(),
    rnokpp: line.nullish(),
    phone: line.nullish(),
  })).max(MAX_CHANNELS).nullish(),
});

/** The body of `POST /api/notifications`. What it does not name is passed over, as the platform passes it over. */
export const userNotification = z.object({
  context: z.object({
    system: word,
    application: word,
    businessProcess: word,
    businessProcessDefinitionId: word,
    businessProcessInstanceId: word,
    businessActivity: word,
    businessActivityInstanceId: word,
  }).nullish(),
  notification: z.object({
    title: z.string().max(MAX_LINE).refine(
      (title) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(title),
      "must be one line of text",
    ).nullish(),
    templateName,
    ignoreChannelPreferences: z.boolean().nullish(),
    language: z.string().regex(/^[A-Za-z]{2,3}$/, "must be a language's code (ISO 639)").nullish(),
    followUps: followUps.nullish(),
  }),
  recipients: z.array(recipient).min(1, "must have at least one recipient")
    .max(MAX_RECIPIENTS, `must have at most ${MAX_RECIPIENTS} recipients`),
});

/** A message to many people. */
export type UserNotification = z.output<typeof userNotification>;
/** One of them. */
export type UserRecipient = UserNotification["recipients"][number];
