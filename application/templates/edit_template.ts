/** Creates and changes the templates that a service's operator writes. */
import type { AuditActor, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { FolderId, SenderId, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore, TemplateContent } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { TemplateSyntax } from "../../domain/template/syntax.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import { runInSlices } from "../event_loop.ts";
import {
  findBodyFault,
  findChangeFault,
  invalidField,
  type TemplateChange,
  type TemplateFieldFault,
} from "./template_faults.ts";

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
      : invalidField("sender_id", "the service has no such sender of the template's channel");
  }

  async function save(
    serviceId: ServiceId,
    template: TemplateVersion,
    change: TemplateChange,
    { actor, facts }: Pick<NewAuditEntry, "actor" | "facts">,
  ): Promise<Result<TemplateVersion, TemplateRefusal>> {
    const fault = await runInSlices(findChangeFault(template, change)) ??
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
