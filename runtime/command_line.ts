/** The commands of the program. A command's modules are loaded when it is called. */
import { prepareThread } from "../adapters/libsql/connection/thread.ts";
import { flushLog, writeLog } from "./log.ts";
import { hideNewFiles } from "./process/data_files.ts";
import type { Program } from "./process/program.ts";

/** A command; its arguments are those of the process. */
export type Command = (program: Program) => Promise<void>;

/** The commands by their names. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  async dev(program) {
    const { runDevelopment } = await import("./commands/dev.ts");
    await runDevelopment(program);
  },
  async start(program) {
    // Most of a start is loading modules: the thread of a database file loads its own meanwhile.
    if (Deno.env.get("DATABASE_URL")?.startsWith("file:")) prepareThread();
    const { runProduction } = await import("./commands/start.ts");
    await runProduction(program);
  },
  async migrate() {
    const { runMigrations } = await import("./commands/migrate.ts");
    await runMigrations();
  },
  async backup() {
    const { runBackup } = await import("./commands/backup.ts");
    await runBackup();
  },
  async operator() {
    const { runOperator } = await import("./commands/operator.ts");
    await runOperator();
  },
  async account() {
    const { runAccount } = await import("./commands/account.ts");
    await runAccount();
  },
  async audit() {
    const { runAudit } = await import("./commands/audit.ts");
    await runAudit();
  },
  async receipts() {
    const { runReceipts } = await import("./commands/receipts.ts");
    await runReceipts();
  },
  async doctor(program) {
    const { runDoctor } = await import("./commands/doctor.ts");
    await runDoctor(program);
  },
  async token() {
    const { runToken } = await import("./commands/token.ts");
    await runToken();
  },
};

/**
 * Runs the command that the first argument of the process names, by default `start`. Ends the process with 2 for an
 * unknown command, and with 1 and an explanation when the command cannot run.
 */
export async function runCommandLine(
  commands: Readonly<Record<string, Command>>,
  program: Program,
): Promise<void> {
  const [name = "start"] = Deno.args;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    console.error(`unknown command "${name}": ${Object.keys(commands).join(", ")}`);
    Deno.exit(2);
  }
  hideNewFiles();
  try {
    await command(program);
  } catch (error) {
    const { isExplained } = await import("./cannot_start.ts");
    if (!isExplained(error)) {
      // Deno ends the process, without the event that writes the rest.
      await flushLog();
      throw error;
    }
    // For programs that read the log; the error output is for people.
    if (name === "start") writeLog({ event: "cannot-start", error: error.message });
    console.error(`Hark cannot start.\n${error.message}`);
    Deno.exit(1);
  }
}
