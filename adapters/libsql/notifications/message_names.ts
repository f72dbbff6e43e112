/** The names of what a service's messages are sent with, for lists and their filters. */
import type { InStatement } from "@libsql/client";
import type { KeyId, ServiceId, TemplateId, UserId } from "../../../domain/ids.ts";
import type { MessageNames } from "../../../domain/ports/message_pages.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { AccountKey } from "../accounts/account_key.ts";
import { MAX_TEAM } from "../accounts/team_rows.ts";
import type { Row } from "../connection/database.ts";
import { blob, idBytes, integer, oneOf, storedText, uuid } from "../connection/row.ts";

/** Max templates and max keys that a list names. */
const MAX_NAMES = 2_000;

/** Selects the names of a service's templates, keys and people. */
export function selectNames(serviceId: ServiceId): readonly InStatement[] {
  return [
    `SELECT t.id, t.channel, v.name, v.created_at AS changed_at FROM templates AS t
      CROSS JOIN template_versions AS v ON v.service_id = t.service_id AND v.template_id = t.id
        AND v.version = t.version
      WHERE t.service_id = ? LIMIT ${MAX_NAMES}`,
    `SELECT id, name FROM api_keys WHERE service_id = ? LIMIT ${MAX_NAMES}`,
    `SELECT m.user_id, u.name FROM memberships AS m CROSS JOIN users AS u ON u.id = m.user_id
      WHERE m.service_id = ? LIMIT ${MAX_TEAM}`,
  ].map((sql) => ({ sql, args: [idBytes(serviceId)] }));
}

/** Reads the rows of {@link selectNames}. */
export async function readNames(
  [templates = [], keys = [], people = []]: readonly (readonly Row[])[],
  key: AccountKey,
): Promise<MessageNames> {
  const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  const named = await Promise.all(people.map(async (row) => {
    const id = uuid(row, "user_id") as UserId;
    return { id, name: await key.open(blob(row, "name"), "user name", id) };
  }));
  return {
    templates: templates.map((row) => ({
      id: uuid(row, "id") as TemplateId,
      name: storedText(row, "name"),
      channel: oneOf(row, "channel", CHANNELS),
      changedAt: integer(row, "changed_at"),
    })).toSorted(byName),
    keys: keys.map((row) => ({
      id: uuid(row, "id") as KeyId,
      name: storedText(row, "name"),
    })).toSorted(byName),
    people: named.toSorted(byName),
  };
}
