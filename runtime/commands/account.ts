/** The command `account`. */
import {
  ACCOUNT_ACTIONS,
  type AccountAction,
  createManageAccount,
} from "../../application/accounts/manage_account.ts";
import { ConfigError } from "../config.ts";
import { closeDatabase } from "../open_database.ts";
import type { Program } from "../process/program.ts";
import { openCommandStores } from "./account_stores.ts";
import { readCommandConfig } from "./command_config.ts";

const NAMES = Object.keys(ACCOUNT_ACTIONS);
const USAGE = `account ${NAMES.join("|")} EMAIL`;

/**
 * Blocks or unblocks the account of an address, or removes its second factor and password. Ends the process with 2 for a
 * wrong call.
 *
 * @throws ConfigError when the environment is wrong, or the address has no account
 * @throws SchemaError when the database does not have this code's schema
 */
export async function runAccount({ toUsage }: Pick<Program, "toUsage">): Promise<void> {
  const [, action = "", emailAddress, ...more] = Deno.args;
  if (!isAction(action) || emailAddress === undefined || more.length > 0) {
    console.error(`The command takes an action and the person's e-mail address: ${toUsage(USAGE)}`);
    Deno.exit(2);
  }
  const stores = await openCommandStores(await readCommandConfig());
  const result = await createManageAccount(stores)({ kind: "system" }, emailAddress, action);
  await closeDatabase(stores.db);
  if (!result.ok) {
    throw new ConfigError(
      result.refusal.kind === "not-found"
        ? `${emailAddress} has no account`
        : `"${emailAddress}" is not a valid e-mail address`,
    );
  }
  console.log(`${emailAddress}: ${action}, done`);
}

function isAction(name: string): name is AccountAction {
  return Object.hasOwn(ACCOUNT_ACTIONS, name);
}
