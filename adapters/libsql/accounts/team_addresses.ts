/** The proved addresses of a service's team, to which the service may send in trial mode and with team keys. */
import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { Guests } from "../../../domain/service/service.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Row } from "../connection/database.ts";
import { blob, hex, idBytes, uuid } from "../connection/row.ts";
import { DEPLOYMENT_ID } from "../keys/deployment_key.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { createAccountKey } from "./account_key.ts";

/** Max members whose addresses count, those that joined first. */
const MAX_MEMBERS = 1_000;

/** Selects what {@link readTeamAddresses} reads; the rows have the key with them, so that no other read is needed. */
export function selectTeamAddresses(serviceId: ServiceId): InStatement {
  return {
    sql: `SELECT u.id AS user_id, u.email, u.mobile, ${DATA_KEY_COLUMNS}
      FROM memberships AS m
      CROSS JOIN users AS u ON u.id = m.user_id
      CROSS JOIN data_keys AS d ON d.service_id = x'${hex(idBytes(DEPLOYMENT_ID))}'
      WHERE m.service_id = ? AND u.state = 'active' LIMIT ${MAX_MEMBERS}`,
    args: [idBytes(serviceId)],
  };
}

/** Decrypts the addresses and numbers. */
export async function readTeamAddresses(
  rows: readonly Row[],
  encryption: Encryption,
): Promise<Guests> {
  const [first] = rows;
  if (first === undefined) return { emailAddresses: [], phoneNumbers: [] };
  const dataKey = await dataKeyOf(encryption, DEPLOYMENT_ID, first);
  const key = createAccountKey(() => Promise.resolve(dataKey));
  const emailAddresses = await Promise.all(
    rows.map((row) => key.open(blob(row, "email"), "user email", uuid(row, "user_id"))),
  );
  const phoneNumbers = await Promise.all(
    rows.filter((row) => row.mobile !== null)
      .map((row) => key.open(blob(row, "mobile"), "user mobile", uuid(row, "user_id"))),
  );
  return { emailAddresses, phoneNumbers };
}
