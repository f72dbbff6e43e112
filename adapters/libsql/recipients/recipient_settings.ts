import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import { RECIPIENT_CHANNELS } from "../../../domain/recipient_settings/channels.ts";
import type {
  ActivatedChannel,
  RecipientSettingsStore,
} from "../../../domain/ports/recipient_settings_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { toChunks } from "../../chunks.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database, Row } from "../connection/database.ts";
import { readWrappedDataKey } from "../keys/keyring.ts";
import {
  DEACTIVATE_CHANNEL,
  INSERT_SETTINGS,
  PEOPLE_A_STATEMENT,
  SELECT_CHANNELS,
  SELECT_KEYS,
  SELECT_PREFERENCES,
  SELECT_SETTINGS_ID,
} from "./recipient_statements.ts";
import {
  decryptValue,
  hashOf,
  inOrder,
  type Keys,
  locate,
  readSettings,
  valueAad,
  type ValueName,
} from "./recipient_rows.ts";
import { createVerificationStore } from "./verifications.ts";
import { hex, idBytes, oneOf, rowsOf, text, uuid } from "../connection/row.ts";

/** Creates the store of recipient settings: a person's channels, with the addresses that they have proved. */
export function createRecipientSettingsStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): RecipientSettingsStore {
  async function readKeys(serviceId: ServiceId, rows: readonly Row[]): Promise<Keys> {
    const keys = await Promise.all(
      rows.map((row) => encryption.dataKey(serviceId, readWrappedDataKey(row))),
    );
    return new Map(keys.map((key) => [key.id, key]));
  }

  return {
    async settings(person, now) {
      const { hash } = await locate(contexts, person);
      const args = [idBytes(person.serviceId), hash];
      const statements: readonly InStatement[] = [
        { sql: SELECT_SETTINGS_ID, args },
        { sql: SELECT_CHANNELS, args },
        { sql: SELECT_KEYS, args: [idBytes(person.serviceId)] },
      ];
      let results = await db.readPoint(statements);
      if (rowsOf(results, 0).length === 0) {
        const insert = { sql: INSERT_SETTINGS, args: [...args, idBytes(clock.newId()), now] };
        results = (await db.write([insert, ...statements])).slice(1);
      }
      const [row] = rowsOf(results, 0);
      if (row === undefined) throw new Error("the settings were not created");
      const keys = await readKeys(person.serviceId, rowsOf(results, 2));
      return await readSettings(uuid(row, "id"), rowsOf(results, 1), keys);
    },

    async preferences(serviceId, texts) {
      const key = await contexts.currentDataKey(serviceId);
      const people = new Map(
        await Promise.all([...new Set(texts)].map(async (person): Promise<[string, string]> => {
          const hash = await hashOf(key, person);
          return [hex(hash), person];
        })),
      );
      const results = await db.readPoint([
        { sql: SELECT_KEYS, args: [idBytes(serviceId)] },
        ...toChunks([...people.keys()], { maxItems: PEOPLE_A_STATEMENT }).map((chunk) => ({
          sql: SELECT_PREFERENCES,
          args: [idBytes(serviceId), JSON.stringify(chunk)],
        })),
      ]);
      const keys = await readKeys(serviceId, rowsOf(results, 0));
      const rows = results.slice(1).flatMap(({ rows }) => rows);
      const activated = await readActivatedChannels(serviceId, rows, keys);
      return groupByPerson(activated, people);
    },

    ...createVerificationStore({ db, contexts, clock }),

    async deactivate(person, channel, { address, reason }, now) {
      const { key, hash } = await locate(contexts, person);
      const encryptValue = async (name: ValueName, value: string | undefined) =>
        value === undefined ? [null, null] : [
          await key.encrypt(value, valueAad(name, person.serviceId, hex(hash), channel)),
          idBytes(key.id),
        ];
      await db.write([{
        sql: DEACTIVATE_CHANNEL,
        args: [
          idBytes(person.serviceId),
          hash,
          channel,
          ...await encryptValue("address", address?.address),
          ...await encryptValue("reason", reason),
          now,
        ],
      }]);
    },
  };
}

/** A row of {@link SELECT_PREFERENCES}, decrypted. */
interface ActivatedRow extends ActivatedChannel {
  /** The keyed hash of the person, in hexadecimal. */
  readonly person: string;
}

async function readActivatedChannels(
  serviceId: ServiceId,
  rows: readonly Row[],
  keys: Keys,
): Promise<readonly ActivatedRow[]> {
  const activated = await Promise.all(rows.map(async (row) => {
    const person = text(row, "person");
    const channel = oneOf(row, "channel", RECIPIENT_CHANNELS);
    const aad = valueAad("address", serviceId, person, channel);
    const address = await decryptValue(row, "address", keys, aad);
    return address === null ? [] : [{ person, channel, address }];
  }));
  return activated.flat();
}

/** @param people the texts of people by their keyed hashes */
function groupByPerson(
  rows: readonly ActivatedRow[],
  people: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly ActivatedChannel[]> {
  const preferences = new Map<string, ActivatedChannel[]>();
  for (const { person, channel, address } of rows) {
    const id = people.get(person);
    if (id === undefined) continue;
    const channels = preferences.get(id) ?? [];
    channels.push({ channel, address });
    preferences.set(id, channels);
  }
  for (const channels of preferences.values()) channels.sort(inOrder);
  return preferences;
}
