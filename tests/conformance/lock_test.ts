import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

Deno.test("deno.lock: holds only runtime dependencies, so that a first start fetches nothing else", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const { specifiers } = JSON.parse(Deno.readTextFileSync(new URL("deno.lock", ROOT)));
  const packageOf = (specifier: string) => /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(specifier)?.[1];
  const used = new Set(Object.values<string>(imports).map(packageOf));
  const locked = Object.keys(specifiers).map(packageOf);
  assert.ok(locked.length > 0);
  assert.deepEqual(
    locked.filter((name) => !used.has(name)),
    [],
    'test with "deno task test": it keeps its packages in tests/deno.lock',
  );
});

Deno.test("deno.lock: holds one version of every package", () => {
  const { npm } = JSON.parse(Deno.readTextFileSync(new URL("deno.lock", ROOT)));
  const names = Object.keys(npm).map((key) => key.slice(0, key.lastIndexOf("@")));
  assert.ok(names.length > 0);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
});
