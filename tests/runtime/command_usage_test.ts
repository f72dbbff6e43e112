import assert from "node:assert/strict";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { LAUNCHER, makeFolder, run } from "../support/process.ts";

const ROOT = new URL("../../", import.meta.url);

/** The program as npm installs it: a file of JavaScript in a folder of packages, here over the source code. */
const PACKAGE = "node_modules/hark-notify/hark.js";
const PROGRAM = `
import { COMMANDS, runCommandLine } from "${new URL("runtime/command_line.ts", ROOT)}";
import { describeProgram } from "${new URL("runtime/process/program.ts", ROOT)}";
await runCommandLine(COMMANDS, describeProgram(import.meta.url, Deno.cwd));
`;

/** Wrong calls, and the command line that each command names as the right one. */
const WRONG_CALLS: readonly (readonly [readonly string[], string])[] = [
  [["dev", "extra"], "dev"],
  [["start", "extra"], "start"],
  [["start", "--end-with-parent", "--descriptors=1", "--descriptors"], "start"],
  [["migrate", "extra"], "migrate"],
  // A name that only the server understands.
  [["migrate", "--end-with-parent"], "migrate"],
  [["token", "citizen", "ann", "extra"], "token [KEY|ROLE [RECIPIENT-ID]]"],
  [["backup"], "backup FILE"],
  [["backup", "a.db", "extra"], "backup FILE"],
  [["operator"], "operator EMAIL"],
  [["operator", "ann@dept.example", "extra"], "operator EMAIL"],
  [["account"], "account block|unblock|new-factor EMAIL"],
  [["account", "block", "ann@dept.example", "x"], "account block|unblock|new-factor EMAIL"],
  [["audit"], "audit verify"],
  [["audit", "verify", "extra"], "audit verify"],
  [["receipts", "--all"], "receipts [--to NUMBER|ADDRESS]... [--url URL] [--wait SECONDS]"],
  [["doctor", "--all"], "doctor [--json] [--to NUMBER|ADDRESS]... [--url URL] [--wait SECONDS]"],
];

/** Where the program is and where its user works, with what the user types before a command's name. */
const FORMS = [
  ["the source code", "main.ts", "", "npx -y deno@2.9.6 task --quiet "],
  ["the user's own package", PACKAGE, "", "npx hark "],
  ["a package that is installed elsewhere, as under systemd", PACKAGE, "data", "hark "],
] as const;

for (const [title, path, workingDirectory, prefix] of FORMS) {
  Deno.test(`the commands: a wrong call of ${title} names the command as its user types it`, async () => {
    await using folder = await makeFolder();
    const within = `${folder.path}/${workingDirectory}`;
    await Deno.mkdir(within, { recursive: true });
    let entry = new URL(path, ROOT);
    if (path === PACKAGE) {
      entry = new URL(`file://${folder.path}/${PACKAGE}`);
      await Deno.mkdir(dirname(fileURLToPath(entry)), { recursive: true });
      await Deno.writeTextFile(entry, PROGRAM);
    }
    const config = fileURLToPath(new URL("deno.json", ROOT));
    const permissions = ["-A", "--frozen", `--config=${config}`];
    const process = { folder: { ...folder, path: within }, entry, permissions };
    const ended = await Promise.all(WRONG_CALLS.map(([args]) => run(args, process)));
    WRONG_CALLS.forEach(([, usage], index) => {
      const { code, stderr = "" } = ended[index] ?? {};
      const [, named] = /: (.*)\n$/.exec(stderr) ?? [];
      assert.deepEqual([code, named], [2, prefix + usage], stderr);
    });
  });
}

Deno.test("the launchers: refuse surplus arguments before they start a server, and commands that do not serve", async () => {
  const built = new URL("runtime/built.ts", ROOT);
  const calls = [
    [LAUNCHER, ["start", "extra"], "start"],
    [LAUNCHER, ["dev", "extra"], "dev"],
    // The launcher passes this argument; its user does not.
    [LAUNCHER, ["start", "--end-with-parent"], "start"],
    [built, ["launch", "start", "extra"], "start"],
    [built, ["launch", "migrate"], "launch dev|start"],
  ] as const;
  await using folder = await makeFolder();
  for (const [entry, args, usage] of calls) {
    const { code, stdout, stderr } = await run(args, { folder, environment: { PORT: "0" } }, entry);
    const [, named] = /^The command takes [^:]*: (.*)\n$/.exec(stderr) ?? [];
    assert.deepEqual([code, stdout, named], [2, "", `npx -y deno@2.9.6 task --quiet ${usage}`]);
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
