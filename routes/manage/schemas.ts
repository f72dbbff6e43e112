import * as z from "zod/mini";
import { WARNING_CODES, type WarningCode } from "../../domain/jobs/list_reading.ts";
import { parseServiceId, parseTemplateId } from "../../domain/ids.ts";
import { toInstant } from "../../domain/notify_v2/instant.ts";
import { parseEmailAddress } from "../../domain/recipient/email_address.ts";
import { isGuestAddress, isGuestNumber, MAX_GUESTS } from "../../domain/service/guest_list.ts";
import {
  hasInvisible,
  INVISIBLE_IN_NAME,
  isBlank,
  isOneLine,
  MAX_NAME,
} from "../../domain/service/one_line_name.ts";
import {
  type Channel,
  CHANNELS,
  KEY_KINDS,
  type SettingsChange,
  SMS_ENCODINGS,
} from "../../domain/service/service.ts";
import { parsed } from "../http/validation.ts";
import {
  areQuietHours,
  BRAND_COLOUR,
  INBOX_RETENTION_DAYS_MOST,
  isKnownCountry,
  isKnownLanguage,
  isLogoUrl,
  isPurpose,
  isTimeOfDay,
  isTimeZone,
  LOCAL_PART,
  MAX_LIMIT,
  MAX_LOCAL_PART,
  MAX_LOGO_URL,
  MAX_PURPOSE,
  MESSAGE_STREAM,
  MESSAGING_SERVICE_SID,
  RETENTION_DAYS,
  SMS_SENDER,
} from "../../domain/service/setting_rules.ts";
import { MAX_SUBJECT, MAX_TEMPLATE_BODY } from "../../domain/template/template_bounds.ts";
import { PLAIN_SYNTAXES, TEMPLATE_SYNTAXES } from "../../domain/template/syntax.ts";

/** The longest text that is parsed as an e-mail address, in characters. */
const MAX_ADDRESS = 1_000;
/** How many items a page of a list has at most; lists of jobs have their own limit. */
export const MAX_LISTED = 250;

/**
 * A line of text, such as a reason, trimmed: 1 to {@link MAX_NAME} UTF-16 units without control characters, line breaks
 * and lone surrogates.
 */
export const oneLineText = z.string().check(
  z.trim(),
  z.minLength(1, "must not be empty"),
  z.maxLength(MAX_NAME),
  z.refine(isOneLine, "must be one line of text"),
  z.refine((text) => text === "" || !isBlank(text), "must not be empty"),
);

/** A name: such a line without invisible characters. */
export const oneLineName = oneLineText.check(
  z.refine((text) => isBlank(text) || !hasInvisible(text), INVISIBLE_IN_NAME),
);
const name = oneLineName;
const limit = z.int().check(z.minimum(0), z.maximum(MAX_LIMIT));
const days = z.int().check(z.minimum(RETENTION_DAYS.least), z.maximum(RETENTION_DAYS.most));
const inboxDays = z.int().check(
  z.minimum(RETENTION_DAYS.least),
  z.maximum(INBOX_RETENTION_DAYS_MOST),
);

/** The sender of text messages, as {@link SMS_SENDER} has it. */
export const smsSender = z.string().check(z.regex(
  SMS_SENDER,
  "must be 3 to 11 letters, digits, blanks and & + - _ with a letter, or a number",
));

const localPart = z.string().check(
  z.regex(
    LOCAL_PART,
    "must be lower-case letters and digits, with single . _ - between them",
  ),
  z.maxLength(MAX_LOCAL_PART),
);

const timeOfDay = z.string().check(z.refine(
  isTimeOfDay,
  "must be a time of day such as 21:30",
));

const timeZone = z.string().check(
  z.refine(isTimeZone, "must be an IANA time zone such as Europe/Kyiv"),
);

const language = z.string().check(z.refine(
  isKnownLanguage,
  "must be a language tag such as en, cy or uk-UA (BCP 47)",
));

const logoUrl = z.string().check(
  z.maxLength(MAX_LOGO_URL),
  z.refine(isLogoUrl, "must be an https address"),
);

const brandColour = z.string().check(
  z.regex(BRAND_COLOUR, "must be # and six hexadecimal digits"),
);

const messagingServiceSid = z.string().check(
  z.regex(MESSAGING_SERVICE_SID, "must be MG and 32 hexadecimal digits"),
);

/** The id of a message stream at Postmark. */
const messageStream = z.string().check(
  z.regex(
    MESSAGE_STREAM,
    "must be up to 30 lower-case letters, digits, - and _, the first of them a letter",
  ),
);

const purpose = z.string().check(
  z.maxLength(MAX_PURPOSE),
  z.refine(isPurpose, "must be lines of text without control characters"),
);

const settings = {
  channels: z.pipe(
    z.array(z.enum(CHANNELS)),
    z.transform((channels: Channel[]) => [...new Set(channels)]),
  ),
  country: z.string().check(
    z.refine(isKnownCountry, "must be a country's two capital letters (ISO 3166)"),
  ),
  sms_sender: z.nullable(smsSender),
  sms_prefix: z.boolean(),
  sms_encoding: z.enum(SMS_ENCODINGS),
  sms_transliterate: z.boolean(),
  international_sms: z.boolean(),
  uk_landlines: z.boolean(),
  email_from_name: z.nullable(name),
  email_from_local: z.nullable(localPart),
  language,
  logo_url: z.nullable(logoUrl),
  brand_colour: z.nullable(brandColour),
  rate_limit_per_minute: limit,
  daily_limits: z.partial(z.strictObject({
    sms: z.nullable(limit),
    email: z.nullable(limit),
    inbox: z.nullable(limit),
    diia: z.nullable(limit),
    international_sms: z.nullable(limit),
  })),
  retention_days: z.partial(
    z.strictObject({ sms: days, email: days, inbox: inboxDays, diia: days }),
  ),
  time_zone: timeZone,
  quiet_hours: z.nullable(
    z.strictObject({ start: timeOfDay, end: timeOfDay })
      .check(z.refine(areQuietHours, "start and end must differ")),
  ),
  twilio_messaging_service_sid: z.nullable(messagingServiceSid),
  postmark_message_stream: z.nullable(messageStream),
  purpose: z.nullable(purpose),
};

const serviceFields = z.strictObject({
  name,
  mode: z.enum(["trial", "live"]),
  active: z.boolean(),
  ...settings,
});

/**
 * The body of `POST /manage/services`. Only `name` is required; absent fields get the defaults. `id` is one of the
 * caller's.
 */
export const newService = z.required(
  z.extend(z.partial(serviceFields), { id: z.optional(parsed(parseServiceId, "must be a UUID")) }),
  { name: true },
);

/** The body of `PATCH /manage/services/{id}`. Absent fields stay as they are. */
export const changedService = z.partial(serviceFields);

/** Returns the fields of a body except `id`, `name`, `mode` and `active`, which are not settings. */
export function settingsOf(
  body: z.output<typeof changedService> | z.output<typeof newService>,
): SettingsChange {
  const { name: _name, mode: _mode, active: _active, id: _id, ...settings } = {
    id: undefined,
    ...body,
  };
  return settings;
}

/**
 * A list of names of warnings about a recipient list that the caller accepts; outputs each once, in the order of {@link
 * WARNING_CODES}.
 */
export const acceptedWarnings = z.pipe(
  z.array(z.enum(WARNING_CODES, `must be names of warnings: ${WARNING_CODES.join(", ")}`)),
  z.transform((names: WarningCode[]) => WARNING_CODES.filter((code) => names.includes(code))),
);

/**
 * The body of `POST …/jobs/{job_id}/start`, which may be left out. `accept_warnings` names the warnings that the caller
 * accepts; others keep the job from starting.
 */
export const jobStart = z.strictObject({ accept_warnings: z.optional(acceptedWarnings) });

/** When a credential expires, as a date and time; absent or `null` for never. Outputs epoch milliseconds. */
export const expiry = z.nullish(
  parsed(toInstant, "must be a date and time in ISO 8601, such as 2031-04-14T09:00:00Z"),
);

/** The body of `POST …/keys`: the key's name, its kind (`live`, `team` or `test`), and when it expires. */
export const newKey = z.strictObject({ name, kind: z.enum(KEY_KINDS), expires_at: expiry });

/** A text that the use case parses as an e-mail address. */
export const typedAddress = z.string().check(z.maxLength(MAX_ADDRESS));

/** A schema that takes an e-mail address as typed, and outputs it normalised (in lower case). */
export const emailAddress = z.pipe(
  typedAddress,
  z.transform((typed: string, context) => {
    const address = parseEmailAddress(typed);
    if (address.ok) return address.value.normalised;
    context.issues.push({ code: "custom", message: "not a valid email address", input: typed });
    return z.NEVER;
  }),
);

const templateBody = z.string().check(
  z.minLength(1, "must not be empty"),
  z.maxLength(MAX_TEMPLATE_BODY),
);
const subject = z.string().check(
  z.trim(),
  z.minLength(1, "must not be empty"),
  z.maxLength(MAX_SUBJECT),
);

const anySyntax = z.optional(z.enum(TEMPLATE_SYNTAXES));
const plainSyntax = z.optional(z.enum(PLAIN_SYNTAXES));

/** The id of the caller's, so that a template that moves here keeps its own. */
const templateId = z.optional(parsed(parseTemplateId, "must be a UUID"));

/** The body of `POST …/templates`; the fields differ by `channel`. */
export const newTemplate = z.discriminatedUnion("channel", [
  z.strictObject({
    id: templateId,
    channel: z.literal("sms"),
    name,
    subject: z.optional(z.null("a text has no subject")),
    body: templateBody,
    unsubscribe_link: z.optional(z.literal(false, "a text has no link to unsubscribe")),
    syntax: plainSyntax,
  }),
  z.strictObject({
    id: templateId,
    channel: z.literal("email"),
    name,
    subject,
    body: templateBody,
    unsubscribe_link: z.optional(z.boolean()),
    syntax: anySyntax,
  }),
]);

const personalisation = z.optional(z.record(z.string(), z.unknown()));

const draft = {
  body: templateBody,
  syntax: plainSyntax,
  personalisation,
};
const emailDraft = { ...draft, syntax: anySyntax };

/** The body of `POST …/templates/preview`: an unsaved template, with values for its placeholders. */
export const draftTemplate = z.discriminatedUnion("channel", [
  z.strictObject({
    channel: z.literal("sms"),
    subject: z.optional(z.null("a text has no subject")),
    ...draft,
  }),
  z.strictObject({ channel: z.literal("email"), subject, ...emailDraft }),
  z.strictObject({ channel: z.literal("inbox"), subject: z.nullish(subject), ...draft }),
  z.strictObject({ channel: z.literal("diia"), subject, ...draft }),
]);

/** The body of `PUT …/templates/{id}`. Absent fields stay as they are. The channel never changes. */
export const changedTemplate = z.strictObject({
  channel: z.optional(z.enum(CHANNELS)),
  name: z.optional(name),
  subject: z.nullish(subject),
  body: z.optional(templateBody),
  unsubscribe_link: z.optional(z.boolean()),
  syntax: anySyntax,
});

/**
 * Returns the schema of the body of `PUT …/guests`: at most {@link MAX_GUESTS} e-mail addresses and as many telephone
 * numbers, output as typed. Numbers without a country prefix are read as numbers of `country` (ISO 3166, two letters).
 */
export function guestsOf(country: string) {
  return z.strictObject({
    email_addresses: z.array(
      z.string().check(
        z.refine(isGuestAddress, "not a valid email address"),
      ),
    ).check(z.maxLength(MAX_GUESTS)),
    phone_numbers: z.array(
      z.string().check(
        z.refine((typed) => isGuestNumber(typed, country), "not a valid telephone number"),
      ),
    ).check(z.maxLength(MAX_GUESTS)),
  });
}

/** A query parameter that is `true` or `false`. */
export const flag = z.pipe(
  z.enum(["true", "false"]),
  z.transform((word: "true" | "false") => word === "true"),
);
