/** Creates and changes the templates that a service's operator writes. */
import type { ServiceId, TemplateId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore, TemplateContent } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Channel } from "../../domain/service/service.ts";
import {
  hasTooManyFixedTokens,
  hasTooManyWrittenTokens,
  MAX_MARKUP_TOKENS,
} from "../../domain/template/markup_tokens.ts";
import { hasTooManyPlaceholders, MAX_PLACEHOLDERS } from "../../domain/template/placeholders.ts";
import { syntaxesOf, type TemplateSyntax } from "../../domain/template/syntax.ts";
import { checkTemplateSteps, type TemplateSource } from "../../domain/template/template.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import type { Steps } from "../../domain/steps/steps.ts";
import { runInSlices } from "../event_loop.ts";

/** An error in one field of a template. */
export interface TemplateFieldFault {
  readonly kind: "invalid-field";
  /** The field's name in the management API, such as `unsubscribe_link`. */
  readonly field: string;
  readonly message: string;
}

/** Why a template was neither created nor changed. */
export type TemplateRefusal =
  | TemplateFieldFault
  | { readonly kind: "no-such-service" }
  /** The service has a template with this id. */
  | { readonly kind: "id-taken" }
  /** The change names another channel than the template's, which never changes. */
  | { readonly kind: "channel-fixed"; readonly channel: Channel }
  | { readonly kind: "archived" };

/** A template to create. */
export interface NewTemplate {
  /** The caller's id, so that a template that moves here keeps its own; `undefined` for a new one. */
  readonly id?: TemplateId | undefined;
  readonly channel: Channel;
  readonly name: string;
  readonly subject: string | null;
  readonly body: string;
  readonly unsubscribeLink: boolean;
  readonly syntax: TemplateSyntax;
}

/** A change of a template. An `undefined` field stays as it is. */
export interface TemplateChange {
  readonly channel: Channel | undefined;
  readonly name: string | undefined;
  readonly subject: string | null | undefined;
  readonly body: string | undefined;
  readonly unsubscribeLink: boolean | undefined;
  readonly syntax: TemplateSyntax | undefined;
}

/** Creates and changes the templates of a service, except those for Diia. */
export interface TemplateEditor {
  /** Validates a template and stores it as version 1. */
  create(
    serviceId: ServiceId,
    template: NewTemplate,
  ): Promise<Result<TemplateVersion, TemplateRefusal>>;
  /**
   * Validates a change and stores it as a new version. Templates for Diia are refused: they are changed where they are
   * published.
   *
   * @param template the newest version, whose fields are kept where the change has none
   */
  change(
    serviceId: ServiceId,
    template: TemplateVersion,
    change: TemplateChange,
  ): Promise<Result<TemplateVersion, TemplateRefusal>>;
}

/** The dependencies of {@link createTemplateEditor}. */
export interface TemplateEditorPorts {
  readonly clock: Pick<Clock, "now" | "newId">;
  readonly store: Pick<ManagementStore, "createTemplate" | "updateTemplate" | "getTemplate">;
}

/** Creates the editor of templates. */
export function createTemplateEditor({ clock, store }: TemplateEditorPorts): TemplateEditor {
  return {
    async create(serviceId, template) {
      const fault = await runInSlices(findBodyFault(template));
      if (fault !== undefined) return refuse(fault);
      const { id: chosen } = template;
      const id = chosen ?? clock.newId() as TemplateId;
      const isTaken = async () =>
        chosen !== undefined && await store.getTemplate(serviceId, chosen) !== undefined;
      if (await isTaken()) return refuse({ kind: "id-taken" });
      try {
        const created = await store.createTemplate(serviceId, { ...template, id }, clock.now());
        return created === undefined ? refuse({ kind: "no-such-service" }) : ok(created);
      } catch (error) {
        // Another request may have created it meanwhile.
        if (await isTaken()) return refuse({ kind: "id-taken" });
        throw error;
      }
    },
    async change(serviceId, template, change) {
      if (change.channel !== undefined && change.channel !== template.channel) {
        return refuse({ kind: "channel-fixed", channel: template.channel });
      }
      const fault = await runInSlices(findFault(template, change));
      if (fault !== undefined) return refuse(fault);
      const content = toContent(template, change);
      const changed = await store.updateTemplate(serviceId, template.id, content, clock.now());
      return changed === undefined ? refuse({ kind: "archived" }) : ok(changed);
    },
  };
}

const TOO_MUCH_MARKUP =
  `has more than ${MAX_MARKUP_TOKENS} line breaks, punctuation and formatting marks`;

const TOO_MANY_PLACEHOLDERS = `has more than ${MAX_PLACEHOLDERS} placeholders`;

/**
 * Finds, in steps, the error of a template's body: it has too many placeholders or too much markup, or is not valid in its
 * syntax (the message then has line and column). `undefined` when the body is valid.
 */
export function* findBodyFault(source: TemplateSource): Steps<TemplateFieldFault | undefined> {
  if (hasTooManyPlaceholders(source.body)) return invalid("body", TOO_MANY_PLACEHOLDERS);
  // Before it is parsed for HTML, which takes long for a long text.
  if (hasTooManyWrittenTokens(source)) return invalid("body", TOO_MUCH_MARKUP);
  yield;
  const checked = yield* checkTemplateSteps(source);
  yield;
  if (checked.ok) {
    return hasTooManyFixedTokens(checked.value) ? invalid("body", TOO_MUCH_MARKUP) : undefined;
  }
  const { line, column, message } = checked.refusal;
  return invalid("body", `line ${line}, column ${column}: ${message}`);
}

/** Finds a change that the template's channel and syntax do not allow. */
function* findFault(
  template: TemplateVersion,
  change: TemplateChange,
): Steps<TemplateFieldFault | undefined> {
  const { channel } = template;
  if (channel === "diia") {
    return invalid(
      "channel",
      "Diia's templates are changed where they are published: PUT " +
        "/api/notifications/templates/diia:name",
    );
  }
  const syntaxes = syntaxesOf(channel);
  if (channel !== "sms" && change.subject === null && template.subject !== null) {
    return invalid(
      "subject",
      channel === "email" ? "an e-mail needs a subject" : "an inbox message keeps its subject",
    );
  }
  if (channel === "sms" && typeof change.subject === "string") {
    return invalid("subject", "a text has no subject");
  }
  if (channel !== "email" && change.unsubscribeLink === true) {
    return invalid(
      "unsubscribe_link",
      channel === "sms"
        ? "a text has no link to unsubscribe"
        : "only an e-mail has a link to unsubscribe",
    );
  }
  if (change.syntax !== undefined && !syntaxes.includes(change.syntax)) {
    return invalid("syntax", `must be one of ${syntaxes.join(", ")}`);
  }
  return yield* findBodyFault({
    channel,
    syntax: change.syntax ?? template.syntax,
    subject: change.subject === undefined ? template.subject : change.subject,
    body: change.body ?? template.body,
  });
}

/** The fields to write. Body and syntax are written together, since they were checked together. */
function toContent(template: TemplateVersion, change: TemplateChange): Partial<TemplateContent> {
  const { name, subject, body, syntax, unsubscribeLink } = change;
  return {
    ...(name === undefined ? {} : { name }),
    ...(body === undefined && syntax === undefined
      ? {}
      : { body: body ?? template.body, syntax: syntax ?? template.syntax }),
    ...(subject === undefined ? {} : { subject }),
    ...(unsubscribeLink === undefined ? {} : { unsubscribeLink }),
  };
}

function invalid(field: string, message: string): TemplateFieldFault {
  return { kind: "invalid-field", field, message };
}
