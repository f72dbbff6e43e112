/** How Hark's own commands start the server, and that no command leaves it behind. */

import assert from "node:assert/strict";
import { createHrana } from "../support/hrana.ts";
import {
  type Folder,
  LAUNCHER,
  makeFolder,
  migrateFolder,
  run,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import { childrenOf } from "../hostile/clients.ts";

const isLinux = Deno.build.os === "linux";
const ROOT = new URL("../../", import.meta.url).pathname;
/** In which the port must be free after a stop signal. */
const STOP_TIMEOUT_MS = 10_000;

async function commandLineOf(pid: number): Promise<string> {
  return (await Deno.readTextFile(`/proc/${pid}/cmdline`)).replaceAll("\0", " ");
}

async function canListen(port: number): Promise<boolean> {
  try {
    Deno.listen({ hostname: "0.0.0.0", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return await Promise.resolve(false);
    throw error;
  }
}

/** Starts a command, waits until it serves, sends SIGTERM to it alone, and waits until the port is free. */
async function stopCommand(
  command: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const child = new Deno.Command(command[0] ?? "", {
    args: command.slice(1),
    cwd,
    env: { ...environment, PORT: "0", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let printed = "";
  const output = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text;
  })();
  const port = await waitFor("the server to listen", () => {
    const found = /"listening","port":(\d+)|listening on http:\/\/localhost:(\d+)/.exec(printed);
    return found === null ? undefined : Number(found[1] ?? found[2]);
  });
  assert(!await canListen(port));
  child.kill("SIGTERM");
  await child.status;
  await waitFor("the port to be free", () => canListen(port), { timeoutMs: STOP_TIMEOUT_MS });
  await output;
  assert.match(printed, /"event":"stopped"/);
}

const startEnvironment = ({ path }: Folder) => ({
  ...SANDBOX_ENVIRONMENT,
  DATABASE_URL: `file:${path}/hark.db`,
});

for (
  const [name, command] of [
    ["npx deno task start", ["npx", "-y", "deno@2.9.6", "task", "start"]],
    ["deno task start", [Deno.execPath(), "task", "start"]],
  ] as const
) {
  Deno.test({
    name: `${name}: stops the server when it gets SIGTERM`,
    ignore: !isLinux,
    async fn() {
      await using folder = await makeFolder();
      await migrateFolder(folder);
      await stopCommand(command, ROOT, startEnvironment(folder));
    },
  });
}

Deno.test({
  name: "npx deno, with dev: stops the server when it gets SIGTERM",
  ignore: !isLinux,
  async fn() {
    await using folder = await makeFolder();
    const command = ["npx", "-y", "deno@2.9.6", "run", "-A", "--quiet", LAUNCHER.pathname, "dev"];
    await stopCommand(command, folder.path, {});
  },
});

Deno.test({
  name: "launcher: the server stops when the launcher was killed",
  ignore: !isLinux,
  async fn() {
    await using folder = await makeFolder();
    await migrateFolder(folder);
    const hark = await serve("start", {
      folder,
      entry: LAUNCHER,
      environment: SANDBOX_ENVIRONMENT,
    });
    const port = Number(new URL(hark.url).port);
    // Its output ends with the server, not with the launcher.
    const { stdout } = await hark.kill("SIGKILL");
    assert.match(stdout, /"event":"stopped"/);
    await waitFor("the port to be free", () => canListen(port), { timeoutMs: STOP_TIMEOUT_MS });
  },
});

Deno.test({
  name: "launcher: gives a server on a file the permissions that it needs, and no others",
  ignore: !isLinux,
  async fn() {
    await using folder = await makeFolder();
    await migrateFolder(folder);
    await using hark = await serve("start", {
      folder,
      entry: LAUNCHER,
      environment: { ...SANDBOX_ENVIRONMENT, FILES_DIR: "files" },
    });
    const [server] = await childrenOf(hark.pid);
    const commandLine = await commandLineOf(server ?? 0);
    assert.match(
      commandLine,
      /--allow-net --allow-env --allow-sys --allow-ffi --allow-read --allow-write=\S+\/hark\.db\.lock,files --v8-flags/,
    );
    assert.doesNotMatch(commandLine, /--allow-run| -A |--allow-all/);
    assert.equal((await hark.kill("SIGTERM")).code, 0);
  },
});

Deno.test({
  name: "launcher: a server on a remote database needs neither ffi nor sys nor write",
  ignore: !isLinux,
  async fn() {
    await using folder = await makeFolder();
    await using remote = createHrana(":memory:");
    const environment = { ...SANDBOX_ENVIRONMENT, DATABASE_URL: remote.serve().url };
    assert.equal((await run(["migrate"], { folder, environment })).code, 0);
    await using hark = await serve("start", { folder, entry: LAUNCHER, environment });
    const [server] = await childrenOf(hark.pid);
    assert.doesNotMatch(
      await commandLineOf(server ?? 0),
      /--allow-(?:run|write|sys|ffi|all)| -A |--allow-read /,
    );
    assert.equal((await hark.kill("SIGTERM")).code, 0);
  },
});

Deno.test({
  name: "migrate and dev: make files that their owner alone may read",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await makeFolder();
    assert.equal((await run(["migrate"], { folder, environment: SANDBOX_ENVIRONMENT })).code, 0);
    await using hark = await serve("dev", { folder, entry: LAUNCHER, environment: { PORT: "0" } });
    for (const path of [".", ".data"]) {
      const files = [...Deno.readDirSync(`${folder.path}/${path}`)];
      assert(files.some(({ name }) => name === "hark.db"));
      for (const { name, isDirectory } of files) {
        const { mode } = await Deno.stat(`${folder.path}/${path}/${name}`);
        assert.equal((mode ?? 0) & 0o777, isDirectory ? 0o700 : 0o600, `${path}/${name}`);
      }
    }
    assert.equal((await hark.kill("SIGTERM")).code, 0);
  },
});

Deno.test({
  name: "start: warns when other users may read the database, and not when they may not",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await makeFolder();
    await migrateFolder(folder);
    for (const [mode, isWarned] of [[0o644, true], [0o640, false], [0o600, false]] as const) {
      await Deno.chmod(`${folder.path}/hark.db`, mode);
      await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
      const warning = "other users may read the file (mode 644): chmod 600 hark.db*";
      assert.equal(hark.stdout.includes(warning), isWarned);
    }
  },
});
