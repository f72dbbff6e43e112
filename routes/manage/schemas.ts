import * as z from "zod/mini";
import { WARNING_CODES, type WarningCode } from "../../domain/jobs/list_reading.ts";
import { parseFolderId, parseSenderId, parseServiceId, parseTemplateId } from "../../domain/ids.ts";
import { toInstant } from "../../domain/notify_v2/instant.ts";
import { parseEmailAddress } from "../../domain/recipient/email_address.ts";
import { isGuestAddress, isGuestNumber, MAX_GUESTS } from "../../domain/service/guest_list.ts";
import { CHANNELS, KEY_KINDS } from "../../domain/service/service.ts";
import { oneLineName, serviceFields } from "../../domain/service/settings_schema.ts";
import { parsed } from "../http/validation.ts";
import { MAX_CHOSEN_TEMPLATES } from "../../domain/template/template_folders.ts";
import { MAX_SUBJECT, MAX_TEMPLATE_BODY } from "../../domain/template/template_bounds.ts";
import { PLAIN_SYNTAXES, TEMPLATE_SYNTAXES } from "../../domain/template/syntax.ts";

/** The longest text that is parsed as an e-mail address, in characters. */
const MAX_ADDRESS = 1_000;
/** How many items a page of a list has at most; lists of jobs have their own limit. */
export const MAX_LISTED = 250;

export {
  changedService,
  oneLineName,
  oneLineText,
  settingsOf,
  smsSender,
} from "../../domain/service/settings_schema.ts";

const name = oneLineName;

/**
 * The body of `POST /manage/services`. Only `name` is required; absent fields get the defaults. `id` is one of the
 * caller's.
 */
export const newService = z.required(
  z.extend(z.partial(serviceFields), { id: z.optional(parsed(parseServiceId, "must be a UUID")) }),
  { name: true },
);

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

/** The sender of a template's messages; `null` for the default one. */
const templateSender = z.nullish(parsed(parseSenderId, "must be a UUID"));
const folderId = z.nullish(parsed(parseFolderId, "must be a UUID"));

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
    sender_id: templateSender,
    folder_id: folderId,
  }),
  z.strictObject({
    id: templateId,
    channel: z.literal("email"),
    name,
    subject,
    body: templateBody,
    unsubscribe_link: z.optional(z.boolean()),
    syntax: anySyntax,
    sender_id: templateSender,
    folder_id: folderId,
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

/**
 * The body of `PUT …/templates/{id}`. Absent fields stay as they are. The channel never changes. `based_on_version` is the number
 * of the version that the change was made from.
 */
export const changedTemplate = z.strictObject({
  channel: z.optional(z.enum(CHANNELS)),
  name: z.optional(name),
  subject: z.nullish(subject),
  body: z.optional(templateBody),
  unsubscribe_link: z.optional(z.boolean()),
  syntax: anySyntax,
  sender_id: templateSender,
  based_on_version: z.optional(z.int().check(z.minimum(1))),
});

const chosenTemplates = z.array(parsed(parseTemplateId, "must be a UUID")).check(
  z.minLength(1, "must not be empty"),
  z.maxLength(MAX_CHOSEN_TEMPLATES),
);

/** The body of `POST …/templates/move`: templates, and the folder to put them into, `null` for none. */
export const movedTemplates = z.strictObject({
  template_ids: chosenTemplates,
  folder_id: z.nullable(parsed(parseFolderId, "must be a UUID")),
});

/** The body of `POST …/templates/archive`. */
export const archivedTemplates = z.strictObject({ template_ids: chosenTemplates });

/** The body of `POST …/template_folders`. The `id` is one of the caller's, if it is given. */
export const newFolder = z.strictObject({
  id: z.optional(parsed(parseFolderId, "must be a UUID")),
  name,
});

/** The body of `PATCH …/template_folders/{folder_id}`. */
export const changedFolder = z.strictObject({ name });

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
