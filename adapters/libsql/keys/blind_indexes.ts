/** Reads rows by keyed hashes of a value. The hash of a value differs under each data key that its service has had. */
import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { hex, rowsOf } from "../connection/row.ts";
import { readWrappedDataKey, selectDataKeys } from "./keyring.ts";

/** Max services whose data keys are remembered. */
const MAX_SERVICES = 1_000;

/** The rows that a read by keyed hashes has found. */
export interface HashedRows {
  readonly rows: readonly Row[];
  readonly keyRows: readonly Row[];
  readonly further: readonly (readonly Row[])[];
}

/** Reads rows by keyed hashes. */
export interface HashedReads {
  /**
   * Runs the statement that `statementOf` makes from the hashes of the texts, in hexadecimal: `hashes[i]` has one
   * hash of `texts[i]` for each data key of the service. One round trip when the service's data keys are remembered:
   * the same transaction shows whether it has got another one meanwhile, and then `statementOf` is called again.
   *
   * @param beside statements that are run with it
   * @returns the statement's rows, the rows of `selectDataKeys`, and the rows of each statement `beside`
   */
  read(
    serviceId: ServiceId,
    texts: readonly string[],
    statementOf: (hashes: readonly (readonly string[])[]) => InStatement,
    beside?: readonly InStatement[],
  ): Promise<HashedRows>;
}

/**
 * Creates the reads by keyed hashes. They remember the data keys of the services that were read last, in this
 * process.
 */
export function createHashedReads(
  db: Pick<Database, "readPoint" | "readLong">,
  encryption: Encryption,
): HashedReads {
  const remembered = new Map<ServiceId, readonly DataKey[]>();

  async function remember(serviceId: ServiceId, rows: readonly Row[]): Promise<readonly DataKey[]> {
    const keys = await Promise.all(
      rows.map((row) => encryption.dataKey(serviceId, readWrappedDataKey(row))),
    );
    remembered.delete(serviceId);
    const [oldest] = remembered.keys();
    if (remembered.size >= MAX_SERVICES && oldest !== undefined) remembered.delete(oldest);
    remembered.set(serviceId, keys);
    return keys;
  }

  return {
    async read(serviceId, texts, statementOf, beside = []) {
      let keys = texts.length === 0 ? [] : remembered.get(serviceId) ??
        await remember(serviceId, rowsOf(await db.readPoint([selectDataKeys(serviceId)]), 0));
      for (;;) {
        const hashes = await Promise.all(
          texts.map(async (value) =>
            (await Promise.all(keys.map((key) => key.lookup(value)))).map(hex)
          ),
        );
        const statements = [statementOf(hashes), selectDataKeys(serviceId), ...beside];
        const results = await db.readLong(statements);
        const [rows, keyRows] = [rowsOf(results, 0), rowsOf(results, 1)];
        if (keyRows.length === keys.length || texts.length === 0) {
          return { rows, keyRows, further: beside.map((_, index) => rowsOf(results, index + 2)) };
        }
        keys = await remember(serviceId, keyRows);
      }
    },
  };
}
