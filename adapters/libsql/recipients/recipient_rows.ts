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
import type { Bytes, DataKey } from "../../crypto/envelope_encryption.ts";
import { blob, hex, integer, oneOf, text, textOrNull } from "../connection/row.ts";
import type { Row } from "../connection/database.ts";

/** Data keys of a service by their ids. */
export type Keys = ReadonlyMap<string, DataKey>;

/** The sealed values of a channel. */
export type ValueName = "address" | "reason";

/** What a person is found by. */
export function hashOf(key: DataKey, recipientId: string): Promise<Bytes> {
  return key.lookup(`person ${recipientId}`);
}

/** What a sealed value is bound to, so that it opens in its own row and column only. */
export function valueContext(
  name: ValueName,
  serviceId: string,
  personHash: string,
  channel: RecipientChannel,
): string {
  return `person-channel ${name} ${serviceId} ${personHash} ${channel}`;
}

/** What a code's HMAC is of: the same digits for somebody or something else are another code. */
export function codeText(
  { serviceId, recipientId }: Person,
  { channel, address, code }: Verification,
): string {
  const parts = [serviceId, recipientId, channel, address.normalised, code];
  return `channel-code ${JSON.stringify(parts)}`;
}

/** Reads a person's channels, and opens them. */
export async function readSettings(
  settingsId: string,
  rows: readonly Row[],
  keys: Keys,
): Promise<RecipientSettings> {
  const channels = await Promise.all(rows.map(async (row): Promise<ChannelSetting> => {
    const channel = oneOf(row, "channel", RECIPIENT_CHANNELS);
    const open = (name: ValueName) => {
      const person = hex(blob(row, "person_hash"));
      const context = valueContext(name, text(row, "service_id"), person, channel);
      return openValue(row, name, keys, context);
    };
    const [address, deactivationReason] = await Promise.all([open("address"), open("reason")]);
    return { channel, activated: integer(row, "activated") === 1, address, deactivationReason };
  }));
  return { settingsId, channels: channels.sort(inOrder) };
}

/** Opens a value whose key is named in the column beside it; `null` stays. */
export async function openValue(
  row: Row,
  name: ValueName,
  keys: Keys,
  context: string,
): Promise<string | null> {
  const keyId = textOrNull(row, `${name}_key_id`);
  if (keyId === null) return null;
  const key = keys.get(keyId);
  if (key === undefined) throw new Error(`no data key ${keyId}`);
  return await key.open(blob(row, name), context);
}

/** The order in which a person's channels are told. */
export function inOrder(
  a: { readonly channel: RecipientChannel },
  b: { readonly channel: RecipientChannel },
): number {
  return RECIPIENT_CHANNELS.indexOf(a.channel) - RECIPIENT_CHANNELS.indexOf(b.channel);
}
