/** The usage text of the program, and how a command line asks for it. */
import type { Program } from "./program.ts";

/** The command that prints the usage text. */
export const HELP_COMMAND = "help";

const HELP_OPTIONS: readonly string[] = ["--help", "-h"];

/** Whether a command line asks for the usage text: by its command, or by an option in any place. */
export function asksForHelp([command = "", ...more]: readonly string[]): boolean {
  return isHelp(command) || more.some((arg) => HELP_OPTIONS.includes(arg));
}

/** Whether a name in the place of a command asks for the usage text. */
export function isHelp(command: string): boolean {
  return command === HELP_COMMAND || HELP_OPTIONS.includes(command);
}

/**
 * Writes the usage text: how a command is written in a shell, and a line for each command.
 *
 * @param summaries what each command does, by its name
 * @param defaultCommand the command that runs when no name is given
 */
export function toUsage(
  summaries: ReadonlyMap<string, string>,
  defaultCommand: string,
  program: Pick<Program, "toUsage">,
): string {
  const all = [
    ...summaries,
    [HELP_COMMAND, "Print this text, as --help and -h do, also after a command"] as const,
  ];
  const width = Math.max(...all.map(([name]) => name.length));
  const lines = all.map(([name, summary]) =>
    `  ${name.padEnd(width)}  ${summary}${name === defaultCommand ? " (the default)" : ""}`
  );
  return [`Usage: ${program.toUsage("COMMAND [ARGUMENT...]")}`, "", ...lines].join("\n");
}
