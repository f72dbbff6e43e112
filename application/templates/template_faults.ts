/** What makes a template, or a change of one, invalid. */
import type { SenderId } from "../../domain/ids.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { TemplateFaultKind } from "../../domain/template/freemarker/fault.ts";
import {
  hasTooManyFixedTokens,
  hasTooManyWrittenTokens,
  MAX_MARKUP_TOKENS,
} from "../../domain/template/markup_tokens.ts";
import { hasTooManyPlaceholders, MAX_PLACEHOLDERS } from "../../domain/template/placeholders.ts";
import type { Steps } from "../../domain/steps/steps.ts";
import { syntaxesOf, type TemplateSyntax } from "../../domain/template/syntax.ts";
import { checkTemplateSteps } from "../../domain/template/parse_template.ts";
import type { TemplateSource } from "../../domain/template/template.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";

/** An error in one field of a template. */
export interface TemplateFieldFault {
  readonly kind: "invalid-field";
  /** The field's name in the management API, such as `unsubscribe_link`. */
  readonly field: string;
  readonly message: string;
  /** What is wrong with a body; absent for the fault of another field. */
  readonly code?: BodyFaultCode;
  /** Where the body is not valid, for a fault of one place: line and column, from 1. */
  readonly at?: { readonly line: number; readonly column: number };
}

/** The code of a fault of a template's body. */
export type BodyFaultCode = TemplateFaultKind | "too-many-placeholders" | "too-much-markup";

/** A change of a template. An `undefined` field stays as it is. */
export interface TemplateChange {
  readonly channel: Channel | undefined;
  readonly name: string | undefined;
  readonly subject: string | null | undefined;
  readonly body: string | undefined;
  readonly unsubscribeLink: boolean | undefined;
  readonly syntax: TemplateSyntax | undefined;
  readonly senderId?: SenderId | null | undefined;
  /** The number of the version that the change was made from; absent for whichever is the newest. */
  readonly basedOn?: number | undefined;
}

const TOO_MUCH_MARKUP =
  `has more than ${MAX_MARKUP_TOKENS} line breaks, punctuation and formatting marks`;

const TOO_MANY_PLACEHOLDERS = `has more than ${MAX_PLACEHOLDERS} placeholders`;

/**
 * Finds, in steps, the error of a template's body: it has too many placeholders or too much markup, or is not valid in its
 * syntax (the message then has line and column). `undefined` when the body is valid.
 */
export function* findBodyFault(source: TemplateSource): Steps<TemplateFieldFault | undefined> {
  if (hasTooManyPlaceholders(source.body)) {
    return { ...invalidField("body", TOO_MANY_PLACEHOLDERS), code: "too-many-placeholders" };
  }
  // Before it is parsed for HTML, which takes long for a long text.
  if (hasTooManyWrittenTokens(source)) return tooMuchMarkup();
  yield;
  const checked = yield* checkTemplateSteps(source);
  yield;
  if (checked.ok) {
    // The text of another syntax has been counted before it was parsed.
    return source.syntax === "freemarker" && hasTooManyFixedTokens(checked.value)
      ? tooMuchMarkup()
      : undefined;
  }
  const { kind, line, column, message } = checked.refusal;
  return {
    ...invalidField("body", `line ${line}, column ${column}: ${message}`),
    code: kind,
    at: { line, column },
  };
}

function tooMuchMarkup(): TemplateFieldFault {
  return { ...invalidField("body", TOO_MUCH_MARKUP), code: "too-much-markup" };
}

/** Finds a change that the template's channel and syntax do not allow. */
export function* findChangeFault(
  template: TemplateVersion,
  change: TemplateChange,
): Steps<TemplateFieldFault | undefined> {
  const { channel } = template;
  if (channel === "diia") {
    return invalidField(
      "channel",
      "Diia's templates are changed where they are published: PUT " +
        "/api/notifications/templates/diia:name",
    );
  }
  const syntaxes = syntaxesOf(channel);
  if (channel !== "sms" && change.subject === null && template.subject !== null) {
    return invalidField(
      "subject",
      channel === "email" ? "an e-mail needs a subject" : "an inbox message keeps its subject",
    );
  }
  if (channel === "sms" && typeof change.subject === "string") {
    return invalidField("subject", "a text has no subject");
  }
  if (channel !== "email" && change.unsubscribeLink === true) {
    return invalidField(
      "unsubscribe_link",
      channel === "sms"
        ? "a text has no link to unsubscribe"
        : "only an e-mail has a link to unsubscribe",
    );
  }
  if (change.syntax !== undefined && !syntaxes.includes(change.syntax)) {
    return invalidField("syntax", `must be one of ${syntaxes.join(", ")}`);
  }
  return yield* findBodyFault({
    channel,
    syntax: change.syntax ?? template.syntax,
    subject: change.subject === undefined ? template.subject : change.subject,
    body: change.body ?? template.body,
  });
}

/** Returns the fault of a field. */
export function invalidField(field: string, message: string): TemplateFieldFault {
  return { kind: "invalid-field", field, message };
}
