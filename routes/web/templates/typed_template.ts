/** What was typed into the form of a template, and what is wrong with it. */
import type { TemplateFieldFault } from "../../../application/templates/template_faults.ts";
import { parseSenderId, type SenderId } from "../../../domain/ids.ts";
import { isBlank, nameFaultOf } from "../../../domain/service/one_line_name.ts";
import type { Channel } from "../../../domain/service/service.ts";
import { MAX_SUBJECT } from "../../../domain/template/template_bounds.ts";
import type { TemplateSyntax } from "../../../domain/template/syntax.ts";
import type { TemplateSource } from "../../../domain/template/template.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { Form } from "../forms.ts";
import { numberFormat } from "../texts/plural.ts";
import type { Language } from "../texts/plural.ts";
import type { Texts } from "../texts/texts.ts";

/** The largest form of a template, in bytes: a letter beyond ASCII takes six or nine in it. */
export const MAX_TEMPLATE_FORM_BYTES = 1024 * 1024;

/** The longest body that the editor shows and saves, in UTF-16 units, so that it fits into the form. */
export const MAX_EDITED_BODY = 100_000;

/** A template as typed. */
export interface TypedTemplate {
  readonly channel: Channel;
  readonly syntax: TemplateSyntax;
  readonly name: string;
  readonly subject: string;
  readonly body: string;
  readonly unsubscribeLink: boolean;
  /** The id of a sender; empty for the default one. */
  readonly senderId: string;
}

/** Reads the form of a template of a channel. */
export function readTyped(
  form: Form,
  { channel, syntax }: Pick<TypedTemplate, "channel" | "syntax">,
): TypedTemplate {
  return {
    channel,
    syntax,
    name: form.text("name").trim(),
    subject: form.text("subject").trim(),
    body: form.text("body"),
    unsubscribeLink: form.text("unsubscribe_link") !== "",
    senderId: form.text("sender_id"),
  };
}

/** Returns what the form shows of a stored template. */
export function typedOf(template: TemplateVersion): TypedTemplate {
  return {
    channel: template.channel,
    syntax: template.syntax,
    name: template.name,
    subject: template.subject ?? "",
    // As a form sends it.
    body: template.body.replaceAll(/\r\n?/g, "\n"),
    unsubscribeLink: template.unsubscribeLink,
    senderId: template.senderId ?? "",
  };
}

/** Returns the source that is parsed and rendered. */
export function sourceOf({ channel, syntax, subject, body }: TypedTemplate): TemplateSource {
  return { channel, syntax, subject: channel === "sms" ? null : subject, body };
}

/** Returns the fields that are saved. The fields were checked by {@link findFormFaults}. */
export function contentOf(typed: TypedTemplate): {
  readonly name: string;
  readonly subject: string | null;
  readonly body: string;
  readonly unsubscribeLink: boolean;
  readonly syntax: TemplateSyntax;
  readonly senderId: SenderId | null;
} {
  const { name, body, syntax, unsubscribeLink, senderId } = typed;
  const { subject } = sourceOf(typed);
  return {
    name,
    subject,
    body,
    syntax,
    unsubscribeLink: typed.channel === "email" && unsubscribeLink,
    senderId: parseSenderId(senderId) ?? null,
  };
}

/** Finds what is wrong with the fields, each by itself. */
export function findFormFaults(
  { channel, name, subject, body }: TypedTemplate,
  { editor, keys }: Texts,
  language: Language,
): FormFault[] {
  const numberOf = (most: number) => numberFormat(language).format(most);
  const faults: FormFault[] = [];
  const nameFault = nameFaultOf(name);
  if (nameFault !== undefined) {
    const messages = {
      missing: editor.nameMissing,
      "too-long": editor.nameTooLong,
      "not-one-line": editor.nameNotOneLine,
      invisible: keys.nameInvisible,
    };
    faults.push({ field: "name", message: messages[nameFault] });
  }
  if (channel !== "sms" && isBlank(subject)) {
    faults.push({ field: "subject", message: editor.subjectMissing });
  } else if (channel !== "sms" && subject.length > MAX_SUBJECT) {
    faults.push({ field: "subject", message: editor.subjectTooLong(numberOf(MAX_SUBJECT)) });
  }
  if (isBlank(body)) faults.push({ field: "body", message: editor.bodyMissing });
  else if (body.length > MAX_EDITED_BODY) {
    faults.push({ field: "body", message: editor.bodyTooLong(numberOf(MAX_EDITED_BODY)) });
  }
  return faults;
}

/** Returns the fault of the form for a field that the use case refused. */
export function toFormFault(
  { field, message, code, at }: TemplateFieldFault,
  { editor }: Texts,
  language: Language,
): FormFault {
  if (field === "sender_id") return { field, message: editor.senderGone };
  if (code === undefined) return { field, message };
  const place = at === undefined ? "" : `${editor.place(String(at.line), String(at.column))}: `;
  // The parser's message is in English, and more exact.
  const own = at === undefined || language !== "en"
    ? editor.bodyFaults[code]
    : message.slice(message.indexOf(": ") + 2);
  return { field, message: place + own };
}
