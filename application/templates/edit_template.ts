/** Creates and changes the templates that a service's operator writes. */
import type { AuditActor, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { FolderId, SenderId, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore, TemplateContent } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Channel } from "../../domain/service/service.ts";
import {
  hasTooManyFixedTokens,
  hasTooManyWrittenTokens,
  MAX_MARKUP_TOKENS,
} from "../../domain/template/markup_tokens.ts";
import type { TemplateFaultKind } from "../../domain/template/freemarker/fault.ts";
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
  /** What is wrong with a body; absent for the fault of another field. */
  readonly code?: BodyFaultCode;
  /** Where the body is not valid, for a fault of one place: line and column, from 1. */
  readonly at?: { readonly line: number; readonly column: number };
}

/** The code of a fault of a template's body. */
export type BodyFaultCode = TemplateFaultKind | "too-many-placeholders" | "too-much-markup";

/** Why a template was neither created nor changed. */
export type TemplateRefusal =
  | TemplateFieldFault
  | { readonly kind: "no-such-service" }
  /** The service has a template with this id. */
  | { readonly kind: "id-taken" }
  /** The change names another channel than the template's, which never changes. */
  | { readonly kind: "channel-fixed"; readonly channel: Channel }
  | { readonly kind: "archived" }
  /** The template has a newer version than the change was made from. */
  | { readonly kind: "outdated" }
  | { readonly kind: "no-such-folder" }
  /** There is no version with the number that is to be restored. */
  | { readonly kind: "no-such-version" };

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
  /** Absent for the sender that the channel has by default. */
  readonly senderId?: SenderId | null | undefined;
  /** Absent for no folder. */
  readonly folderId?: FolderId | null | undefined;
}

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

/** Creates and changes the templates of a service, except those for Diia. */
export interface TemplateEditor {
  /** Validates a template and stores it as version 1. */
  create(
    serviceId: ServiceId,
    template: NewTemplate,
    actor: AuditActor,
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
    actor: AuditActor,
  ): Promise<Result<TemplateVersion, TemplateRefusal>>;
  /**
   * Saves the content of an earlier version as a new one. It is validated as any change is: the rules may have become
   * stricter since.
   *
   * @param earlier the number of the version, and of the newest one that the caller saw; absent for whichever is the newest
   */
  restoreVersion(
    serviceId: ServiceId,
    template: TemplateVersion,
    earlier: { readonly version: number; readonly basedOn?: number | undefined },
    actor: AuditActor,
  ): Promise<Result<TemplateVersion, TemplateRefusal>>;
}

/** The dependencies of {@link createTemplateEditor}. */
export interface TemplateEditorPorts {
  readonly clock: Pick<Clock, "now" | "newId">;
  readonly store: Pick<
    ManagementStore,
    | "createTemplate"
    | "updateTemplate"
    | "updateTemplateFrom"
    | "getTemplate"
    | "listFolders"
    | "listSenders"
  >;
}

/** Creates the editor of templates. */
export function createTemplateEditor({ clock, store }: TemplateEditorPorts): TemplateEditor {
  /** Finds a sender that the service does not have for the channel. */
  async function findSenderFault(
    serviceId: ServiceId,
    channel: Channel,
    senderId: SenderId | null | undefined,
  ): Promise<TemplateFieldFault | undefined> {
    if (senderId === undefined || senderId === null) return undefined;
    const senders = await store.listSenders(serviceId, channel);
    return senders.some(({ id }) => id === senderId)
      ? undefined
      : invalid("sender_id", "the service has no such sender of the template's channel");
  }

  async function save(
    serviceId: ServiceId,
    template: TemplateVersion,
    change: TemplateChange,
    { actor, facts }: Pick<NewAuditEntry, "actor" | "facts">,
  ): Promise<Result<TemplateVersion, TemplateRefusal>> {
    const fault = await runInSlices(findFault(template, change)) ??
      await findSenderFault(serviceId, template.channel, change.senderId);
    if (fault !== undefined) return refuse(fault);
    const content = toContent(template, change);
    const entry: NewAuditEntry = {
      chain: serviceId,
      actor,
      action: "template-changed",
      subject: template.id,
      facts,
    };
    const [{ id }, { basedOn }, now] = [template, change, clock.now()];
    const changed = basedOn === undefined
      ? await store.updateTemplate(serviceId, id, content, now, entry)
      : await store.updateTemplateFrom(serviceId, id, basedOn, content, now, entry);
    if (changed === "outdated") return refuse({ kind: "outdated" });
    return changed === undefined ? refuse({ kind: "archived" }) : ok(changed);
  }

  return {
    async create(serviceId, template, actor) {
      const { senderId = null, folderId = null } = template;
      const fault = await runInSlices(findBodyFault(template)) ??
        await findSenderFault(serviceId, template.channel, senderId);
      if (fault !== undefined) return refuse(fault);
      if (folderId !== null) {
        const folders = await store.listFolders(serviceId);
        if (!folders.some(({ id }) => id === folderId)) return refuse({ kind: "no-such-folder" });
      }
      const { id: chosen } = template;
      const id = chosen ?? clock.newId() as TemplateId;
      const isTaken = async () =>
        chosen !== undefined && await store.getTemplate(serviceId, chosen) !== undefined;
      if (await isTaken()) return refuse({ kind: "id-taken" });
      try {
        const created = await store.createTemplate(
          serviceId,
          {
            ...template,
            id,
            senderId,
            folderId,
          },
          clock.now(),
          {
            chain: serviceId,
            actor,
            action: "template-created",
            subject: id,
          },
        );
        return created === undefined ? refuse({ kind: "no-such-service" }) : ok(created);
      } catch (error) {
        // Another request may have created it meanwhile.
        if (await isTaken()) return refuse({ kind: "id-taken" });
        throw error;
      }
    },
    async change(serviceId, template, change, actor) {
      if (change.channel !== undefined && change.channel !== template.channel) {
        return refuse({ kind: "channel-fixed", channel: template.channel });
      }
      return await save(serviceId, template, change, { actor });
    },
    async restoreVersion(serviceId, template, { version, basedOn }, actor) {
      const earlier = await store.getTemplate(serviceId, template.id, version);
      if (earlier === undefined) return refuse({ kind: "no-such-version" });
      const { name, subject, body, unsubscribeLink, syntax, senderId } = earlier;
      const senders = await store.listSenders(serviceId, template.channel);
      const change = {
        channel: undefined,
        basedOn,
        name,
        subject,
        body,
        unsubscribeLink,
        syntax,
        // The sender may have been deleted since.
        senderId: senders.some(({ id }) => id === senderId) ? senderId : null,
      };
      const facts = { restored_version: version };
      return await save(serviceId, template, change, { actor, facts });
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
  if (hasTooManyPlaceholders(source.body)) {
    return { ...invalid("body", TOO_MANY_PLACEHOLDERS), code: "too-many-placeholders" };
  }
  // Before it is parsed for HTML, which takes long for a long text.
  if (hasTooManyWrittenTokens(source)) return tooMuchMarkup();
  yield;
  const checked = yield* checkTemplateSteps(source);
  yield;
  if (checked.ok) {
    return hasTooManyFixedTokens(checked.value) ? tooMuchMarkup() : undefined;
  }
  const { kind, line, column, message } = checked.refusal;
  return {
    ...invalid("body", `line ${line}, column ${column}: ${message}`),
    code: kind,
    at: { line, column },
  };
}

function tooMuchMarkup(): TemplateFieldFault {
  return { ...invalid("body", TOO_MUCH_MARKUP), code: "too-much-markup" };
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
  const { name, subject, body, syntax, unsubscribeLink, senderId } = change;
  return {
    ...(name === undefined ? {} : { name }),
    ...(body === undefined && syntax === undefined
      ? {}
      : { body: body ?? template.body, syntax: syntax ?? template.syntax }),
    ...(subject === undefined ? {} : { subject }),
    ...(unsubscribeLink === undefined ? {} : { unsubscribeLink }),
    ...(senderId === undefined ? {} : { senderId }),
  };
}

function invalid(field: string, message: string): TemplateFieldFault {
  return { kind: "invalid-field", field, message };
}
