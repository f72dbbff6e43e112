import type { InValue } from "@libsql/client";
import type { NewAuditEntry } from "../../../domain/accounts/audit.ts";
import type { ServiceId, TemplateId } from "../../../domain/ids.ts";
import type { ManagementStore, TemplateContent } from "../../../domain/ports/management_store.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, idBytesOrNull, rowsOf, toStored, toStoredOrNull } from "../connection/row.ts";
import { type AuditedChange, readTemplates, SELECT_TEMPLATE } from "../services/service_rows.ts";
import { readTranslations, selectTranslations } from "./translations.ts";

type TemplateStore = Pick<
  ManagementStore,
  | "createTemplate"
  | "updateTemplate"
  | "updateTemplateFrom"
  | "archiveTemplate"
  | "restoreTemplate"
  | "getTemplate"
  | "getTemplates"
  | "listTemplates"
>;

/** The values of `name`, `subject`, `body`, `unsubscribe_link`, `syntax` and `sender_id`. */
function toColumns(content: TemplateContent): InValue[] {
  const { name, subject, body, unsubscribeLink = false, syntax = "notify", senderId = null } =
    content;
  return [
    toStored(name),
    toStoredOrNull(subject),
    toStored(body),
    unsubscribeLink,
    syntax,
    idBytesOrNull(senderId),
  ];
}

/** The values of `actor_kind` and `actor_id`: who writes a version. */
function toAuthor(audit: NewAuditEntry | undefined): InValue[] {
  if (audit === undefined) return [null, null];
  const { actor } = audit;
  return [actor.kind, "id" in actor ? idBytes(actor.id) : null];
}

const ONE = "WHERE t.service_id = ? AND t.id = ? AND v.version = t.version";

/** The newest versions of several templates (a JSON array of ids). */
const SELECT_SEVERAL = `${SELECT_TEMPLATE} WHERE t.service_id = ? AND v.version = t.version
  AND t.id IN (SELECT unhex(value, '-') FROM json_each(?))`;

/** The newest versions of the templates of a service (?1), of a channel (?2) or of all. */
const SELECT_LIST = `${SELECT_TEMPLATE} WHERE t.service_id = ?1 AND v.version = t.version
  AND t.archived_at IS NULL AND (?2 IS NULL OR t.channel = ?2)
  ORDER BY v.name, t.channel, t.number`;

/** Inserts a template with the next number of its service. */
const INSERT_TEMPLATE =
  `INSERT INTO templates (service_id, id, number, channel, version, folder_id, created_at)
  SELECT s.id, ?, 1 + coalesce((SELECT max(number) FROM templates
    WHERE service_id = s.id), 0), ?, 1,
    (SELECT f.id FROM template_folders AS f WHERE f.service_id = s.id AND f.id = ?), ?
  FROM services AS s WHERE s.id = ?`;

/** Inserts version 1. */
const INSERT_FIRST_VERSION = `INSERT INTO template_versions
    (service_id, template_id, version, name, subject, body, unsubscribe_link, syntax, sender_id,
      actor_kind, actor_id, created_at)
  SELECT service_id, id, 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM templates WHERE service_id = ? AND id = ?`;

/**
 * Inserts the version that the template has now, from the one before, if the statement before has raised the number;
 * values that are `NULL` stay, and the sender stays when the first of its two values is 0.
 */
const INSERT_NEXT_VERSION = `INSERT INTO template_versions
    (service_id, template_id, version, name, subject, body, unsubscribe_link, created_at,
      syntax, sender_id, actor_kind, actor_id)
  SELECT t.service_id, t.id, t.version, coalesce(?, v.name), coalesce(?, v.subject),
    coalesce(?, v.body), coalesce(?, v.unsubscribe_link), ?, coalesce(?, v.syntax),
    CASE WHEN ? THEN ? ELSE v.sender_id END, ?, ?
  FROM templates AS t JOIN template_versions AS v ON v.service_id = t.service_id
    AND v.template_id = t.id AND v.version = t.version - 1
  WHERE t.service_id = ? AND t.id = ? AND t.archived_at IS NULL AND changes() > 0`;

/** Creates the store of templates and their versions. */
export function createTemplateStore(
  db: Database,
  change: AuditedChange,
): TemplateStore {
  /** Creates a version; a change from an older version than the newest is not written. */
  async function update(
    serviceId: ServiceId,
    id: TemplateId,
    basedOn: number | undefined,
    content: Partial<TemplateContent>,
    now: number,
    audit: NewAuditEntry | undefined,
  ): Promise<{ readonly template: TemplateVersion | undefined; readonly isWritten: boolean }> {
    const { name, subject, body, unsubscribeLink, syntax, senderId } = content;
    const results = await change(serviceId, now, audit, (isHead) => [
      {
        sql: `UPDATE templates SET version = version + 1
            WHERE service_id = ? AND id = ? AND archived_at IS NULL
              AND version = coalesce(?, version) AND ${isHead} RETURNING version`,
        args: [idBytes(serviceId), idBytes(id), basedOn ?? null],
      },
      {
        sql: `${INSERT_NEXT_VERSION} AND ${isHead}`,
        args: [
          ...[name, subject, body].map((text) => toStoredOrNull(text ?? null)),
          unsubscribeLink ?? null,
          now,
          syntax ?? null,
          senderId !== undefined,
          idBytesOrNull(senderId ?? null),
          ...toAuthor(audit),
          idBytes(serviceId),
          idBytes(id),
        ],
      },
      {
        sql: `${SELECT_TEMPLATE} ${ONE} AND t.archived_at IS NULL`,
        args: [idBytes(serviceId), idBytes(id)],
      },
    ]);
    const [template] = await readTemplates(rowsOf(results, 2));
    return { template, isWritten: rowsOf(results, 0).length > 0 };
  }

  return {
    async createTemplate(serviceId, { id, channel, folderId = null, ...content }, now, audit) {
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `${INSERT_TEMPLATE} AND ${isHead}`,
          args: [idBytes(id), channel, idBytesOrNull(folderId), now, idBytes(serviceId)],
        },
        {
          sql: `${INSERT_FIRST_VERSION} AND ${isHead}`,
          args: [
            ...toColumns(content),
            ...toAuthor(audit),
            now,
            idBytes(serviceId),
            idBytes(id),
          ],
        },
        { sql: `${SELECT_TEMPLATE} ${ONE}`, args: [idBytes(serviceId), idBytes(id)] },
      ]);
      return (await readTemplates(rowsOf(results, 2)))[0];
    },
    async updateTemplate(serviceId, id, content, now, audit) {
      return (await update(serviceId, id, undefined, content, now, audit)).template;
    },
    async updateTemplateFrom(serviceId, id, basedOn, content, now, audit) {
      const { template, isWritten } = await update(serviceId, id, basedOn, content, now, audit);
      return template === undefined || isWritten ? template : "outdated";
    },
    async archiveTemplate(serviceId, id, now, audit) {
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `UPDATE templates SET archived_at = ?
            WHERE service_id = ? AND id = ? AND archived_at IS NULL AND ${isHead}`,
          args: [now, idBytes(serviceId), idBytes(id)],
        },
        {
          sql: "SELECT 1 FROM templates WHERE service_id = ? AND id = ?",
          args: [idBytes(serviceId), idBytes(id)],
        },
      ]);
      return rowsOf(results, 1).length === 1;
    },
    async restoreTemplate(serviceId, id, now, audit) {
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `UPDATE templates SET archived_at = NULL
            WHERE service_id = ? AND id = ? AND archived_at IS NOT NULL AND ${isHead}`,
          args: [idBytes(serviceId), idBytes(id)],
        },
        {
          sql: "SELECT 1 FROM templates WHERE service_id = ? AND id = ?",
          args: [idBytes(serviceId), idBytes(id)],
        },
      ]);
      return rowsOf(results, 1).length === 1;
    },
    async getTemplate(serviceId, id, version) {
      const results = await db.readPoint([
        version === undefined
          ? { sql: `${SELECT_TEMPLATE} ${ONE}`, args: [idBytes(serviceId), idBytes(id)] }
          : {
            sql: `${SELECT_TEMPLATE} WHERE t.service_id = ? AND t.id = ? AND v.version = ?`,
            args: [idBytes(serviceId), idBytes(id), version],
          },
      ]);
      return (await readTemplates(rowsOf(results, 0)))[0];
    },
    async getTemplates(serviceId, ids) {
      const all = JSON.stringify(ids);
      const results = await db.readPoint([
        { sql: SELECT_SEVERAL, args: [idBytes(serviceId), all] },
        selectTranslations(serviceId, "IN (SELECT unhex(value, '-') FROM json_each(?2))", [all]),
      ]);
      const translations = await readTranslations(rowsOf(results, 1));
      const templates = await readTemplates(rowsOf(results, 0));
      return templates.map((template) => ({
        template,
        translations: translations.get(template.id) ?? {},
      }));
    },
    async listTemplates(serviceId, channel) {
      const results = await db.readLong([{
        sql: SELECT_LIST,
        args: [idBytes(serviceId), channel ?? null],
      }]);
      return await readTemplates(rowsOf(results, 0));
    },
  };
}
