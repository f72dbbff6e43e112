/** Where this program is, and how a user writes its commands in a shell. */
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** This program: the source code, the build of `deno task build`, or the npm package that contains the build. */
export interface Program {
  /** The path of the file that Deno runs. */
  readonly entry: string;
  /** The folder of the program, with a separator at its end. The server must not be able to write to it. */
  readonly folder: string;
  /** Flags of `deno run` by which the program finds its packages. */
  readonly flags: readonly string[];
  /** Returns a command as a user writes it in a shell, such as `npx hark token` for `token`. */
  readonly toShell: (command: string) => string;
  /** Returns a command for the usage text: `hark …` where a package starts it that is not the user's, as under systemd. */
  readonly toUsage: (command: string) => string;
}

/**
 * Describes the program that the module at `entry` starts.
 *
 * @param entry the address of the file that Deno runs: TypeScript is source code
 * @param workingDirectory returns the folder in which the user types; called by `toShell` only, since it may need a
 *   permission to read
 */
export function describeProgram(entry: string, workingDirectory: () => string): Program {
  const path = fileURLToPath(entry);
  const folder = `${dirname(path)}${sep}`;
  const isPackage = folder.includes(`${sep}node_modules${sep}`);
  // npx finds the command of a package that is installed in this folder. Elsewhere its name may not be published.
  const isElsewhere = () => !folder.startsWith(join(workingDirectory(), "node_modules", sep));

  function toShell(command: string): string {
    if (path.endsWith(".ts")) return `npx -y deno@2.9.6 task --quiet ${command}`;
    if (!isPackage) return `deno run -A ${quote(path)} ${command}`;
    return isElsewhere() ? `node ${quote(`${folder}hark.mjs`)} ${command}` : `npx hark ${command}`;
  }

  return {
    entry: path,
    folder,
    // Not by a configuration of the folder that the user works in.
    flags: isPackage ? ["--no-config", "--node-modules-dir=manual"] : [],
    toShell,
    toUsage: (command) => isPackage && isElsewhere() ? `hark ${command}` : toShell(command),
  };
}

function quote(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
