/** How many arguments a command takes, and the refusal of a call with more. */
import type { Program } from "./program.ts";

/** The arguments that a command takes after its name. */
export interface Parameters {
  /** How many it takes at most. */
  readonly most: number;
  /** What they are, after "The command takes". */
  readonly meaning: string;
  /** How they are written in a usage line. */
  readonly usage: string;
  /** Whether another process passes an argument, which does not count; none by default. */
  readonly isInternal?: (arg: string) => boolean;
}

/** Those of a command that takes no arguments. */
export const NO_PARAMETERS: Parameters = { most: 0, meaning: "no arguments", usage: "" };

/** Ends the process with 2 and the command's usage when a call has more arguments than the command takes. */
export function refuseSurplus(
  command: string,
  { most, meaning, usage, isInternal = () => false }: Parameters,
  args: readonly string[],
  { toUsage }: Pick<Program, "toUsage">,
): void {
  if (args.filter((arg) => !isInternal(arg)).length <= most) return;
  console.error(`The command takes ${meaning}: ${toUsage(`${command} ${usage}`.trimEnd())}`);
  Deno.exit(2);
}
