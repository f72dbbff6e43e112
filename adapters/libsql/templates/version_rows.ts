/** Versions of templates with their authors. */
import type { InStatement } from "@libsql/client";
import type { AuditActor } from "../../../domain/accounts/audit.ts";
import type { SenderId, ServiceId, TemplateId, UserId } from "../../../domain/ids.ts";
import type { VersionContent } from "../../../domain/template/template_record.ts";
import {
  blob,
  idBytes,
  integer,
  oneOf,
  storedText,
  storedTextOrNull,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import type { Row } from "../connection/database.ts";
import type { AccountKey } from "../accounts/account_key.ts";

const ACTOR_KINDS = ["user", "management-token", "admin-token", "system"] as const;

/** Which versions of a template are selected. */
interface VersionQuery {
  /** Only versions before this number. */
  readonly olderThan: number | undefined;
  readonly limit: number;
  /** Whether subjects and bodies are read too; they are empty otherwise. */
  readonly hasContent?: boolean;
}

/** Selects versions of a template with their authors, newest first; {@link readVersions} reads the rows. */
export function selectVersions(
  serviceId: ServiceId,
  id: TemplateId,
  { olderThan = Number.MAX_SAFE_INTEGER, limit, hasContent = false }: VersionQuery,
): InStatement {
  const content = hasContent ? "v.subject, v.body" : "NULL AS subject, '' AS body";
  return {
    sql: `SELECT v.version, v.name, ${content}, v.unsubscribe_link, v.sender_id, v.created_at,
        v.actor_kind, v.actor_id, u.name AS actor_name
      FROM template_versions AS v
      LEFT JOIN users AS u ON v.actor_kind = 'user' AND u.id = v.actor_id
      WHERE v.service_id = ? AND v.template_id = ? AND v.version < ?
      ORDER BY v.version DESC LIMIT ?`,
    args: [idBytes(serviceId), idBytes(id), olderThan, limit],
  };
}

/** Reads the rows of {@link selectVersions}, and decrypts the name of each author once. */
export async function readVersions(
  rows: readonly Row[],
  key: AccountKey,
): Promise<readonly VersionContent[]> {
  const names = new Map<UserId, Promise<string>>();
  return await Promise.all(rows.map(async (row) => {
    const version = readVersion(row);
    const { author } = version;
    if (author?.kind !== "user" || row.actor_name === null) return version;
    const name = names.get(author.id) ?? key.open(blob(row, "actor_name"), "user name", author.id);
    names.set(author.id, name);
    return { ...version, authorName: await name };
  }));
}

function readVersion(row: Row): VersionContent {
  return {
    version: integer(row, "version"),
    name: storedText(row, "name"),
    subject: storedTextOrNull(row, "subject"),
    body: storedText(row, "body"),
    unsubscribeLink: integer(row, "unsubscribe_link") === 1,
    senderId: uuidOrNull(row, "sender_id") as SenderId | null,
    at: integer(row, "created_at"),
    author: readAuthor(row),
    authorName: undefined,
  };
}

function readAuthor(row: Row): AuditActor | undefined {
  if (row.actor_kind === null) return undefined;
  const kind = oneOf(row, "actor_kind", ACTOR_KINDS);
  if (kind === "user") return { kind, id: uuid(row, "actor_id") as UserId };
  return kind === "management-token" ? { kind, id: uuid(row, "actor_id") } : { kind };
}
