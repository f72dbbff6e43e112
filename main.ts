/**
 * Command-line entry point of the source code. A Worker that is built from this file serves what `runtime/worker_entry.ts`
 * exports, the smaller entry point.
 */
import { COMMANDS, runCommandLine } from "./runtime/command_line.ts";
import { describeProgram } from "./runtime/process/program.ts";

// Undefined under Deno, where `deno serve` would serve a default export a second time.
export default typeof Deno === "undefined"
  ? (await import("./runtime/worker_entry.ts")).default
  : undefined;

if (typeof Deno !== "undefined" && import.meta.main) {
  await runCommandLine(COMMANDS, describeProgram(import.meta.url, Deno.cwd));
}
