#!/usr/bin/env node
// Runs hark.js by the Deno of this package. Node runs this file.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Commands that serve: `launch` gives them the permissions that they need, and no others. */
const SERVING = ["dev", "start"];

const [command = "start", ...args] = process.argv.slice(2);
const deno = createRequire(import.meta.url)("deno/install_api.cjs").runInstall();
const child = spawn(deno, [
  ...["run", "-A", "--quiet", "--no-prompt", "--no-config", "--node-modules-dir=manual"],
  fileURLToPath(new URL("hark.js", import.meta.url)),
  ...(SERVING.includes(command) ? ["launch"] : []),
  command,
  ...args,
], { stdio: "inherit", env: { DENO_NO_UPDATE_CHECK: "1", ...process.env } });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`Deno cannot be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));
