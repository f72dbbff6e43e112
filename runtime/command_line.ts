/** The commands of the program. A command's modules are loaded when it is called. */
import { prepareThread } from "../adapters/libsql/connection/thread.ts";
import { flushLog, writeLog } from "./log.ts";
import { hideNewFiles } from "./process/data_files.ts";
import { asksForHelp, HELP_COMMAND, isHelp, toUsage } from "./process/help.ts";
import { NO_PARAMETERS, type Parameters, refuseSurplus } from "./process/parameters.ts";
import type { Program } from "./process/program.ts";
import { isProcessArgument } from "./process/server_arguments.ts";

/** A command. */
export interface Command {
  /** What it does: one line of the usage text, which is 80 columns wide. */
  readonly summary: string;
  /** The arguments that it takes: a call with more does not run it. Some commands refuse every wrong call by themselves. */
  readonly parameters: Parameters | "checked by the command";
  /** Runs it; its arguments are those of the process. */
  readonly run: (program: Program) => Promise<void>;
}

/** The command that runs when the first argument of the process is missing. */
const DEFAULT_COMMAND = "start";

/** Those of a server: the launcher's arguments are not its user's. */
const SERVER_PARAMETERS: Parameters = { ...NO_PARAMETERS, isInternal: isProcessArgument };

/** The commands by their names. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  dev: {
    summary: "Start for development in this folder, with keys and a demo service",
    parameters: SERVER_PARAMETERS,
    async run(program) {
      const { runDevelopment } = await import("./commands/dev.ts");
      await runDevelopment(program);
    },
  },
  start: {
    summary: "Start with the configuration of the environment",
    parameters: SERVER_PARAMETERS,
    async run(program) {
      // Most of a start is loading modules: the thread of a database file loads its own meanwhile.
      if (Deno.env.get("DATABASE_URL")?.startsWith("file:")) prepareThread();
      const { runProduction } = await import("./commands/start.ts");
      await runProduction(program);
    },
  },
  migrate: {
    summary: "Bring the database to this version's schema",
    parameters: NO_PARAMETERS,
    async run() {
      const { runMigrations } = await import("./commands/migrate.ts");
      await runMigrations();
    },
  },
  backup: {
    summary: "Copy the database file to FILE while Hark runs; verify the copy",
    parameters: "checked by the command",
    async run(program) {
      const { runBackup } = await import("./commands/backup.ts");
      await runBackup(program);
    },
  },
  operator: {
    summary: "Print the link by which the owner of EMAIL becomes an operator",
    parameters: "checked by the command",
    async run(program) {
      const { runOperator } = await import("./commands/operator.ts");
      await runOperator(program);
    },
  },
  account: {
    summary: "Block or unblock the owner of EMAIL, or remove a lost second factor",
    parameters: "checked by the command",
    async run(program) {
      const { runAccount } = await import("./commands/account.ts");
      await runAccount(program);
    },
  },
  audit: {
    summary: "'audit verify': verify the audit log, and print each chain's end",
    parameters: "checked by the command",
    async run(program) {
      const { runAudit } = await import("./commands/audit.ts");
      await runAudit(program);
    },
  },
  receipts: {
    summary: "Check that providers' receipts arrive; --to sends a test message",
    parameters: "checked by the command",
    async run(program) {
      const { runReceipts } = await import("./commands/receipts.ts");
      await runReceipts(program);
    },
  },
  doctor: {
    summary: "Say what is wrong or missing in a deployment",
    parameters: "checked by the command",
    async run(program) {
      const { runDoctor } = await import("./commands/doctor.ts");
      await runDoctor(program);
    },
  },
  token: {
    summary: "Print a bearer token for an API key, or an access token",
    parameters: {
      most: 2,
      meaning: "an API key, or a role and a recipient's id",
      usage: "[KEY|ROLE [RECIPIENT-ID]]",
    },
    async run(program) {
      const { runToken } = await import("./commands/token.ts");
      await runToken(program);
    },
  },
};

/**
 * Runs the command that the first argument of the process names, by default `start`; or prints the usage text, and loads
 * nothing for it. Ends the process with 2 for an unknown command or surplus arguments, and with 1 and an explanation when
 * the command cannot run.
 */
export async function runCommandLine(
  commands: Readonly<Record<string, Command>>,
  program: Program,
): Promise<void> {
  const [name = DEFAULT_COMMAND] = Deno.args;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined && !isHelp(name)) {
    const names = [...Object.keys(commands), HELP_COMMAND];
    console.error(`unknown command "${name}": ${names.join(", ")}`);
    Deno.exit(2);
  }
  if (command === undefined || asksForHelp(Deno.args)) {
    const summaries = new Map(
      Object.entries(commands).map(([name, { summary }]) => [name, summary]),
    );
    console.log(toUsage(summaries, DEFAULT_COMMAND, program));
    return;
  }
  if (command.parameters !== "checked by the command") {
    refuseSurplus(name, command.parameters, Deno.args.slice(1), program);
  }
  hideNewFiles();
  try {
    await command.run(program);
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
