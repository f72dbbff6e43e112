/** Which program the tests start: the source code, or a build on the Deno of another version. */
import { permissionsOf, type ServingCommand } from "../../runtime/process/permissions.ts";

/** The variables by which the build is tested: the path of Deno, and that of the build's `hark.js`. */
export const BUILD_VARIABLES = ["HARK_TEST_DENO", "HARK_TEST_ENTRY"] as const;

/** The program that tests start: what differs between the source code and the build. */
export interface TestedProgram {
  /** Its folder, with a slash at its end. */
  readonly folder: string;
  /** Its commands beside those of `main.ts`. */
  readonly furtherCommands: readonly string[];
  /** Returns a command as a user types it into a shell. */
  readonly toShell: (command: string) => string;
}

/** The program that tests start. */
export const TESTED_PROGRAM: TestedProgram = describeTested();

function describeTested(): TestedProgram {
  const [, entry] = BUILD_VARIABLES.map((name) => Deno.env.get(name));
  if (entry === undefined) {
    return {
      folder: new URL("../../", import.meta.url).pathname,
      furtherCommands: [],
      toShell: (command) => `npx -y deno@2.9.6 task --quiet ${command}`,
    };
  }
  return {
    folder: entry.slice(0, entry.lastIndexOf("/") + 1),
    furtherCommands: ["launch"],
    toShell: (command) => `deno run -A ${entry} ${command}`,
  };
}

/** A command of the build, for a shell's `exec`. */
export interface BuildCommand {
  readonly folder: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Arguments of `deno run`; by default the permissions that the launcher gives. */
  readonly permissions: readonly string[] | undefined;
}

const SERVING: readonly string[] = ["dev", "start"] satisfies ServingCommand[];

/**
 * Returns the command line that runs a command of the build; `undefined` when the source code is tested.
 *
 * A server has the permissions that its launcher would give it. Other commands have all.
 */
export function buildCommandLine(
  { folder, args, environment, permissions }: BuildCommand,
): readonly string[] | undefined {
  const [deno, entry] = BUILD_VARIABLES.map((name) => Deno.env.get(name));
  if (deno === undefined || entry === undefined) return undefined;
  const allowed = permissions ?? leastPermissions({ folder, args, environment, entry });
  return [deno, "run", ...allowed, "--quiet", entry, ...args];
}

/** Returns the permissions that the launcher of the build at `entry` gives; all of them for a command that does not serve. */
export function leastPermissions(
  { folder, args, environment, entry }:
    & Omit<BuildCommand, "permissions">
    & { readonly entry: string },
): readonly string[] {
  if (!SERVING.includes(args[0] ?? "")) return ["-A"];
  const root = entry.slice(0, entry.lastIndexOf("/"));
  const command = args[0] === "dev" ? "dev" : "start";
  const lockFile = `${folder}/hark.db.lock`;
  return ["--no-prompt", ...permissionsOf({ command, variables: environment, root, lockFile })];
}
