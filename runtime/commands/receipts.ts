/** The command `receipts`. */
import { readConfig } from "../config.ts";
import type { Program } from "../process/program.ts";
import { createProviderFetch } from "../provider_fetch.ts";
import {
  CHECK_USAGE,
  checkConnections,
  connectForCheck,
  parseCheckArguments,
} from "./receipt_check.ts";

/**
 * Checks for each provider of the environment that its receipts arrive, and prints a line for each. `--to` names the
 * operator's number or address, to which a test message is sent. Ends the process with 2 for a wrong call, and with 1 when
 * receipts of a provider do not arrive.
 */
export async function runReceipts({ toUsage }: Pick<Program, "toUsage">): Promise<void> {
  const parsed = parseCheckArguments(Deno.args.slice(1));
  if (typeof parsed === "string") {
    console.error(`${parsed}: ${toUsage(`receipts ${CHECK_USAGE}`)}`);
    Deno.exit(2);
  }
  const config = readConfig(Deno.env.toObject(), "production");
  const fetch = createProviderFetch();
  const connections = await connectForCheck(config, fetch);
  const results = await Promise.all(
    checkConnections(connections, config, parsed, fetch).map(async (check) => {
      const { name, channel, isWrong, line } = await check;
      console.log(`${name} (${channel}): ${line}`);
      return isWrong;
    }),
  );
  Deno.exit(results.includes(true) ? 1 : 0);
}
