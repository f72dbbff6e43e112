/**
 * Runs a server in a process of its own, with the permissions that the configuration needs and no others: `deno task`
 * cannot derive them. The launcher has all permissions and no network connection.
 *
 * The server stops on the launcher's SIGINT and SIGTERM, and also when whatever started the launcher has ended: `npx
 * deno task start` passes no signal on.
 */
import { readDescriptorLimit } from "../listener/descriptor_limit.ts";
import { watchAncestors } from "./ancestors.ts";
import { hideNewFiles, lockFileOf } from "./data_files.ts";
import { NO_PARAMETERS, refuseSurplus } from "./parameters.ts";
import { permissionsOf, type ServingCommand } from "./permissions.ts";
import type { Program } from "./program.ts";
import { writeProcessArguments } from "./server_arguments.ts";

/** Bounds how far V8 lets the heap grow before it collects. */
const V8_FLAGS = "--v8-flags=--max-semi-space-size=16,--heap-growing-percent=50";

/**
 * A password hash needs 16 MiB for 0.3 s. By itself glibc keeps freed blocks of that size for each thread that had one;
 * with a threshold that is set, blocks above it go back to the system. Other allocators ignore the variable.
 */
const MALLOC_THRESHOLD = { MALLOC_MMAP_THRESHOLD_: String(1024 * 1024) } as const;

/**
 * Runs a command of the program until it ends. Ends the process with 2 when the call has further arguments: the server may
 * lack the permission to find out how its user types the command.
 *
 * @param args the arguments after the command's name
 * @returns its exit code
 */
export async function launch(
  command: ServingCommand,
  args: readonly string[],
  program: Program,
): Promise<number> {
  refuseSurplus(command, NO_PARAMETERS, args, program);
  const { entry, flags, folder } = program;
  // The server inherits it; it may need a permission to set it that it does not have.
  hideNewFiles();
  const descriptorLimit = await readDescriptorLimit();
  const variables = Deno.env.toObject();
  const lockFile = await lockFileOf(variables.DATABASE_URL ?? "");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      ...permissionsOf({ command, variables, root: folder, lockFile }),
      V8_FLAGS,
      ...flags,
      entry,
      command,
      // The server may not read these by itself.
      ...writeProcessArguments({ endsWithParent: true, descriptorLimit }),
    ],
    env: { ...MALLOC_THRESHOLD, ...variables },
    stdin: "null",
  }).spawn();
  const stop = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stop(signal));
  }
  watchAncestors(() => stop("SIGTERM"));
  return (await child.status).code;
}
