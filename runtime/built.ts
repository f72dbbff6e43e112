/**
 * Entry point of the build, which `deno task build` makes one module of. Beside the source code's commands it has
 * `launch dev` and `launch start`, which start a server with least permissions.
 */
import { COMMANDS, runCommandLine } from "./command_line.ts";
import { launch } from "./process/launch.ts";
import { describeProgram } from "./process/program.ts";

await runCommandLine({
  ...COMMANDS,
  launch: {
    summary: "Run dev or start with the permissions that it needs, and no others",
    parameters: "checked by the command",
    async run(program) {
      const [, command = "start", ...args] = Deno.args;
      if (command !== "dev" && command !== "start") {
        console.error(`The command takes dev or start: ${program.toUsage("launch dev|start")}`);
        Deno.exit(2);
      }
      Deno.exit(await launch(command, args, program));
    },
  },
}, describeProgram(import.meta.url, Deno.cwd));
