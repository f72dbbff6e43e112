/** What `wrangler deploy` would do with wrangler.toml. */
import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);
const readText = (path: string) => Deno.readTextFile(new URL(path, ROOT));

Deno.test("wrangler.toml: deploys without warnings, the environment staging included", async () => {
  const [wrangler = ""] = /npm:wrangler@\S+/.exec(manifest.tasks.worker.command) ?? [];
  const outdir = await Deno.makeTempDir();
  try {
    // An environment shows the warnings of the whole file, and those of bindings that it lacks.
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-lock", wrangler],
        ...["deploy", "--dry-run", "--env", "staging", "--outdir", outdir],
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /\[?(?:WARNING|ERROR)\]?/);
    assert.match(output, /env\.DATABASE \(DatabaseObject\)/);
  } finally {
    await Deno.remove(outdir, { recursive: true });
  }
});

Deno.test("wrangler.toml: its classes are exported by the Worker's entry, and each has a migration", async () => {
  const [toml, entry] = await Promise.all([
    readText("wrangler.toml"),
    readText("runtime/worker_entry.ts"),
  ]);
  const bound = [...toml.matchAll(/^class_name = "(\w+)"/gm)].map(([, name = ""]) => name);
  const migrated = [...toml.matchAll(/^new_sqlite_classes = \[(.*)\]/gm)]
    .flatMap(([, names = ""]) => names.match(/\w+/g) ?? []);
  assert.ok(bound.length > 0);
  for (const name of bound) assert.ok(migrated.includes(name), `${name} has no migration`);
  for (const name of migrated) {
    assert.match(entry, new RegExp(`^export (?:\\{ ${name} \\}|const ${name} =)`, "m"));
  }
});
