/** The command `audit verify`. */
import { closeDatabase } from "../open_database.ts";
import type { Program } from "../process/program.ts";
import { openCommandStores } from "./account_stores.ts";
import { readCommandConfig } from "./command_config.ts";

const USAGE = "audit verify";

/**
 * Verifies every chain of the audit log, and prints its last number and MAC. They are to be kept elsewhere: entries that
 * were cut off a chain's end show only against them. Ends the process with 1 when an entry was changed, taken out or put
 * in, and with 2 for a wrong call.
 *
 * @throws ConfigError when the environment is wrong
 * @throws SchemaError when the database does not have this code's schema
 */
export async function runAudit({ toUsage }: Pick<Program, "toUsage">): Promise<void> {
  const [, action, ...more] = Deno.args;
  if (action !== "verify" || more.length > 0) {
    console.error(`The command verifies the audit log: ${toUsage(USAGE)}`);
    Deno.exit(2);
  }
  const { audit, db } = await openCommandStores(await readCommandConfig());
  let broken = 0;
  let chains = 0;
  for await (const { chain, lastSequence, lastMac, brokenAt } of audit.verify()) {
    chains++;
    if (brokenAt === undefined) {
      console.log(`${chain} ${lastSequence} ${lastMac}`);
    } else {
      broken++;
      console.error(`${chain}: entry ${brokenAt} does not follow from entry ${lastSequence}`);
    }
  }
  await closeDatabase(db);
  if (chains === 0) console.log("the audit log is empty");
  if (broken > 0) Deno.exit(1);
}
