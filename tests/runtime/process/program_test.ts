import assert from "node:assert/strict";
import { describeProgram } from "../../../runtime/process/program.ts";

const PACKAGE = "/home/ann/node_modules/hark-notify/";

Deno.test("describeProgram: names the file that runs, and its folder", () => {
  const { entry, folder, flags } = describeProgram("file:///opt/my%20hark/hark.js", () => "/");
  assert.deepEqual([entry, folder, flags], ["/opt/my hark/hark.js", "/opt/my hark/", []]);
});

Deno.test("describeProgram: writes commands as the user of each form of the program types them", () => {
  const cases = [
    ["/src/main.ts", "/src", "npx -y deno@2.9.6 task --quiet token"],
    ["/opt/hark/hark.js", "/opt/hark", "deno run -A /opt/hark/hark.js token"],
    ["/it's%20here/hark.js", "/", `deno run -A '/it'\\''s here/hark.js' token`],
    [`${PACKAGE}hark.js`, "/home/ann", "npx hark token"],
    // npx finds a command in the folder that it is called in.
    [`${PACKAGE}hark.js`, "/home/an", `node ${PACKAGE}hark.mjs token`],
    [`${PACKAGE}hark.js`, "/home/ann/sub", `node ${PACKAGE}hark.mjs token`],
  ] as const;
  for (const [path, workingDirectory, command] of cases) {
    const program = describeProgram(`file://${path}`, () => workingDirectory);
    assert.equal(program.toShell("token"), command, path);
    const usage = command.startsWith("node ") ? "hark token" : command;
    assert.equal(program.toUsage("token"), usage, path);
  }
});

Deno.test("describeProgram: finds the packages of the npm package without the user's configuration", () => {
  const { flags } = describeProgram(`file://${PACKAGE}hark.js`, () => "/home/ann");
  assert.deepEqual(flags, ["--no-config", "--node-modules-dir=manual"]);
});

Deno.test("describeProgram: does not read the working directory until a command is written", () => {
  describeProgram(`file://${PACKAGE}hark.js`, () => assert.fail("it was read"));
});
