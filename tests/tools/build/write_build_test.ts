import assert from "node:assert/strict";
import { dirname } from "node:path";
import { CannotWriteBuild, writeBuild } from "../../../tools/build/write_build.ts";
import { makeFolder } from "../../support/process.ts";

const FILES = new Map([["hark.js", "1"], ["deno.json", "{}"], ["npm/systemd/hark", "2"]]);
const NAMES = ["SHA256SUMS", ...FILES.keys()].sort();

/** The texts of all files below a folder, by their paths. */
async function readAll(folder: string, within = ""): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${within}`)) {
    const path = `${within}${name}`;
    if (isDirectory) (await readAll(folder, `${path}/`)).forEach((text, at) => texts.set(at, text));
    else texts.set(path, await Deno.readTextFile(`${folder}/${path}`));
  }
  return texts;
}

/** Writes a text, with the folders above it. */
async function put(folder: string, path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
  await Deno.writeTextFile(`${folder}/${path}`, text);
}

Deno.test("writeBuild: makes the folder with its files and their checksums", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/new/dist`;
  await writeBuild(path, FILES);
  const texts = await readAll(path);
  assert.deepEqual([...texts.keys()].sort(), NAMES);
  assert.equal(
    texts.get("SHA256SUMS")?.split("\n")[0],
    "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b  hark.js",
  );
});

Deno.test("writeBuild: keeps files that it does not make, also in the package's folder", async () => {
  await using folder = await makeFolder();
  const others = { "worker/entry.js": "the Worker", "npm/notes.txt": "mine", "npm/a/b.txt": "b" };
  for (const [path, text] of Object.entries(others)) await put(folder.path, path, text);
  await writeBuild(folder.path, FILES);
  await writeBuild(folder.path, FILES);
  const texts = await readAll(folder.path);
  for (const [path, text] of Object.entries(others)) assert.equal(texts.get(path), text);
});

Deno.test("writeBuild: writes over the files of an earlier build, when some are gone too", async () => {
  await using folder = await makeFolder();
  await writeBuild(folder.path, FILES);
  await Deno.remove(`${folder.path}/deno.json`);
  await writeBuild(folder.path, new Map([...FILES, ["hark.js", "3"]]));
  assert.equal((await readAll(folder.path)).get("hark.js"), "3");
});

Deno.test("writeBuild: an interrupted first build does not keep the next one from the folder", async () => {
  await using folder = await makeFolder();
  // The last file cannot be written.
  await assert.rejects(writeBuild(folder.path, new Map([...FILES, ["hark.js/a", "4"]])));
  assert.equal((await readAll(folder.path)).get("hark.js"), "1");
  await writeBuild(folder.path, FILES);
});

Deno.test("writeBuild: a build of fewer files leaves the checksums of the others that exist", async () => {
  await using folder = await makeFolder();
  await writeBuild(folder.path, FILES);
  const before = await Deno.readTextFile(`${folder.path}/SHA256SUMS`);
  await Deno.remove(`${folder.path}/npm`, { recursive: true });
  await writeBuild(folder.path, new Map([["hark.js", "1"]]));
  assert.equal(
    await Deno.readTextFile(`${folder.path}/SHA256SUMS`),
    before.split("\n").filter((line) => !line.includes("npm/")).join("\n"),
  );
  await writeBuild(folder.path, FILES);
  assert.equal(await Deno.readTextFile(`${folder.path}/SHA256SUMS`), before);
});

const sum = (path: string) => `${"0".repeat(64)}  ${path}\n`;
const OCCUPIED: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ["a file of the same name", { "deno.json": "mine" }, "deno.json"],
  [
    "a file of the same name in the package's folder",
    { "npm/systemd/hark": "x" },
    "npm/systemd/hark",
  ],
  ["a file in the place of a folder", { "npm": "x" }, "npm"],
  ["a folder in the place of a file", { "hark.js/a": "x" }, "hark.js"],
  ["checksums of another project", { "SHA256SUMS": sum("other.tgz") }, "SHA256SUMS"],
  [
    "checksums of another project that name files of the build's names",
    { "SHA256SUMS": sum("deno.json") + sum("npm/systemd/hark"), "deno.json": "mine" },
    "SHA256SUMS deno.json",
  ],
  [
    "a file that the checksums do not name",
    { "SHA256SUMS": sum("hark.js"), "hark.js": "0", "deno.json": "mine" },
    "deno.json",
  ],
];
for (const [title, present, named] of OCCUPIED) {
  Deno.test(`writeBuild: refuses ${title}, and changes nothing`, async () => {
    await using folder = await makeFolder();
    for (const [path, text] of Object.entries(present)) await put(folder.path, path, text);
    await assert.rejects(writeBuild(folder.path, FILES), (error) => {
      assert.ok(error instanceof CannotWriteBuild);
      const paths = named.split(" ").map((path) => `${folder.path}/${path}`);
      assert.deepEqual(error.message.split("\n").slice(1).sort(), paths);
      return true;
    });
    assert.deepEqual(Object.fromEntries(await readAll(folder.path)), present);
  });
}

Deno.test("writeBuild: refuses a file in the place of its folder, and a link to a file of others", async () => {
  await using folder = await makeFolder();
  await put(folder.path, "file", "mine");
  await assert.rejects(writeBuild(`${folder.path}/file`, FILES), CannotWriteBuild);
  await writeBuild(`${folder.path}/dist`, FILES);
  await Deno.remove(`${folder.path}/dist/hark.js`);
  await Deno.symlink(`${folder.path}/file`, `${folder.path}/dist/hark.js`);
  await assert.rejects(writeBuild(`${folder.path}/dist`, FILES), CannotWriteBuild);
  assert.equal(await Deno.readTextFile(`${folder.path}/file`), "mine");
});

Deno.test("writeBuild: refuses a link in the place of a folder below its own, and changes nothing", async () => {
  for (const target of ["others", "missing"]) {
    await using folder = await makeFolder();
    const path = `${folder.path}/dist`;
    await put(folder.path, "others/systemd/hark", "mine");
    await writeBuild(path, FILES);
    await Deno.remove(`${path}/npm`, { recursive: true });
    await Deno.symlink(`${folder.path}/${target}`, `${path}/npm`);
    await assert.rejects(writeBuild(path, new Map([...FILES, ["hark.js", "3"]])), (error) => {
      assert.ok(error instanceof CannotWriteBuild);
      assert.deepEqual(error.message.split("\n").slice(1), [`${path}/npm`]);
      return true;
    });
    assert.equal(await Deno.readTextFile(`${path}/hark.js`), "1");
    assert.equal(await Deno.readTextFile(`${folder.path}/others/systemd/hark`), "mine");
  }
});

Deno.test("writeBuild: its folder may be a link to a folder, and is refused as a link to nothing", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/dist`;
  await Deno.symlink(`${folder.path}/elsewhere`, path);
  await assert.rejects(writeBuild(path, FILES), (error) => {
    assert.ok(error instanceof CannotWriteBuild);
    assert.deepEqual(error.message.split("\n").slice(1), [path]);
    return true;
  });
  await Deno.mkdir(`${folder.path}/elsewhere`);
  await writeBuild(path, FILES);
  await writeBuild(path, FILES);
  assert.deepEqual([...(await readAll(`${folder.path}/elsewhere`)).keys()].sort(), NAMES);
});

Deno.test("writeBuild: hard links to the files of an earlier build keep its texts", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/dist`;
  await writeBuild(path, FILES);
  const before = await readAll(path);
  for (const name of NAMES) {
    await Deno.mkdir(dirname(`${folder.path}/previous/${name}`), { recursive: true });
    await Deno.link(`${path}/${name}`, `${folder.path}/previous/${name}`);
  }
  await writeBuild(path, new Map(FILES.keys().map((name) => [name, "new"])));
  assert.deepEqual(await readAll(`${folder.path}/previous`), before);
  assert.equal((await readAll(path)).get("npm/systemd/hark"), "new");
});

Deno.test("writeBuild: replaces temporary files of an interrupted build, and follows no link of such a name", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/dist`;
  await put(folder.path, "file", "mine");
  await put(path, "SHA256SUMS.hark-build", "");
  await put(path, "npm/systemd/hark.hark-build", "half");
  await Deno.symlink(`${folder.path}/file`, `${path}/hark.js.hark-build`);
  await writeBuild(path, FILES);
  assert.deepEqual([...(await readAll(path)).keys()].sort(), NAMES);
  assert.equal(await Deno.readTextFile(`${folder.path}/file`), "mine");
});

Deno.test("writeBuild: a file that cannot be written is named in one line, and the others of the build stay whole", async () => {
  await using folder = await makeFolder();
  await writeBuild(folder.path, FILES);
  const before = await readAll(folder.path);
  for (const name of ["SHA256SUMS", "hark.js"]) {
    // Not even root can create a file or delete a folder with files here.
    await put(folder.path, `${name}.hark-build/a`, "x");
    await assert.rejects(writeBuild(folder.path, FILES), (error) => {
      assert.ok(error instanceof CannotWriteBuild);
      const [start = "", end = ""] = error.message.split(/: .* \(os error \d+\)\. /);
      assert.equal(start, `The build cannot write ${folder.path}/${name}`);
      assert.equal(end, "Make it writable, or choose another folder with --out");
      return true;
    });
    await Deno.remove(`${folder.path}/${name}.hark-build`, { recursive: true });
    assert.deepEqual(await readAll(folder.path), before);
  }
});

Deno.test("writeBuild: makes the files executable that are named so, also after an earlier build", async () => {
  await using folder = await makeFolder();
  for (let build = 0; build < 2; build++) {
    await writeBuild(folder.path, FILES, ["npm/systemd/hark"]);
    const modes = await Promise.all(
      ["npm/systemd/hark", "hark.js"].map(async (path) =>
        ((await Deno.stat(`${folder.path}/${path}`)).mode ?? 0) & 0o111
      ),
    );
    assert.deepEqual(modes, [0o111, 0]);
  }
});
