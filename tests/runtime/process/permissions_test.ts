import assert from "node:assert/strict";
import { databaseFile, permissionsOf } from "../../../runtime/process/permissions.ts";

const root = "/opt/hark/";

Deno.test("permissionsOf: lets a server on a file write its lock and the folder of files, and run nothing", () => {
  const variables = { DATABASE_URL: "file:/var/lib/hark/hark.db", FILES_DIR: "/srv/a,b" };
  const lockFile = "/var/lib/hark/hark.db.lock";
  assert.deepEqual(permissionsOf({ command: "start", variables, root, lockFile }), [
    "--allow-net",
    "--allow-env",
    "--allow-sys",
    "--allow-ffi",
    "--allow-read",
    "--allow-write=/var/lib/hark/hark.db.lock,/srv/a,,b",
  ]);
});

Deno.test("permissionsOf: lets a server on a remote database read the program and write nothing", () => {
  const variables = { DATABASE_URL: "libsql://db.example", FILES_DIR: "" };
  assert.deepEqual(permissionsOf({ command: "start", variables, root, lockFile: undefined }), [
    "--allow-net",
    "--allow-env",
    "--allow-read=/opt/hark/",
  ]);
});

Deno.test("permissionsOf: lets a server on a remote database read and write the folder of files", () => {
  const variables = { DATABASE_URL: "https://db.example", FILES_DIR: "/srv/files" };
  assert.deepEqual(
    permissionsOf({ command: "start", variables, root, lockFile: undefined }).slice(2),
    [
      "--allow-read=/opt/hark/,/srv/files",
      "--allow-write=/srv/files",
    ],
  );
});

Deno.test("permissionsOf: lets dev write its own folder when nothing is set", () => {
  const permissions = permissionsOf({ command: "dev", variables: {}, root, lockFile: undefined });
  assert.equal(permissions.at(-1), "--allow-write=.data");
  assert(permissions.includes("--allow-ffi"));
});

for (
  const [url, file] of [
    ["file:hark.db", "hark.db"],
    ["file:./a/hark.db?cache=shared", "./a/hark.db"],
    ["file:/a/hark.db", "/a/hark.db"],
    ["file:///a/hark.db", "/a/hark.db"],
    ["file://localhost/a/hark.db", "/a/hark.db"],
    ["https://db.example", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`databaseFile: returns ${file} when the address is "${url}"`, () => {
    assert.equal(databaseFile(url), file);
  });
}
