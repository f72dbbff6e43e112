/** The schema of a service's fields, which the management API and the pages share. */
import * as z from "zod/mini";
import { hasInvisible, INVISIBLE_IN_NAME, isBlank, isOneLine, MAX_NAME } from "./one_line_name.ts";
import { type Channel, CHANNELS, type SettingsChange, SMS_ENCODINGS } from "./service.ts";
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
  MAX_PERCENT,
  MAX_PURPOSE,
  MESSAGE_STREAM,
  MESSAGING_SERVICE_SID,
  RETENTION_DAYS,
  SMS_SENDER,
} from "./setting_rules.ts";

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

const pauseAtFailures = z.int().check(z.minimum(0), z.maximum(MAX_PERCENT));

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
  pause_at_failures: pauseAtFailures,
  purpose: z.nullable(purpose),
};

/** The fields of a service. */
export const serviceFields = z.strictObject({
  name,
  mode: z.enum(["trial", "live"]),
  active: z.boolean(),
  ...settings,
});

/** A change of a service: the body of `PATCH /manage/services/{id}`. Absent fields stay as they are. */
export const changedService = z.partial(serviceFields);

/** Returns the fields of a body except `id`, `name`, `mode` and `active`, which are not settings. */
export function settingsOf(
  body: z.output<typeof changedService> & { readonly id?: unknown },
): SettingsChange {
  const { name: _name, mode: _mode, active: _active, id: _id, ...settings } = body;
  return settings;
}
