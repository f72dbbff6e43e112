import assert from "node:assert/strict";
import { hideNativeImport, renameThread, useNodeTimers } from "../../../tools/build/bundle.ts";
import { lockOf } from "../../../tools/build/native_lock.ts";

Deno.test("hideNativeImport: leaves no import of libsql that Deno reads before the module runs", () => {
  const text = hideNativeImport('await import("libsql"),import("node:fs"),import("libsql")');
  assert.equal(text, 'await import(String("libsql")),import("node:fs"),import(String("libsql"))');
  assert.throws(() => hideNativeImport("1"), /does not have import\("libsql"\)/);
});

Deno.test("renameThread: renames the thread's file where it occurs once, and throws otherwise", () => {
  assert.equal(renameThread('new URL("./a.ts",x)', "a.ts", "a.js"), 'new URL("./a.js",x)');
  assert.throws(() => renameThread("1", "a.ts", "a.js"), /"\.\/a\.ts" 0 times/);
  assert.throws(() => renameThread('"./a.ts","./a.ts"', "a.ts", "a.js"), /2 times/);
});

Deno.test("useNodeTimers: a timer of the module has unref on every Deno", async () => {
  const text = useNodeTimers(
    "const timer=setTimeout(()=>{},0);export const has=typeof timer.unref;clearTimeout(timer);",
  );
  const { has } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  assert.equal(has, "function");
});

Deno.test("lockOf: keeps a package with all that it depends on, and nothing else", () => {
  const npm = {
    "a@1.0.0": { integrity: "sha512-a", dependencies: ["b", "@x/c@2.0.0"] },
    "b@1.0.0": { integrity: "sha512-b", optionalDependencies: ["@x/d"] },
    "@x/c@1.0.0": { integrity: "sha512-c1" },
    "@x/c@2.0.0": { integrity: "sha512-c2", dependencies: ["b"] },
    "@x/d@1.0.0": { integrity: "sha512-d", os: ["linux"] },
    "e@1.0.0": { integrity: "sha512-e" },
  };
  const text = JSON.stringify({ version: "5", specifiers: {}, npm, workspace: {} });
  const lock = JSON.parse(lockOf(text, "a", "1.0.0"));
  const { "@x/c@1.0.0": _c, "e@1.0.0": _e, ...kept } = npm;
  assert.deepEqual(lock, {
    version: "5",
    specifiers: { "npm:a@1.0.0": "1.0.0" },
    npm: kept,
    workspace: { dependencies: ["npm:a@1.0.0"] },
  });
  assert.throws(() => lockOf(text, "a", "1.0.1"), /deno\.lock does not have a@1\.0\.1/);
});
