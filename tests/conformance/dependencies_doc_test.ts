import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

const readText = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

/** The `name@version` of every package that a lock file's imports ask for. */
function lockedPackages(path: string): readonly string[] {
  const { specifiers } = JSON.parse(readText(path));
  return Object.keys(specifiers).map((specifier) => specifier.replace(/^npm:\/?/, ""));
}

Deno.test("docs/dependencies.md: has a row for every package, with its version", () => {
  const rows = new Set(
    [...readText("docs/dependencies.md").matchAll(/^\| `([^`]+)` (\S+) +\|/gm)].map(
      ([, name, version]) => `${name}@${version}`,
    ),
  );
  const [, wrangler = ""] = /npm:(wrangler@\S+)/.exec(readText("deno.json")) ?? [];
  const packages = [
    ...lockedPackages("deno.lock"),
    ...lockedPackages("tests/deno.lock"),
    wrangler,
  ];
  assert.ok(packages.length > 10);
  assert.deepEqual(packages.filter((name) => !rows.has(name)), []);
});
