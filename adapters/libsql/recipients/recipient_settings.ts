import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import { RECIPIENT_CHANNELS } from "../../../domain/recipient_settings/channels.ts";
import { CODE_TTL_MS, MAX_CODE_TRIES } from "../../../domain/recipient_settings/otp.ts";
import { codeCharges, codeRetryAfterS } from "../../../domain/recipient_settings/limits.ts";
import type {
  ActivatedChannel,
  Person,
  RecipientSettingsStore,
} from "../../../domain/ports/recipient_settings_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { ok, refuse } from "../../../domain/result.ts";
import { toChunks } from "../../chunks.ts";
import type { Bytes, DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database, Row } from "../connection/database.ts";
import { readWrappedDataKey } from "../keys/keyring.ts";
import {
  ACTIVATE_CHANNEL,
  COUNT_TRY,
  DEACTIVATE_CHANNEL,
  INSERT_CODE,
  INSERT_CODE_CHARGES,
  INSERT_SETTINGS,
  PEOPLE_A_STATEMENT,
  SELECT_CHANNELS,
  SELECT_CODE,
  SELECT_COUNTERS,
  SELECT_KEYS,
  SELECT_PREFERENCES,
  SELECT_SETTINGS_ID,
  SPEND_CODE,
} from "./recipient_statements.ts";
import {
  codeText,
  decryptValue,
  hashOf,
  inOrder,
  type Keys,
  readSettings,
  valueAad,
  type ValueName,
} from "./recipient_rows.ts";
import { blob, hex, integer, oneOf, rowsOf, text } from "../connection/row.ts";

/** The keyed hash of a person, with the data key that encrypts new values. */
interface Located {
  readonly key: DataKey;
  readonly hash: Bytes;
}

/** Creates the store of recipient settings. */
export function createRecipientSettingsStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): RecipientSettingsStore {
  async function locate({ serviceId, recipientId }: Person): Promise<Located> {
    const key = await contexts.currentDataKey(serviceId);
    return { key, hash: await hashOf(key, recipientId) };
  }

  async function readKeys(serviceId: ServiceId, rows: readonly Row[]): Promise<Keys> {
    const keys = await Promise.all(
      rows.map((row) => encryption.dataKey(serviceId, readWrappedDataKey(row))),
    );
    return new Map(keys.map((key) => [key.id, key]));
  }

  return {
    async settings(person, now) {
      const { hash } = await locate(person);
      const args = [person.serviceId, hash];
      const statements: readonly InStatement[] = [
        { sql: SELECT_SETTINGS_ID, args },
        { sql: SELECT_CHANNELS, args },
        { sql: SELECT_KEYS, args: [person.serviceId] },
      ];
      let results = await db.read(statements);
      if (rowsOf(results, 0).length === 0) {
        const insert = { sql: INSERT_SETTINGS, args: [...args, clock.newId(), now] };
        results = (await db.write([insert, ...statements])).slice(1);
      }
      const [row] = rowsOf(results, 0);
      if (row === undefined) throw new Error("the settings were not created");
      const keys = await readKeys(person.serviceId, rowsOf(results, 2));
      return await readSettings(text(row, "id"), rowsOf(results, 1), keys);
    },

    async preferences(serviceId, recipientIds) {
      const key = await contexts.currentDataKey(serviceId);
      const people = new Map(
        await Promise.all([...new Set(recipientIds)].map(async (id): Promise<[string, string]> => {
          const hash = await hashOf(key, id);
          return [hex(hash), id];
        })),
      );
      const results = await db.read([
        { sql: SELECT_KEYS, args: [serviceId] },
        ...toChunks([...people.keys()], { maxItems: PEOPLE_A_STATEMENT }).map((chunk) => ({
          sql: SELECT_PREFERENCES,
          args: [serviceId, JSON.stringify(chunk)],
        })),
      ]);
      const keys = await readKeys(serviceId, rowsOf(results, 0));
      const rows = results.slice(1).flatMap(({ rows }) => rows);
      const found = await Promise.all(rows.map(async (row) => {
        const person = text(row, "person");
        const channel = oneOf(row, "channel", RECIPIENT_CHANNELS);
        const aad = valueAad("address", serviceId, person, channel);
        return { person, channel, address: await decryptValue(row, "address", keys, aad) };
      }));
      const preferences = new Map<string, ActivatedChannel[]>();
      for (const { person, channel, address } of found) {
        const id = people.get(person);
        if (id === undefined || address === null) continue;
        const channels = preferences.get(id) ?? [];
        channels.push({ channel, address });
        preferences.set(id, channels);
      }
      for (const channels of preferences.values()) channels.sort(inOrder);
      return preferences;
    },

    async startVerification(person, verification, now) {
      const { key, hash } = await locate(person);
      const { channel, address } = verification;
      const [mark, codeHash] = await Promise.all([
        key.lookup(`channel address ${channel} ${address.normalised}`),
        key.sign(codeText(person, verification)),
      ]);
      const charges = codeCharges({ person: hex(hash), address: hex(mark) }, now);
      const id = clock.newId();
      const place = [person.serviceId, hash, channel, id];
      const told = JSON.stringify(charges);
      const results = await db.write([
        { sql: INSERT_CODE, args: [...place, codeHash, now + CODE_TTL_MS, told] },
        { sql: INSERT_CODE_CHARGES, args: [...place, told] },
        {
          sql: SELECT_COUNTERS,
          args: [person.serviceId, JSON.stringify(charges.map(({ scope }) => scope))],
        },
      ]);
      if (rowsOf(results, 0).length === 1) return ok(undefined);
      const counters = new Map(
        rowsOf(results, 2).map((row) => [text(row, "scope"), integer(row, "value")]),
      );
      const retryAfterS = codeRetryAfterS(charges, (scope) => counters.get(scope) ?? 0);
      return refuse({ kind: "too-many-codes", retryAfterS });
    },

    async activate(person, verification, now) {
      const { key, hash } = await locate(person);
      const { serviceId } = person;
      const { channel, address } = verification;
      const args = [serviceId, hash, channel];
      const counted = await db.write([
        { sql: COUNT_TRY, args: [...args, now, MAX_CODE_TRIES] },
        { sql: SELECT_CODE, args },
      ]);
      const [code] = rowsOf(counted, 0);
      if (code === undefined) {
        const [left] = rowsOf(counted, 1);
        return left !== undefined && integer(left, "expires_at") <= now ? "expired" : "spent";
      }
      // WebCrypto compares, in a time that does not tell where two codes differ.
      const right = await key.verify(blob(code, "code_hash"), codeText(person, verification));
      if (!right) return "wrong-code";
      const aad = valueAad("address", serviceId, hex(hash), channel);
      const encrypted = await key.encrypt(address.address, aad);
      const place = [...args, text(code, "id")];
      const results = await db.write([
        { sql: ACTIVATE_CHANNEL, args: [...place, encrypted, key.id, now] },
        { sql: SPEND_CODE, args: place },
      ]);
      return rowsOf(results, 1).length === 1 ? "activated" : "spent";
    },

    async deactivate(person, channel, { address, reason }, now) {
      const { key, hash } = await locate(person);
      const encryptValue = async (name: ValueName, value: string | undefined) =>
        value === undefined ? [null, null] : [
          await key.encrypt(value, valueAad(name, person.serviceId, hex(hash), channel)),
          key.id,
        ];
      await db.write([{
        sql: DEACTIVATE_CHANNEL,
        args: [
          person.serviceId,
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
