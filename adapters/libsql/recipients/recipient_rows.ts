import {
  RECIPIENT_CHANNELS,
  type RecipientChannel,
} from "../../../domain/recipient_settings/channels.ts";
import type {
  ChannelSetting,
  Person,
  RecipientSettings,
  Verification,
} from "../../../domain/ports/recipient_settings_store.ts";
import { personText } from "../../../domain/recipient/realm.ts";
import type { Bytes, DataKey } from "../../crypto/envelope_encryption.ts";
import { blob, hex, integer, oneOf, uuid, uuidOrNull } from "../connection/row.ts";
import type { Row } from "../connection/database.ts";
import type { LibsqlContexts } from "../services/contexts.ts";

/** Data keys of a service by their ids. */
export type Keys = ReadonlyMap<string, DataKey>;

/** The encrypted columns of a person's channel: its address, and the reason for which it was deactivated. */
export type ValueName = "address" | "reason";

/**
 * The keyed hash by which a person's rows are found. It differs under each data key.
 *
 * @param person as `personText` returns it
 */
export function hashOf(key: DataKey, person: string): Promise<Bytes> {
  return key.lookup(`person ${person}`);
}

/** The additional authenticated data of an encrypted value, so that it can be decrypted in its own row and column only. */
export function valueAad(
  name: ValueName,
  serviceId: string,
  personHash: string,
  channel: RecipientChannel,
): string {
  return `person-channel ${name} ${serviceId} ${personHash} ${channel}`;
}

/**
 * The keyed hash of a person, by the service's current data key, and that key, which encrypts new values.
 *
 * @throws Error for an unknown service
 */
export async function locate(
  contexts: Pick<LibsqlContexts, "currentDataKey">,
  person: Person,
): Promise<{ readonly key: DataKey; readonly hash: Bytes }> {
  const key = await contexts.currentDataKey(person.serviceId);
  return { key, hash: await hashOf(key, personText(person)) };
}

/** The text whose HMAC is stored for a passcode. It includes the person, the channel and the address that it is valid for. */
export function codeText(
  person: Person,
  { channel, address, code }: Verification,
): string {
  const parts = [person.serviceId, personText(person), channel, address.normalised, code];
  return `channel-code ${JSON.stringify(parts)}`;
}

/**
 * Decrypts a person's channels, in the order of `RECIPIENT_CHANNELS`.
 *
 * @param settingsId the id of the person's settings, which is returned with them
 * @param rows of `person_channels`
 * @param keys must have every data key of the rows
 */
export async function readSettings(
  settingsId: string,
  rows: readonly Row[],
  keys: Keys,
): Promise<RecipientSettings> {
  const channels = await Promise.all(rows.map(async (row): Promise<ChannelSetting> => {
    const channel = oneOf(row, "channel", RECIPIENT_CHANNELS);
    const decryptColumn = (name: ValueName) => {
      const person = hex(blob(row, "person_hash"));
      const aad = valueAad(name, uuid(row, "service_id"), person, channel);
      return decryptValue(row, name, keys, aad);
    };
    const [address, deactivationReason] = await Promise.all([
      decryptColumn("address"),
      decryptColumn("reason"),
    ]);
    return { channel, activated: integer(row, "activated") === 1, address, deactivationReason };
  }));
  return { settingsId, channels: channels.sort(inOrder) };
}

/**
 * Decrypts a column by the data key that the column beside it names; `null` stays.
 *
 * @param aad as {@link valueAad} returns it
 * @throws Error when `keys` does not have that data key
 */
export async function decryptValue(
  row: Row,
  name: ValueName,
  keys: Keys,
  aad: string,
): Promise<string | null> {
  const keyId = uuidOrNull(row, `${name}_key_id`);
  if (keyId === null) return null;
  const key = keys.get(keyId);
  if (key === undefined) throw new Error(`no data key ${keyId}`);
  return await key.decrypt(blob(row, name), aad);
}

/** Compares channels by their order in a person's settings. */
export function inOrder(
  a: { readonly channel: RecipientChannel },
  b: { readonly channel: RecipientChannel },
): number {
  return RECIPIENT_CHANNELS.indexOf(a.channel) - RECIPIENT_CHANNELS.indexOf(b.channel);
}
