/**
 * The proved addresses of a service's team, to which the service may send in trial mode and with team keys: as keyed
 * hashes for sending, and in clear for the page of the guest list.
 */
import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import { formatRecipient } from "../../../domain/recipient/recipient.ts";
import type { Guests, TeamHashes } from "../../../domain/service/service.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Row } from "../connection/database.ts";
import { blob, hex, idBytes, uuid } from "../connection/row.ts";
import { DEPLOYMENT_ID } from "../keys/deployment_key.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { createAccountKey, recipientHash } from "./account_key.ts";

/** Max members whose addresses count, those that joined first. */
const MAX_MEMBERS = 1_000;

/** Selects columns of the members' accounts; the rows have the key with them, so that no other read is needed. */
function selectTeam(serviceId: ServiceId, columns: string): InStatement {
  return {
    sql: `SELECT u.id AS user_id, ${columns}, u.mobile, ${DATA_KEY_COLUMNS}
      FROM memberships AS m
      CROSS JOIN users AS u ON u.id = m.user_id
      CROSS JOIN data_keys AS d ON d.service_id = x'${hex(idBytes(DEPLOYMENT_ID))}'
      WHERE m.service_id = ? AND u.state = 'active' LIMIT ${MAX_MEMBERS}`,
    args: [idBytes(serviceId)],
  };
}

/** Selects what {@link readTeamHashes} reads. */
export function selectTeamHashes(serviceId: ServiceId): InStatement {
  return selectTeam(serviceId, "u.email_hash");
}

/**
 * Returns the keyed hashes of the addresses and numbers. Addresses are stored hashed; of the numbers, no clear text is
 * kept. `undefined` for a service without members, and where the runtime computes no hash in the calling thread: it
 * has no accounts either, which need `node:crypto` for passwords.
 */
export async function readTeamHashes(
  rows: readonly Row[],
  encryption: Encryption,
): Promise<TeamHashes | undefined> {
  const [first] = rows;
  if (first === undefined) return undefined;
  const dataKey = await dataKeyOf(encryption, DEPLOYMENT_ID, first);
  const hash = recipientHash(dataKey);
  if (hash === undefined) return undefined;
  const toHash = (recipient: string) => hash(recipient).toHex();
  const numbers = await Promise.all(numbersOf(rows, dataKey));
  const hashes = [
    ...rows.map((row) => blob(row, "email_hash").toHex()),
    ...numbers.map((number) => toHash(formatRecipient(number))),
  ];
  return { hashes: hashes.sort(), hash: toHash };
}

/** Selects what {@link readTeamAddresses} reads. */
export function selectTeamAddresses(serviceId: ServiceId): InStatement {
  return selectTeam(serviceId, "u.email");
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
  return { emailAddresses, phoneNumbers: await Promise.all(numbersOf(rows, dataKey)) };
}

function numbersOf(rows: readonly Row[], dataKey: DataKey): readonly Promise<string>[] {
  const key = createAccountKey(() => Promise.resolve(dataKey));
  return rows.filter((row) => row.mobile !== null)
    .map((row) => key.open(blob(row, "mobile"), "user mobile", uuid(row, "user_id")));
}
