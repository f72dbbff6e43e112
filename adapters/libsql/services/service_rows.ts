import type { NewAuditEntry } from "../../../domain/accounts/audit.ts";
import type { InStatement } from "@libsql/client";
import type { FolderId, KeyId, SenderId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import {
  type ApiKey,
  changeSettings,
  CHANNELS,
  DEFAULT_SETTINGS,
  type Guests,
  KEY_KINDS,
  type Service,
  type SettingsChange,
} from "../../../domain/service/service.ts";
import {
  isPlainSource,
  parsePlainTemplate,
  type Template,
  type TemplateSource,
} from "../../../domain/template/template.ts";
import { TEMPLATE_SYNTAXES } from "../../../domain/template/syntax.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import type { DataKey } from "../../crypto/envelope_encryption.ts";
import {
  blob,
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  storedText,
  storedTextOrNull,
  text,
  textOrNull,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import type { ResultSet, Row } from "../connection/database.ts";

/** The guest list of a service that has not set one. */
const NO_GUESTS: Guests = { emailAddresses: [], phoneNumbers: [] };

const MODES = ["trial", "live"] as const;

/** Reads a row of `services`. Settings that were added after the row was written take their defaults. */
export function readService(row: Row): Service {
  const settings: SettingsChange = JSON.parse(text(row, "settings"));
  const zoneChangedAt = integerOrNull(row, "zone_changed_at");
  return {
    id: uuid(row, "id") as ServiceId,
    name: storedText(row, "name"),
    mode: oneOf(row, "mode", MODES),
    active: integer(row, "active") === 1,
    revision: integer(row, "revision"),
    settings: changeSettings(DEFAULT_SETTINGS, settings),
    ...(zoneChangedAt === null
      ? {}
      : { zoneChange: { at: zoneChangedAt, day: integer(row, "zone_changed_day") } }),
    createdAt: integer(row, "created_at"),
    updatedAt: integer(row, "updated_at"),
  };
}

/**
 * Decrypts the guest list (whom team keys and trial services may send to) of a row of `services`: it is personal
 * data. Both lists are empty when the service has not set one.
 *
 * @param key the data key of the row
 */
export async function readGuests(row: Row, key: DataKey): Promise<Guests> {
  if (row.guests === null) return NO_GUESTS;
  return JSON.parse(await key.decrypt(blob(row, "guests"), guestsAad(uuid(row, "id"))));
}

/** The additional authenticated data of a service's encrypted guest list. */
export function guestsAad(serviceId: string): string {
  return `guests ${serviceId}`;
}

/** Selects a service's API keys, oldest first. */
export function selectKeys(serviceId: ServiceId): InStatement {
  return {
    sql: "SELECT * FROM api_keys WHERE service_id = ? ORDER BY created_at, id",
    args: [idBytes(serviceId)],
  };
}

/** Reads a row of `api_keys`, without the secret. `revokedAt` is `undefined` for a key that is valid. */
export function readApiKey(row: Row): ApiKey {
  const [expiresAt, lastUsedAt] = [
    integerOrNull(row, "expires_at"),
    integerOrNull(row, "last_used_at"),
  ];
  return {
    id: uuid(row, "id") as KeyId,
    name: storedText(row, "name"),
    kind: oneOf(row, "kind", KEY_KINDS),
    createdAt: integer(row, "created_at"),
    revokedAt: integerOrNull(row, "revoked_at") ?? undefined,
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(lastUsedAt === null ? {} : { lastUsedAt }),
  };
}

/** The columns that {@link readTemplate} reads, of a template `t` and its version `v`. */
export const TEMPLATE_COLUMNS =
  `t.id, t.number, t.channel, t.archived_at, t.created_at, t.folder_id,
    v.version, v.name, v.subject, v.body, v.unsubscribe_link, v.syntax, v.short_text, v.sender_id,
    v.external_id, v.external_published_at, v.created_at AS version_created_at`;

/** Selects templates with their versions; append a condition on `t` and `v`. */
export const SELECT_TEMPLATE = `SELECT ${TEMPLATE_COLUMNS}
  FROM templates AS t
  CROSS JOIN template_versions AS v ON v.service_id = t.service_id AND v.template_id = t.id`;

/** Reads a row of {@link SELECT_TEMPLATE}, and parses the template. */
type ReadTemplate = (row: Row) => TemplateVersion;

/** A reader of rows of {@link SELECT_TEMPLATE}. It loads FreeMarker when one of the rows needs it. */
export async function templateReader(rows: readonly Row[]): Promise<ReadTemplate> {
  const isPlain = rows.every((row) =>
    isPlainSource({
      channel: oneOf(row, "channel", CHANNELS),
      syntax: oneOf(row, "syntax", TEMPLATE_SYNTAXES),
    })
  );
  if (isPlain) return (row) => readTemplate(row, parsePlainTemplate);
  const { parseTemplate } = await import("../../../domain/template/parse_template.ts");
  return (row) => readTemplate(row, parseTemplate);
}

/** Reads all rows of a {@link SELECT_TEMPLATE}, and parses the templates. */
export async function readTemplates(rows: readonly Row[]): Promise<readonly TemplateVersion[]> {
  return rows.map(await templateReader(rows));
}

function readTemplate(row: Row, parse: (source: TemplateSource) => Template): TemplateVersion {
  const channel = oneOf(row, "channel", CHANNELS);
  const subject = storedTextOrNull(row, "subject");
  const body = storedText(row, "body");
  const version = integer(row, "version");
  const shortText = storedTextOrNull(row, "short_text");
  const syntax = oneOf(row, "syntax", TEMPLATE_SYNTAXES);
  return {
    id: uuid(row, "id") as TemplateId,
    number: integer(row, "number"),
    version,
    channel,
    name: storedText(row, "name"),
    subject,
    body,
    unsubscribeLink: integer(row, "unsubscribe_link") === 1,
    senderId: uuidOrNull(row, "sender_id") as SenderId | null,
    folderId: uuidOrNull(row, "folder_id") as FolderId | null,
    createdAt: integer(row, "created_at"),
    updatedAt: version === 1 ? null : integer(row, "version_created_at"),
    archived: row.archived_at !== null,
    syntax,
    externalId: textOrNull(row, "external_id"),
    externallyPublishedAt: integerOrNull(row, "external_published_at"),
    parsed: parse({
      channel,
      syntax,
      subject,
      body,
      ...(shortText === null ? {} : { attributes: [{ name: "shortText", value: shortText }] }),
    }),
  };
}

/**
 * Runs all of the statements or none. When the last statement that writes has written a row, the service's revision is
 * raised and the entry, if there is one, is appended to the audit log, in the same batch. Evicts the service from this
 * process's cache.
 *
 * @param statements Each one that writes has `isHead` in its condition: SQL without parameters
 * @returns the results of `statements`, and then that of the revision
 */
export type AuditedChange = (
  serviceId: ServiceId,
  now: number,
  entry: NewAuditEntry | undefined,
  statements: (isHead: string) => readonly InStatement[],
) => Promise<readonly ResultSet[]>;

/**
 * A statement that raises a service's revision, by which cached data of the service is found to be stale. It belongs
 * in the batch of every change to the service, its keys, guests, senders or templates.
 *
 * @param condition SQL; the revision is raised only when it holds
 */
export function raiseRevision(
  serviceId: ServiceId,
  now: number,
  condition = "true",
): InStatement {
  return {
    sql:
      `UPDATE services SET revision = revision + 1, updated_at = ? WHERE id = ? AND ${condition}`,
    args: [now, idBytes(serviceId)],
  };
}
