import type { InStatement } from "@libsql/client";
import type { ServiceId, TemplateId } from "../../../domain/ids.ts";
import type {
  RegistryTemplate,
  RegistryTemplateStore,
  RegistryTemplateWrite,
} from "../../../domain/ports/registry_template_store.ts";
import { TRANSLATION_LANGUAGES } from "../../../domain/registry/languages.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  idBytes,
  oneOf,
  rowsOf,
  storedText,
  text,
  toStored,
  toStoredOrNull,
  uuid,
} from "../connection/row.ts";
import { raiseRevision, TEMPLATE_COLUMNS, templateReader } from "../services/service_rows.ts";

const SELECT = `SELECT ${TEMPLATE_COLUMNS}, g.name AS registry_name, g.attributes
  FROM registry_templates AS g
  CROSS JOIN templates AS t ON t.service_id = g.service_id AND t.id = g.template_id
    AND t.archived_at IS NULL
  CROSS JOIN template_versions AS v ON v.service_id = t.service_id AND v.template_id = t.id
    AND v.version = t.version`;

const ONE = `${SELECT} WHERE g.service_id = ? AND g.channel = ? AND g.name = ?`;

/** Whether the preceding statement of the batch wrote a row. A lost race must not raise the revision. */
const WRITTEN = "changes() > 0";

/** Creates the store of the templates that registries publish. */
export function createRegistryTemplateStore(
  db: Database,
  contexts: Pick<LibsqlContexts, "forget">,
): RegistryTemplateStore {
  return {
    async find(serviceId, channel, name) {
      const results = await db.readPoint([{
        sql: ONE,
        args: [idBytes(serviceId), channel, toStored(name)],
      }]);
      return (await readRegistryTemplates(rowsOf(results, 0)))[0];
    },
    async list(serviceId) {
      const results = await db.readLong([{
        sql: `SELECT g.template_id, g.channel, g.name FROM registry_templates AS g
          CROSS JOIN templates AS t ON t.service_id = g.service_id AND t.id = g.template_id
            AND t.archived_at IS NULL
          WHERE g.service_id = ? ORDER BY g.channel, g.name`,
        args: [idBytes(serviceId)],
      }]);
      return rowsOf(results, 0).map((row) => ({
        id: uuid(row, "template_id") as TemplateId,
        name: storedText(row, "name"),
        channel: oneOf(row, "channel", CHANNELS),
      }));
    },
    async save(serviceId, write, now) {
      const statements = saveStatements(serviceId, write, now);
      const results = await db.write([
        ...statements,
        raiseRevision(serviceId, now, WRITTEN),
        { sql: ONE, args: [idBytes(serviceId), write.channel, toStored(write.name)] },
      ]);
      contexts.forget(serviceId);
      // The other statements depend on the first one.
      if (rowsOf(results, 0).length === 0) return undefined;
      return (await readRegistryTemplates(rowsOf(results, statements.length + 1)))[0];
    },
    async remove(serviceId, id, now) {
      const results = await db.write([
        {
          sql: `UPDATE templates SET archived_at = ?
            WHERE service_id = ? AND id = ? AND archived_at IS NULL
              AND EXISTS (SELECT 1 FROM registry_templates AS g
                WHERE g.service_id = templates.service_id AND g.template_id = templates.id)
            RETURNING 1`,
          args: [now, idBytes(serviceId), idBytes(id)],
        },
        raiseRevision(serviceId, now, WRITTEN),
        {
          sql: "DELETE FROM registry_templates WHERE service_id = ? AND template_id = ?",
          args: [idBytes(serviceId), idBytes(id)],
        },
      ]);
      contexts.forget(serviceId);
      return rowsOf(results, 0).length === 1;
    },
    async listByName(serviceId, name) {
      const stored = toStored(name);
      // The translations of a name are one range of the key: `-` is the character before `.`.
      const results = await db.readPoint(CHANNELS.map((channel) => ({
        sql: `${SELECT} WHERE g.service_id = ?1 AND g.channel = ?2 AND g.name = ?3
          UNION ALL ${SELECT} WHERE g.service_id = ?1 AND g.channel = ?2
            AND g.name > ?4 AND g.name < ?5 AND length(g.name) <= length(?4) + 3`,
        args: [idBytes(serviceId), channel, stored, `${stored}-`, `${stored}.`],
      })));
      const rows = CHANNELS.flatMap((_, index) => rowsOf(results, index));
      const readTemplate = await templateReader(rows);
      return CHANNELS.flatMap((channel, index) =>
        rowsOf(results, index).flatMap((row) => {
          const rest = storedText(row, "registry_name").slice(name.length);
          const language = rest === "" ? null : rest.slice(1);
          if (language !== null && !TRANSLATION_LANGUAGES.has(language)) return [];
          return [{ channel, language, template: readTemplate(row) }];
        })
      );
    },
  };
}

async function readRegistryTemplates(rows: readonly Row[]): Promise<readonly RegistryTemplate[]> {
  const readTemplate = await templateReader(rows);
  return rows.map((row) => ({
    channel: oneOf(row, "channel", CHANNELS),
    name: storedText(row, "registry_name"),
    attributes: JSON.parse(text(row, "attributes")),
    template: readTemplate(row),
  }));
}

function saveStatements(
  serviceId: ServiceId,
  { channel, name, attributes, version, previous, newId }: RegistryTemplateWrite,
  now: number,
): readonly InStatement[] {
  const key = [idBytes(serviceId), channel, toStored(name)];
  const listed = JSON.stringify(attributes);
  const content = version === undefined ? undefined : [
    toStored(name),
    toStoredOrNull(version.title),
    toStored(version.content),
    toStoredOrNull(version.shortText),
    version.syntax,
    version.external?.id ?? null,
    version.external?.publishedAt ?? null,
  ];
  if (previous === undefined) {
    if (content === undefined) throw new TypeError("a first version has content");
    return [
      {
        // A name is free when its template was archived through the management API.
        sql: `INSERT INTO registry_templates (service_id, channel, name, template_id, attributes)
          VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (service_id, channel, name) DO UPDATE SET
            template_id = excluded.template_id, attributes = excluded.attributes
          WHERE EXISTS (SELECT 1 FROM templates AS t
            WHERE t.service_id = registry_templates.service_id
              AND t.id = registry_templates.template_id AND t.archived_at IS NOT NULL)
          RETURNING 1`,
        args: [...key, idBytes(newId), listed],
      },
      {
        sql: `INSERT INTO templates (service_id, id, number, channel, version, created_at)
          SELECT g.service_id, g.template_id, 1 + coalesce((SELECT max(number) FROM templates
            WHERE service_id = g.service_id), 0), g.channel, 1, ?
          FROM registry_templates AS g
          WHERE g.service_id = ? AND g.channel = ? AND g.name = ? AND g.template_id = ?`,
        args: [now, ...key, idBytes(newId)],
      },
      {
        sql: `INSERT INTO template_versions (service_id, template_id, version, name, subject, body,
            short_text, syntax, external_id, external_published_at, created_at)
          SELECT service_id, id, 1, ?, ?, ?, ?, ?, ?, ?, ? FROM templates
          WHERE service_id = ? AND id = ?`,
        args: [...content, now, idBytes(serviceId), idBytes(newId)],
      },
    ];
  }
  const attributed: InStatement = {
    sql: `UPDATE registry_templates SET attributes = ?
      WHERE service_id = ? AND channel = ? AND name = ? AND template_id = ? AND EXISTS (
        SELECT 1 FROM templates AS t WHERE t.service_id = registry_templates.service_id
          AND t.id = registry_templates.template_id AND t.version = ? AND t.archived_at IS NULL)
      RETURNING 1`,
    args: [listed, ...key, idBytes(previous.id), previous.version],
  };
  if (content === undefined) return [attributed];
  return [
    attributed,
    {
      sql: `INSERT INTO template_versions (service_id, template_id, version, name, subject, body,
          short_text, syntax, external_id, external_published_at, created_at)
        SELECT service_id, id, version + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM templates
        WHERE service_id = ? AND id = ? AND version = ? AND archived_at IS NULL`,
      args: [...content, now, idBytes(serviceId), idBytes(previous.id), previous.version],
    },
    {
      sql: `UPDATE templates SET version = version + 1
        WHERE service_id = ? AND id = ? AND version = ? AND archived_at IS NULL`,
      args: [idBytes(serviceId), idBytes(previous.id), previous.version],
    },
  ];
}
