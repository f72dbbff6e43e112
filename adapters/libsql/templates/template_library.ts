/** Folders of templates, what is done with several templates at once, and the history of one. */
import type { TemplateId } from "../../../domain/ids.ts";
import type { TemplateLibrary, TemplateUse } from "../../../domain/ports/template_library.ts";
import { MAX_TEMPLATE_FOLDERS } from "../../../domain/template/template_folders.ts";
import type { Database, Row } from "../connection/database.ts";
import { idBytes, idBytesOrNull, integer, rowsOf, toStored, uuid } from "../connection/row.ts";
import type { AccountKey } from "../accounts/account_key.ts";
import { readSender, selectSenders } from "../services/senders.ts";
import { type AuditedChange, readTemplates, SELECT_TEMPLATE } from "../services/service_rows.ts";
import {
  readFolder,
  readTemplatePage,
  selectFolders,
  selectTemplatePage,
} from "./template_list.ts";
import { SELECT_USE } from "./template_uses.ts";
import { readVersions, selectVersions } from "./version_rows.ts";

/** Names of folders are compared without case and white space. */
function foldName(name: string): string {
  return toStored(name.toLowerCase().replace(/\s+/g, ""));
}

const HAS_SERVICE = "SELECT 1 FROM services WHERE id = ?";

/** SQL: whether a service (?1) has a folder (?3); templates can always be in none. */
const HAS_FOLDER = `(?3 IS NULL OR
  EXISTS (SELECT 1 FROM template_folders AS f WHERE f.service_id = ?1 AND f.id = ?3))`;

/** SQL: the templates of a service (?1) with the ids of a JSON array (?2). */
const CHOSEN = "service_id = ?1 AND id IN (SELECT unhex(value, '-') FROM json_each(?2))";

/** A range without days. */
const NO_DAYS = { from: 0, to: -1 };

/** Creates the store of folders and histories. */
export function createTemplateLibrary(
  db: Database,
  change: AuditedChange,
  key: AccountKey,
): TemplateLibrary {
  return {
    async listFolders(serviceId) {
      return rowsOf(await db.readLong([selectFolders(serviceId)]), 0).map(readFolder);
    },
    async createFolder(serviceId, { id, name }, now, audit) {
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `INSERT INTO template_folders (service_id, id, name, folded_name, created_at)
            SELECT s.id, ?, ?, ?, ? FROM services AS s WHERE s.id = ? AND ${isHead}
              AND (SELECT count(*) FROM template_folders AS f WHERE f.service_id = s.id)
                < ${MAX_TEMPLATE_FOLDERS}
            ON CONFLICT DO NOTHING`,
          args: [idBytes(id), toStored(name), foldName(name), now, idBytes(serviceId)],
        },
        selectFolders(serviceId),
        { sql: HAS_SERVICE, args: [idBytes(serviceId)] },
      ]);
      const folders = rowsOf(results, 1).map(readFolder);
      const own = folders.find((folder) => folder.id === id);
      if (own !== undefined) return own;
      if (rowsOf(results, 2).length === 0) return undefined;
      const isTaken = folders.some((folder) => foldName(folder.name) === foldName(name));
      return isTaken ? "name-taken" : "full";
    },
    async renameFolder(serviceId, { id, name }, now, audit) {
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `UPDATE OR IGNORE template_folders SET name = ?, folded_name = ?
            WHERE service_id = ? AND id = ? AND ${isHead}`,
          args: [toStored(name), foldName(name), idBytes(serviceId), idBytes(id)],
        },
        selectFolders(serviceId),
      ]);
      const own = rowsOf(results, 1).map(readFolder).find((folder) => folder.id === id);
      return own === undefined || own.name === name ? own : "name-taken";
    },
    async deleteFolder(serviceId, id, now, audit) {
      const ids = [idBytes(serviceId), idBytes(id)];
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `SELECT 1 FROM template_folders WHERE service_id = ? AND id = ?`,
          args: ids,
        },
        {
          sql: `UPDATE templates SET folder_id = NULL
            WHERE service_id = ? AND folder_id = ? AND ${isHead}`,
          args: ids,
        },
        {
          sql: `DELETE FROM template_folders WHERE service_id = ? AND id = ? AND ${isHead}`,
          args: ids,
        },
      ]);
      return rowsOf(results, 0).length > 0;
    },
    async moveTemplates(serviceId, ids, folderId, now, audit) {
      const args = [idBytes(serviceId), JSON.stringify(ids), idBytesOrNull(folderId)];
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `UPDATE templates SET folder_id = ?3
            WHERE ${CHOSEN} AND folder_id IS NOT ?3 AND ${HAS_FOLDER} AND ${isHead}`,
          args,
        },
        { sql: `SELECT id FROM templates WHERE ${CHOSEN} AND folder_id IS ?3`, args },
        { sql: `SELECT ${HAS_FOLDER} AS known`, args },
      ]);
      const isKnown = rowsOf(results, 2).some((row) => integer(row, "known") === 1);
      return isKnown ? rowsOf(results, 1).map(readId) : undefined;
    },
    async archiveTemplates(serviceId, ids, now, audit) {
      const args = [idBytes(serviceId), JSON.stringify(ids)];
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `UPDATE templates SET archived_at = ?3
            WHERE ${CHOSEN} AND archived_at IS NULL AND ${isHead}`,
          args: [...args, now],
        },
        { sql: `SELECT id FROM templates WHERE ${CHOSEN} AND archived_at IS NOT NULL`, args },
      ]);
      return rowsOf(results, 1).map(readId);
    },
    async listTemplatePage(serviceId, query) {
      return readTemplatePage(await db.readLong(selectTemplatePage(serviceId, query)));
    },
    async openTemplate(serviceId, id, { days = NO_DAYS, version = 0 } = {}) {
      const ids = [idBytes(serviceId), idBytes(id)];
      const compared = { olderThan: version + 1, limit: 2, hasContent: true };
      const results = await db.readLong([
        {
          sql: `${SELECT_TEMPLATE} WHERE t.service_id = ? AND t.id = ? AND v.version = t.version`,
          args: ids,
        },
        {
          sql: "SELECT 1 FROM registry_templates WHERE service_id = ? AND template_id = ?",
          args: ids,
        },
        selectSenders(serviceId),
        { sql: SELECT_USE, args: [...ids, days.from, days.to] },
        selectVersions(serviceId, id, compared),
      ]);
      const [template] = await readTemplates(rowsOf(results, 0));
      if (template === undefined) return undefined;
      const versions = await readVersions(rowsOf(results, 4), key);
      return {
        template,
        isOfRegistry: rowsOf(results, 1).length > 0,
        senders: rowsOf(results, 2).map(readSender).filter(({ channel }) =>
          channel === template.channel
        ),
        use: rowsOf(results, 3).map(readUse),
        versions: versions[0]?.version === version ? versions : [],
      };
    },
    async listVersions(serviceId, id, query) {
      const results = await db.readLong([selectVersions(serviceId, id, query)]);
      return await readVersions(rowsOf(results, 0), key);
    },
  };
}

function readId(row: Row): TemplateId {
  return uuid(row, "id") as TemplateId;
}

function readUse(row: Row): TemplateUse {
  return {
    day: integer(row, "day"),
    requested: integer(row, "requested"),
    delivered: integer(row, "delivered"),
    failed: integer(row, "failed"),
  };
}
