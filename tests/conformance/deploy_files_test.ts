/** The files of `deploy/`: each is checked by its own program, where that is installed. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { permissionsOf } from "../../runtime/process/permissions.ts";
import { PACKAGE_NAME } from "../../tools/build/package.ts";
import { runCommand } from "../support/commands.ts";
import { makeFolder } from "../support/process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCKER = `${ROOT}deploy/docker`;
const UNIT = await Deno.readTextFile(`${ROOT}deploy/systemd/hark.service`);
const DOCKERFILE = await Deno.readTextFile(`${DOCKER}/Dockerfile`);
const isCi = Deno.env.get("CI") === "true";

/** Options of a test that needs a program. */
async function needs(program: string) {
  const { success } = await runCommand("sh", ["-c", `command -v ${program}`]);
  return { ignore: !success && !isCi };
}

/** The exposure that `systemd-analyze security` may find at most: 0 is none, 10 that of a service without a sandbox. */
const MOST_EXPOSURE = 1.5;

/** The arguments of `deno` with which a file in `deploy/` starts the server. */
const STARTED_BY = {
  "hark.service": (/^ExecStart=\S+\/deno (.*)$/m.exec(UNIT)?.[1] ?? "").split(" "),
  Dockerfile: JSON.parse(/^ENTRYPOINT (.*)$/m.exec(DOCKERFILE)?.[1] ?? "[]").slice(1)
    .concat(JSON.parse(/^CMD (\[.*\])$/m.exec(DOCKERFILE)?.[1] ?? "[]")),
};

for (const [file, data] of [["hark.service", "/var/lib/hark"], ["Dockerfile", "/data"]] as const) {
  Deno.test(`deploy/: ${file} starts the server with the launcher's flags and permissions`, async () => {
    const launcher = await Deno.readTextFile(`${ROOT}runtime/process/launch.ts`);
    const v8Flags = /"(--v8-flags=[^"]*)"/.exec(launcher)?.[1] ?? "";
    const permissions = permissionsOf({
      command: "start",
      variables: { DATABASE_URL: `file:${data}/hark.db`, FILES_DIR: `${data}/files` },
      root: "/opt/hark/",
      lockFile: `${data}/hark.db.lock`,
    });
    const expected = permissions.map((flag) => flag.replace(/^(--allow-write)=.*$/, `$1=${data}`));
    const args: readonly string[] = STARTED_BY[file];
    assert.deepEqual(args.slice(0, -2), [
      ...["run", "--quiet", "--no-prompt", "--no-config", "--node-modules-dir=manual"],
      ...expected,
      v8Flags,
    ]);
    assert.match(args.at(-2) ?? "", new RegExp(`/node_modules/${PACKAGE_NAME}/hark\\.js$`));
    assert.equal(args.at(-1), "start");
    const text = file === "Dockerfile" ? DOCKERFILE : UNIT;
    assert.match(text, /MALLOC_MMAP_THRESHOLD_=1048576/);
    assert.match(launcher, /MALLOC_MMAP_THRESHOLD_: String\(1024 \* 1024\)/);
  });
}

Deno.test(
  "deploy/: systemd finds no fault in the unit, and little that its service could reach",
  await needs("systemd-analyze"),
  async () => {
    await using folder = await makeFolder();
    // The release is not installed here.
    const unit = UNIT.replace(/^ExecStart=\S+/m, `ExecStart=${Deno.execPath()}`);
    await Deno.writeTextFile(`${folder.path}/hark.service`, unit);
    const verified = await runCommand(
      "systemd-analyze",
      ["verify", "--man=no", "./hark.service"],
      folder.path,
    );
    assert.deepEqual([verified.success, verified.stderr], [true, ""]);
    const args = [
      "security",
      "--offline=yes",
      `--threshold=${MOST_EXPOSURE * 10}`,
      "./hark.service",
    ];
    const security = await runCommand("systemd-analyze", args, folder.path);
    assert.ok(security.success, security.stdout);
  },
);

Deno.test("deploy/: the command for systemd is valid shell", async () => {
  const { success, stderr } = await runCommand("sh", ["-n", `${ROOT}deploy/systemd/hark`]);
  assert.ok(success, stderr);
});

Deno.test("deploy/: Caddy reads its configuration", await needs("caddy"), async () => {
  const { success, stderr } = await runCommand("env", [
    ...["SITE=hark.example.gov", "caddy", "validate", "--adapter", "caddyfile"],
    ...["--config", `${DOCKER}/Caddyfile`],
  ]);
  assert.ok(success, stderr);
});

Deno.test(
  "deploy/: Compose reads its file, and asks for the name of the site",
  await needs("docker-compose"),
  async () => {
    await using folder = await makeFolder();
    for (const name of ["compose.yaml", "Caddyfile"]) {
      await Deno.copyFile(`${DOCKER}/${name}`, `${folder.path}/${name}`);
    }
    await Deno.copyFile(`${DOCKER}/hark.env.example`, `${folder.path}/hark.env`);
    const config = () =>
      runCommand("docker-compose", ["-f", "compose.yaml", "config"], folder.path);
    assert.match((await config()).stderr, /the host name/);
    await Deno.writeTextFile(`${folder.path}/.env`, "SITE=hark.example.gov\n");
    const { success, stdout, stderr } = await config();
    assert.ok(success, stderr);
    assert.match(stdout, /PUBLIC_URL: https:\/\/hark\.example\.gov\n/);
    // Docker starts these again with the machine.
    assert.equal(stdout.match(/restart: unless-stopped/g)?.length, 2);
    // Only Hark has its secrets.
    assert.equal(stdout.match(/MASTER_KEY/g)?.length, 1);
  },
);

Deno.test("deploy/: the context of the image has all that the build reads", async () => {
  const ignore = await Deno.readTextFile(`${DOCKER}/Dockerfile.dockerignore`);
  const kept = [...ignore.matchAll(/^!(.+)$/gm)].map(([, path]) => path).sort();
  const test = await Deno.readTextFile(new URL("build_test.ts", import.meta.url));
  for (const path of kept) {
    assert.ok(test.includes(`"${path}"`), `${path} is not read by the build`);
  }
  assert.equal(kept.length, 10);
});
