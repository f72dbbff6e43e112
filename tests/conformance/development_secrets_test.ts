/** The folder of development, when its secrets cannot be read or written. */
import assert from "node:assert/strict";
import { makeFolder, run } from "../support/process.ts";

/** Commands that use the development database where `DATABASE_URL` is not set. */
const COMMANDS = [["dev"], ["migrate"], ["operator", "ann@dept.example"], ["audit", "verify"]];
/** A file whose writing was cut off, and others that have no secrets. */
const DAMAGED = ['{"masterKey":"c2VjcmV0', "", "null", "[]"];

Deno.test("dev, migrate, operator, audit: say that the development secrets are damaged, and leave them as they are", async () => {
  await using folder = await makeFolder();
  await Deno.mkdir(`${folder.path}/.data`);
  const file = `${folder.path}/.data/development.json`;
  for (const [at, text] of DAMAGED.entries()) {
    await Deno.writeTextFile(file, text);
    const commands = at === 0 ? COMMANDS : [["migrate"]];
    for (
      const { code, stderr } of await Promise.all(commands.map((args) => run(args, { folder })))
    ) {
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /^Hark cannot start\.\n\.data\/development\.json is damaged\. It has.*\n$/,
      );
      assert.doesNotMatch(stderr, /c2VjcmV0/);
    }
    assert.equal(await Deno.readTextFile(file), text);
  }
  await Deno.remove(file);
  await Deno.mkdir(file);
  const { code, stderr } = await run(["token"], { folder });
  assert.equal(code, 1);
  assert.match(stderr, /^\.data\/development\.json cannot be read: .*\n$/);
});

Deno.test("dev, migrate, operator, audit: say that a folder cannot be written, and how to go on", async () => {
  // No user may create a file there.
  const folder = { path: "/proc", [Symbol.asyncDispose]: () => Promise.resolve() };
  // Deno lets no program with fewer permissions read there.
  const options = { folder, permissions: ["-A"] };
  for (const { code, stderr } of await Promise.all(COMMANDS.map((args) => run(args, options)))) {
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /^Hark cannot start\.\nthe folder \.data of development cannot be written: .*; run the command in a folder that Hark may write to\n$/,
    );
  }
});

Deno.test("migrate: writes the development secrets once, and needs to write none afterwards", async () => {
  await using folder = await makeFolder();
  assert.equal((await run(["migrate"], { folder })).code, 0);
  const file = `${folder.path}/.data/development.json`;
  const [before, written] = [await Deno.readTextFile(file), (await Deno.stat(file)).mtime];
  assert.equal((await run(["migrate"], { folder })).code, 0);
  assert.deepEqual([await Deno.readTextFile(file), (await Deno.stat(file)).mtime], [
    before,
    written,
  ]);
  const names = await Array.fromAsync(Deno.readDir(`${folder.path}/.data`), ({ name }) => name);
  assert.deepEqual(names.filter((name) => name.startsWith("development")), ["development.json"]);
});
