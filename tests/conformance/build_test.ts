/** `deno task build`: what it makes, and that it serves on each supported version of Deno. */
import assert from "node:assert/strict";
import { cp, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { runCommand, spawnCommand } from "../support/commands.ts";
import { BUILD_VERSIONS, findDeno } from "../support/deno_versions.ts";
import { registryKeys } from "../support/application.ts";
import { createHrana } from "../support/hrana.ts";
import { makeFolder, run, SANDBOX_ENVIRONMENT, serve, waitFor } from "../support/process.ts";
import { BUILD_VARIABLES } from "../support/tested_program.ts";
import { toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { callAs, manage, newService, newTemplate, reachAt, waitForStatus } from "./services.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What the build reads of the source code. */
const SOURCES = ["deno.json", "deno.lock", "LICENSE", "adapters", "application", "domain"]
  .concat(["routes", "runtime", "tools/build", "deploy/systemd"]);
/** What a server on a remote database may do. */
const REMOTE = ["--no-prompt", "--allow-net", "--allow-env"];
const TOKEN = "database-token";

/** Builds the source code in `root` into a folder. */
async function build(root: string, folder: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "build", "--out", folder],
    cwd: root,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

let built: Promise<{ readonly folder: string; readonly printed: string }> | undefined;

/** Builds once for this file. The folder is deleted when the process ends. */
function buildOnce() {
  return built ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "hark-build-" });
    globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
    return { folder, printed: await build(ROOT, folder) };
  })();
}

const SUMS = /^([0-9a-f]{64}) {2}(\S+)$/gm;

Deno.test("deno task build: makes the same files in another folder, and states their checksums and sizes", async () => {
  const { folder, printed } = await buildOnce();
  await using copy = await makeFolder();
  for (const path of ["deploy", "tools"]) await mkdir(`${copy.path}/${path}`);
  for (const path of SOURCES) await cp(ROOT + path, `${copy.path}/${path}`, { recursive: true });
  // Other files of the folder stay.
  const others = ["worker/worker_entry.js", "npm/notes.txt"].map((path) =>
    `${copy.path}/dist/${path}`
  );
  for (const path of others) {
    await mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, "mine");
  }
  await build(copy.path, "dist");
  for (const path of others) assert.equal(await Deno.readTextFile(path), "mine");
  const sums = await Deno.readTextFile(`${folder}/SHA256SUMS`);
  assert.equal(await Deno.readTextFile(`${copy.path}/dist/SHA256SUMS`), sums);
  const files = [...sums.matchAll(SUMS)].map(([, sum = "", path = ""]) => ({ sum, path }));
  assert.deepEqual(files.map(({ path }) => path).slice(0, 3), [
    "hark.js",
    "deploy.js",
    "embedded_thread.js",
  ]);
  for (const { sum, path } of files) {
    const bytes = await Deno.readFile(`${folder}/${path}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    assert.equal(digest.toHex(), sum, path);
    assert.match(
      printed,
      new RegExp(`^${sum}  ${path}  ${bytes.length} bytes, [0-9]+ gzipped$`, "m"),
    );
  }
});

Deno.test("deno task build: refuses an argument that it does not know", async () => {
  const entry = new URL("../../tools/build/main.ts", import.meta.url);
  await using folder = await makeFolder();
  for (const args of [["--out"], ["--out", ""], ["dist"], ["--out", "a", "b"]]) {
    const { code, stderr } = await run(args, { folder }, entry);
    assert.deepEqual([code, stderr], [2, "Usage: deno task build [--modules] [--out FOLDER]\n"]);
  }
});

Deno.test("deno task build: a folder that cannot be written ends it with one line and exit code 1", async () => {
  const entry = new URL("../../tools/build/main.ts", import.meta.url);
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const path = `${folder.path}/file/dist`;
  const { code, stderr } = await run(["--modules", "--out", path], { folder }, entry);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^The build cannot write [^\n]*: Not a directory [^\n]* with --out\n$/);
  assert.ok(stderr.includes(path), stderr);
});

for (const version of BUILD_VERSIONS) {
  const deno = await findDeno(version);
  const options = { ignore: deno === undefined && Deno.env.get("CI") !== "true" };

  Deno.test(
    `the build on Deno ${version}: serves with a remote database by --allow-net and --allow-env alone`,
    options,
    async () => {
      assert.ok(deno !== undefined, `npx -y deno@${version} --version`);
      const entry = new URL(`file://${(await buildOnce()).folder}/hark.js`);
      await using hrana = createHrana(":memory:", { authToken: TOKEN });
      const server = hrana.serve();
      await using folder = await makeFolder();
      const environment = {
        ...SANDBOX_ENVIRONMENT,
        DATABASE_URL: server.url,
        DATABASE_AUTH_TOKEN: TOKEN,
        ACCESS_TOKEN_JWKS: toJwks(await registryKeys()),
        ...TOKEN_RULES,
      };
      const process = { folder, environment, deno, permissions: REMOTE, entry };
      const migrated = await run(["migrate"], process);
      assert.equal(migrated.code, 0, migrated.stderr);
      assert.match(migrated.stdout, /^migrated: /);
      await using hark = await serve("start", process);
      await sendAndDeliver(hark.url);
      const { code, stdout } = await hark.kill("SIGTERM");
      assert.equal(code, 0, stdout);
      assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
      await server.close();
    },
  );

  Deno.test(
    `the build on Deno ${version}: serves GOV.UK Notify's client on a database file, with least permissions`,
    options,
    async () => {
      assert.ok(deno !== undefined, `npx -y deno@${version} --version`);
      const [denoVariable, entryVariable] = BUILD_VARIABLES;
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["test", "-A", "--quiet", "--no-check", "--lock=tests/deno.lock", "--frozen"].concat([
          "tests/conformance/official_client_test.ts",
          "tests/conformance/official_client_files_test.ts",
        ]),
        cwd: ROOT,
        stdin: "null",
        env: {
          NO_COLOR: "1",
          [denoVariable]: deno,
          [entryVariable]: `${(await buildOnce()).folder}/hark.js`,
        },
      }).output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.ok(success && /ok \| 2 passed/.test(text), text);
    },
  );
}

/** Without notices and other requests that the command does not need. */
const npm = (args: readonly string[], cwd?: string) =>
  runCommand("npm", [...args, "--no-audit", "--no-fund", "--no-update-notifier"], cwd);

const canInstall =
  (await npm(["install", "--dry-run", "--offline", `deno@${Deno.version.deno}`].concat([
    manifest.imports.libsql.replace("npm:", ""),
  ]))).success;

Deno.test(
  "the package for npm: sends a first text by npx in an empty folder, with Node alone",
  { ignore: !canInstall && Deno.env.get("CI") !== "true" },
  async () => {
    await using folder = await makeFolder();
    const { folder: built } = await buildOnce();
    const packed = await npm(
      ["pack", "--silent", "--pack-destination", folder.path],
      `${built}/npm`,
    );
    const tarball = packed.stdout.trim();
    assert.match(tarball, /^[\w-]+-\d+\.\d+\.\d+\.tgz$/, packed.stderr);
    const installed = await npm(["install", "--offline", `./${tarball}`], folder.path);
    assert.ok(installed.success, installed.stderr);
    const help = await runCommand("npx", ["hark", "--help"], folder.path);
    assert.match(help.stdout, /^Usage: npx hark COMMAND /, help.stderr);
    await using hark = spawnCommand("npx", ["hark", "dev"], folder.path, { PORT: "0" });
    const { url, token, body } = await waitFor("the banner", () => {
      if (hark.hasEnded()) assert.fail(hark.output());
      const banner = hark.output();
      const [url] = /http:\S+\/v2\/notifications\/sms/.exec(banner) ?? [];
      const [, token] = /Bearer \$\((npx hark token)\)"/.exec(banner) ?? [];
      const [, body] = /-d '([^']*)'/.exec(banner) ?? [];
      return url && token && body ? { url, token, body } : undefined;
    });
    const issued = await runCommand("sh", ["-c", token], folder.path);
    const sent = await fetch(url, {
      method: "POST",
      headers: {
        "Authorization": `Bearer ${issued.stdout.trim()}`,
        "Content-Type": "application/json",
      },
      body,
    });
    assert.equal(sent.status, 201, await sent.text());
    const mailbox = new URL("/dev/mailbox", url);
    await waitFor(
      "the text in the mailbox",
      async () =>
        (await (await fetch(mailbox)).text()).includes("Hello Ann, your appointment is on 1 May."),
    );
    await hark.stop();
    await waitFor(
      "the server to end",
      async () => await fetch(mailbox).then((response) => response.body?.cancel(), () => true),
    );
  },
);

/** Sends a text as a service does, and waits until it is delivered. */
async function sendAndDeliver(origin: string): Promise<void> {
  const reach = reachAt(() => origin);
  const health = await manage(reach, "GET", "/healthz");
  assert.deepEqual(health.body, { status: "ok", version: manifest.version });
  const { id, keys } = await newService(reach);
  const template_id = await newTemplate(reach, id, {
    channel: "sms",
    name: "Text",
    body: "Hello ((name))",
  });
  const request = { template_id, phone_number: "07900900123", personalisation: { name: "Ann" } };
  const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/sms", request);
  assert.equal(sent.status, 201);
  await waitForStatus(reach, keys.live, sent.body.id, "delivered");
  // The pages and the registries' API are parts of the module that the first requests of them load.
  for (const path of ["/", "/inbox.js"]) {
    const response = await reach(path);
    assert.equal(response.status, 200, path);
    await response.body?.cancel();
  }
}
