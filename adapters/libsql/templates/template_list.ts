/** The list of a service's templates, a page at a time, with the folders. */
import type { InStatement } from "@libsql/client";
import type { FolderId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import type {
  ListedTemplate,
  TemplateFolder,
  TemplateListQuery,
  TemplatePage,
} from "../../../domain/ports/template_library.ts";
import { TRANSLATION_LANGUAGES } from "../../../domain/registry/languages.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import {
  MAX_SEARCHED_BODY,
  MAX_SEARCHED_TEMPLATES,
} from "../../../domain/template/template_folders.ts";
import { DAY_MS, HOUR_MS } from "../../../domain/time/durations.ts";
import type { ResultSet, Row } from "../connection/database.ts";
import {
  idBytes,
  idBytesOrNull,
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  storedText,
  storedTextOrNull,
  text,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import { BUSY_HOURS, LAST_DAY, LAST_HOUR } from "./template_uses.ts";

/** Selects the folders of a service with the number of their templates, by name. */
export function selectFolders(serviceId: ServiceId): InStatement {
  return {
    sql: `SELECT f.id, f.name, (SELECT count(*) FROM templates AS t
        WHERE t.service_id = f.service_id AND t.folder_id = f.id AND t.archived_at IS NULL)
        AS templates
      FROM template_folders AS f WHERE f.service_id = ? ORDER BY f.name COLLATE NOCASE, f.id`,
    args: [idBytes(serviceId)],
  };
}

/** Reads a row of {@link selectFolders}. */
export function readFolder(row: Row): TemplateFolder {
  return {
    id: uuid(row, "id") as FolderId,
    name: storedText(row, "name"),
    templates: integer(row, "templates"),
  };
}

const KEY = "(v.name COLLATE NOCASE, t.id)";

/** SQL: the place of a template (?6) in the order of the list. */
const PLACE = `(SELECT w.name, s.id FROM templates AS s CROSS JOIN template_versions AS w
    ON w.service_id = s.service_id AND w.template_id = s.id AND w.version = s.version
    WHERE s.service_id = ?1 AND s.id = ?6)`;

/**
 * SQL: whether a text has one of the spellings (?5, a JSON array) of the search. No `LIKE`: in a Durable Object its
 * pattern has 50 bytes at most.
 */
const FOUND = `EXISTS (SELECT 1 FROM json_each(?5) AS spelling WHERE instr(lower(v.name), value) > 0
    OR instr(lower(v.subject), value) > 0
    OR instr(lower(substr(v.body, 1, ${MAX_SEARCHED_BODY})), value) > 0)`;

/**
 * Selects a page of the templates of a service (?1): archived or not (?2), of a channel (?3), of a folder (?4).
 *
 * @param query decides the conditions that have no argument
 */
function selectTemplates({ folderId, search, after, before }: TemplateListQuery): string {
  const folder = folderId === undefined ? "true" : "t.folder_id IS ?4";
  const searched = search === undefined ? "true" : `${FOUND} AND t.number >
      (SELECT max(number) FROM templates WHERE service_id = ?1) - ${MAX_SEARCHED_TEMPLATES}`;
  const isBackwards = after === undefined && before !== undefined;
  const sign = isBackwards ? "<" : ">";
  const place = after === undefined && before === undefined ? "true" : `${KEY} ${sign} ${PLACE}`;
  const order = isBackwards ? "DESC" : "ASC";
  const inOrder = (name: string, direction: string) =>
    `ORDER BY ${name}.name COLLATE NOCASE ${direction}, ${name}.id ${direction}`;
  return `WITH RECURSIVE ${BUSY_HOURS}, page AS MATERIALIZED (
      SELECT t.id, v.name, v.subject FROM templates AS t CROSS JOIN template_versions AS v
        ON v.service_id = t.service_id AND v.template_id = t.id AND v.version = t.version
      WHERE t.service_id = ?1 AND (t.archived_at IS NOT NULL) = ?2
        AND (?3 IS NULL OR t.channel = ?3) AND ${folder} AND ${searched} AND ${place}
      ORDER BY v.name COLLATE NOCASE ${order}, t.id ${order} LIMIT ?7)
    SELECT page.id, page.name, page.subject, t.channel, t.archived_at, t.folder_id,
      ${LAST_HOUR} AS hour, ${LAST_DAY} AS day,
      (SELECT name FROM registry_templates AS g INDEXED BY registry_templates_of_template
        WHERE g.service_id = ?1 AND g.template_id = t.id) AS registry_name,
      (SELECT json_group_array(substr(x.name, length(g.name) + 2))
        FROM registry_templates AS g INDEXED BY registry_templates_of_template
        CROSS JOIN registry_templates AS x ON x.service_id = g.service_id AND x.channel = g.channel
          AND x.name > g.name || '-' AND x.name < g.name || '.'
        CROSS JOIN templates AS y ON y.service_id = x.service_id AND y.id = x.template_id
          AND y.archived_at IS NULL
        WHERE g.service_id = ?1 AND g.template_id = t.id) AS languages
    FROM page CROSS JOIN templates AS t ON t.service_id = ?1 AND t.id = page.id
    ${inOrder("page", "ASC")}`;
}

/** Selects a page of templates, the folders, and whether there is any template. */
export function selectTemplatePage(
  serviceId: ServiceId,
  query: TemplateListQuery,
): readonly InStatement[] {
  const { isArchived, folderId, channel, search, after, before, limit } = query;
  return [
    {
      sql: selectTemplates(query),
      args: [
        idBytes(serviceId),
        isArchived,
        channel ?? null,
        idBytesOrNull(folderId ?? null),
        search === undefined ? null : JSON.stringify(spellingsOf(search)),
        idBytesOrNull(after ?? before ?? null),
        limit,
      ],
    },
    selectFolders(serviceId),
    {
      sql: "SELECT EXISTS (SELECT 1 FROM templates WHERE service_id = ?) AS has_any",
      args: [idBytes(serviceId)],
    },
  ];
}

/**
 * The spellings of a text, with its ASCII letters in lower case. SQLite's `lower` knows only ASCII letters: others are
 * searched for as typed, in small letters, in capital letters, and with the first letter a capital.
 */
function spellingsOf(search: string): readonly string[] {
  const typed = search.toWellFormed().replaceAll("\0", "");
  const lower = typed.toLowerCase();
  const first = String.fromCodePoint(lower.codePointAt(0) ?? 0x20);
  const capital = first.toUpperCase() + lower.slice(first.length);
  return [
    ...new Set(
      [typed, lower, capital, typed.toUpperCase()].map((spelling) =>
        spelling.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
      ),
    ),
  ];
}

/** Reads the results of {@link selectTemplatePage}. */
export function readTemplatePage(results: readonly ResultSet[]): TemplatePage {
  return {
    templates: rowsOf(results, 0).map(readListed),
    folders: rowsOf(results, 1).map(readFolder),
    hasAny: rowsOf(results, 2).some((row) => integer(row, "has_any") === 1),
  };
}

function readListed(row: Row): ListedTemplate {
  const [hour, day] = [integerOrNull(row, "hour"), integerOrNull(row, "day")];
  const used = Math.max(hour === null ? 0 : hour * HOUR_MS, day === null ? 0 : day * DAY_MS);
  const languages: readonly string[] = JSON.parse(text(row, "languages"));
  return {
    id: uuid(row, "id") as TemplateId,
    channel: oneOf(row, "channel", CHANNELS),
    name: storedText(row, "name"),
    subject: storedTextOrNull(row, "subject"),
    isArchived: row.archived_at !== null,
    folderId: uuidOrNull(row, "folder_id") as FolderId | null,
    lastUsedAt: used === 0 ? undefined : used,
    registry: row.registry_name === null
      ? undefined
      : { languages: languages.filter((language) => TRANSLATION_LANGUAGES.has(language)) },
  };
}
