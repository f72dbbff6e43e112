import type { Clock } from "../../../domain/ports/clock.ts";
import type { RecipientSettingsStore } from "../../../domain/ports/recipient_settings_store.ts";
import { codeCharges, codeRetryAfterS } from "../../../domain/recipient_settings/limits.ts";
import { CODE_TTL_MS, MAX_CODE_TRIES } from "../../../domain/recipient_settings/otp.ts";
import { ok, refuse } from "../../../domain/result.ts";
import type { Database } from "../connection/database.ts";
import { blob, hex, idBytes, integer, rowsOf, text, uuid } from "../connection/row.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import { codeText, locate, valueAad } from "./recipient_rows.ts";
import {
  ACTIVATE_CHANNEL,
  CONSUME_CODE,
  COUNT_ATTEMPT,
  INSERT_CODE,
  INSERT_CODE_CHARGES,
  SELECT_CODE,
  SELECT_COUNTERS,
} from "./recipient_statements.ts";

/** Creates the part of the store that verifies addresses by one-time passcodes. */
export function createVerificationStore(
  { db, contexts, clock }: {
    readonly db: Database;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): Pick<RecipientSettingsStore, "startVerification" | "activate"> {
  return {
    async startVerification(person, verification, now) {
      const { key, hash } = await locate(contexts, person);
      const { channel, address } = verification;
      const [mark, codeHash] = await Promise.all([
        key.lookup(`channel address ${channel} ${address.normalised}`),
        key.sign(codeText(person, verification)),
      ]);
      const charges = codeCharges({ person: hex(hash), address: hex(mark) }, now);
      const id = clock.newId();
      const place = [idBytes(person.serviceId), hash, channel, idBytes(id)];
      const chargesJson = JSON.stringify(charges);
      const results = await db.write([
        { sql: INSERT_CODE, args: [...place, codeHash, now + CODE_TTL_MS, chargesJson] },
        { sql: INSERT_CODE_CHARGES, args: [...place, chargesJson] },
        {
          sql: SELECT_COUNTERS,
          args: [idBytes(person.serviceId), JSON.stringify(charges.map(({ scope }) => scope))],
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
      const { key, hash } = await locate(contexts, person);
      const { serviceId } = person;
      const { channel, address } = verification;
      const args = [idBytes(serviceId), hash, channel];
      const counted = await db.write([
        { sql: COUNT_ATTEMPT, args: [...args, now, MAX_CODE_TRIES] },
        { sql: SELECT_CODE, args },
      ]);
      const [code] = rowsOf(counted, 0);
      if (code === undefined) {
        const [stored] = rowsOf(counted, 1);
        return stored !== undefined && integer(stored, "expires_at") <= now ? "expired" : "spent";
      }
      // WebCrypto compares in constant time.
      const isRight = await key.verify(blob(code, "code_hash"), codeText(person, verification));
      if (!isRight) return "wrong-code";
      const aad = valueAad("address", serviceId, hex(hash), channel);
      const encrypted = await key.encrypt(address.address, aad);
      const place = [...args, idBytes(uuid(code, "id"))];
      const results = await db.write([
        { sql: ACTIVATE_CHANNEL, args: [...place, encrypted, idBytes(key.id), now] },
        { sql: CONSUME_CODE, args: place },
      ]);
      return rowsOf(results, 1).length === 1 ? "activated" : "spent";
    },
  };
}
