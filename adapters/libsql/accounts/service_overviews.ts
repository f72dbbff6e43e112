import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type {
  ServiceOverviewStore,
  ServiceProgress,
} from "../../../domain/ports/service_overview_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { idBytes, integer, rowsOf, uuid } from "../connection/row.ts";
import { dataKeyOf } from "../keys/keyring.ts";
import { selectGuests } from "../services/guests.ts";
import { readApiKey, readGuests, readService, selectKeys } from "../services/service_rows.ts";
import type { AccountKey } from "./account_key.ts";
import { readEntries, selectEntries } from "./audit_log.ts";
import { readTeamAddresses, selectTeamAddresses } from "./team_addresses.ts";
import { HAS_TWO_MANAGERS, readRoles, selectServicesOf } from "./team_rows.ts";

/** The first steps of a service (`?1`). */
const SELECT_PROGRESS = `SELECT
  EXISTS (SELECT 1 FROM api_keys WHERE service_id = ?1 AND revoked_at IS NULL) AS has_key,
  EXISTS (SELECT 1 FROM templates WHERE service_id = ?1 AND archived_at IS NULL) AS has_template,
  EXISTS (SELECT 1 FROM service_days WHERE service_id = ?1) AS has_sent,
  ${HAS_TWO_MANAGERS} AS has_two_managers`;

/** The messages sent by each of a person's (`?1`) services from a day (`?2`) to another (`?3`). */
const SELECT_SENT = `SELECT d.service_id,
    sum(CASE WHEN d.outcome = 'requested' THEN d.messages
      WHEN d.outcome IN ('cancelled', 'expired') THEN -d.messages ELSE 0 END) AS sent
  FROM memberships AS m CROSS JOIN service_days AS d ON d.service_id = m.service_id
    AND d.day BETWEEN ?2 AND ?3
  WHERE m.user_id = ?1 GROUP BY d.service_id`;

/** Selects the first steps of a service, as {@link readSteps} reads them. */
export function selectSteps(serviceId: ServiceId): InStatement {
  return { sql: SELECT_PROGRESS, args: [idBytes(serviceId)] };
}

/** Reads the row of {@link selectSteps}. */
export function readSteps(row: Row | undefined): ServiceProgress {
  if (row === undefined) throw new Error("a SELECT without FROM has one row");
  const isSet = (column: string) => integer(row, column) === 1;
  return {
    hasKey: isSet("has_key"),
    hasTemplate: isSet("has_template"),
    hasSent: isSet("has_sent"),
    hasTwoManagers: isSet("has_two_managers"),
  };
}

/** Creates the store that reads what the pages of services show. */
export function createServiceOverviewStore(
  { db, encryption, key }: {
    readonly db: Pick<Database, "readLong">;
    readonly encryption: Encryption;
    readonly key: AccountKey;
  },
): ServiceOverviewStore {
  return {
    async readGuests(serviceId) {
      const results = await db.readLong([
        selectGuests(serviceId),
        selectTeamAddresses(serviceId),
      ]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) throw new Error(`no service ${serviceId}`);
      const [guests, team] = await Promise.all([
        dataKeyOf(encryption, serviceId, row).then((dataKey) => readGuests(row, dataKey)),
        readTeamAddresses(rowsOf(results, 1), encryption),
      ]);
      return { guests, team };
    },
    async readKeys(serviceId, creations) {
      const query = { olderThan: undefined, limit: creations, action: "key-created" } as const;
      const results = await db.readLong([
        selectKeys(serviceId),
        selectEntries(serviceId, query),
      ]);
      return {
        keys: rowsOf(results, 0).map(readApiKey),
        creations: await readEntries(serviceId, rowsOf(results, 1), key),
      };
    },
    async listServices(userId, { from, to }) {
      const results = await db.readLong([
        selectServicesOf(userId),
        { sql: SELECT_SENT, args: [idBytes(userId), from, to] },
      ]);
      const sent = new Map(
        rowsOf(results, 1).map((row) => [uuid(row, "service_id"), integer(row, "sent")]),
      );
      return rowsOf(results, 0).map((row) => {
        const service = readService(row);
        return {
          service,
          roles: readRoles(row),
          sent: sent.get(service.id) ?? 0,
        };
      });
    },
  };
}
