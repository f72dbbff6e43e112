/** The command `token`. */
import { ConfigError } from "../config.ts";
import { issueToken } from "../development/demo_tokens.ts";
import type { Program } from "../process/program.ts";

/**
 * Prints a token for the API key or the role that the arguments name, by default for the demo service's live key. Ends
 * the process with 1 and instructions when no token can be issued.
 */
export async function runToken({ toUsage }: Pick<Program, "toUsage">): Promise<void> {
  const [, roleOrKey, recipientId] = Deno.args;
  try {
    console.log(await issueToken(roleOrKey, recipientId, toUsage("dev")));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
