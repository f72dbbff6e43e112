/** Starts the source code's `dev` or `start` with least permissions. It loads little: the server loads the rest. */
import { launch } from "./process/launch.ts";
import { describeProgram } from "./process/program.ts";

if (import.meta.main) {
  const program = describeProgram(new URL("../main.ts", import.meta.url).href, Deno.cwd);
  Deno.exit(await launch(Deno.args[0] === "dev" ? "dev" : "start", program));
}
