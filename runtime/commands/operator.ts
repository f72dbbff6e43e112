/** The command `operator`. */
import { createOperatorLink } from "../../application/accounts/operators.ts";
import { ConfigError } from "../config.ts";
import { closeDatabase } from "../open_database.ts";
import type { Program } from "../process/program.ts";
import { openCommandStores } from "./account_stores.ts";
import { readCommandConfig } from "./command_config.ts";

const USAGE = "operator EMAIL";

/**
 * Prints the link by which the owner of an address becomes an operator. It works once, for an hour, and needs no e-mail
 * provider. Ends the process with 2 for a wrong call.
 *
 * @throws ConfigError when the environment is wrong
 * @throws SchemaError when the database does not have this code's schema
 */
export async function runOperator({ toUsage }: Pick<Program, "toUsage">): Promise<void> {
  const [, emailAddress, ...more] = Deno.args;
  if (emailAddress === undefined || more.length > 0) {
    console.error(
      `The command takes one argument, the operator's e-mail address: ${toUsage(USAGE)}`,
    );
    Deno.exit(2);
  }
  const config = await readCommandConfig();
  const stores = await openCommandStores(config);
  const createLink = createOperatorLink(stores);
  const link = await createLink({ kind: "system" }, emailAddress, `${config.publicUrl}/`);
  await closeDatabase(stores.db);
  if (!link.ok) throw new ConfigError(`"${emailAddress}" is not a valid e-mail address`);
  console.log(
    `Open this link before ${new Date(link.value.expiresAt).toISOString()}; it works once`,
  );
  console.log(link.value.url);
}
