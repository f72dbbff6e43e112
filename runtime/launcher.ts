/** Starts the source code's `dev` or `start` with least permissions. It loads little: the server loads the rest. */
import { asksForHelp, HELP_COMMAND } from "./process/help.ts";
import { launch } from "./process/launch.ts";
import { describeProgram } from "./process/program.ts";

/** Prints the usage text of the program at `entry`. @returns the exit code */
async function printHelp(entry: string): Promise<number> {
  // An import of the commands would make every start read their modules: Deno reads what may be imported.
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", entry, HELP_COMMAND],
    stdin: "null",
  }).spawn().status;
  return code;
}

if (import.meta.main) {
  const program = describeProgram(new URL("../main.ts", import.meta.url).href, Deno.cwd);
  Deno.exit(
    asksForHelp(Deno.args)
      ? await printHelp(program.entry)
      : await launch(Deno.args[0] === "dev" ? "dev" : "start", Deno.args.slice(1), program),
  );
}
