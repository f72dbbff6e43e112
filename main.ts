/**
 * Command-line entry point. A command's modules are loaded when it is called. A Worker that is built from this file serves
 * what `runtime/worker_entry.ts` exports, the smaller entry point.
 */
import { prepareThread } from "./adapters/libsql/connection/thread.ts";
import { flushLog, writeLog } from "./runtime/log.ts";
import { hideNewFiles } from "./runtime/process/data_files.ts";

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  async dev() {
    const { runDevelopment } = await import("./runtime/commands/dev.ts");
    await runDevelopment();
  },
  async start() {
    // Most of a start is loading modules: the thread of a database file loads its own meanwhile.
    if (Deno.env.get("DATABASE_URL")?.startsWith("file:")) prepareThread();
    const { runProduction } = await import("./runtime/commands/start.ts");
    await runProduction();
  },
  async migrate() {
    const { runMigrations } = await import("./runtime/commands/migrate.ts");
    await runMigrations();
  },
  async backup() {
    const { runBackup } = await import("./runtime/commands/backup.ts");
    await runBackup();
  },
  async operator() {
    const { runOperator } = await import("./runtime/commands/operator.ts");
    await runOperator();
  },
  async account() {
    const { runAccount } = await import("./runtime/commands/account.ts");
    await runAccount();
  },
  async audit() {
    const { runAudit } = await import("./runtime/commands/audit.ts");
    await runAudit();
  },
  async receipts() {
    const { runReceipts } = await import("./runtime/commands/receipts.ts");
    await runReceipts();
  },
};

async function runCommand(name: string): Promise<void> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    console.error(`unknown command "${name}": ${Object.keys(COMMANDS).join(", ")}`);
    Deno.exit(2);
  }
  hideNewFiles();
  try {
    await command();
  } catch (error) {
    const { isExplained } = await import("./runtime/cannot_start.ts");
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

// Undefined under Deno, where `deno serve` would serve a default export a second time.
export default typeof Deno === "undefined"
  ? (await import("./runtime/worker_entry.ts")).default
  : undefined;

if (typeof Deno !== "undefined" && import.meta.main) await runCommand(Deno.args[0] ?? "start");
