/** The command `backup`. */
import { OBJECT_URL } from "../../adapters/libsql/connection/config.ts";
import { backUp, BackupError } from "../../adapters/libsql/backup.ts";
import { DEVELOPMENT_FOLDER } from "../development/folder.ts";
import { databaseFile } from "../process/permissions.ts";
import type { Program } from "../process/program.ts";

const USAGE = "backup FILE";

/**
 * Copies the database file of `DATABASE_URL`, or that of development, to the file that the first argument names, and
 * prints what the copy has. Ends the process with 2 for a wrong call, and with 1 when there is no copy.
 */
export async function runBackup({ toUsage }: Pick<Program, "toUsage">): Promise<void> {
  const [, to, ...more] = Deno.args;
  if (to === undefined || to === "" || more.length > 0) {
    console.error(`The command takes one argument, the name of the copy: ${toUsage(USAGE)}`);
    Deno.exit(2);
  }
  const url = Deno.env.get("DATABASE_URL") || `file:${DEVELOPMENT_FOLDER}/hark.db`;
  const from = databaseFile(url);
  if (from === undefined) {
    console.error(
      url === OBJECT_URL
        ? "DATABASE_URL names a Durable Object: Cloudflare keeps its history, and no command copies it"
        : "DATABASE_URL names a server: make the backup with the server's own tools",
    );
    Deno.exit(2);
  }
  try {
    const { tables, rows, size } = await backUp(from, to);
    console.log(`${to}: ${tables} tables, ${rows} rows, ${size} bytes; verified`);
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    console.error(`No backup was made: ${error.message}`);
    Deno.exit(1);
  }
}
