import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Runs commands of `main.ts` over a database file of their own. */
async function openFolder() {
  const folder = await Deno.makeTempDir();
  const url = `file:${folder}/hark.db`;
  const env = {
    DATABASE_URL: url,
    MASTER_KEY: btoa("k".repeat(32)),
    PUBLIC_URL: "https://hark.dept.example",
  };
  return {
    url,
    async run(...args: readonly string[]) {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", MAIN, ...args],
        cwd: folder,
        env,
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, out: text(stdout), err: text(stderr) };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("the commands operator, account and audit verify: write and verify the audit log", async () => {
  await using folder = await openFolder();
  const { run } = folder;
  assert.match((await run("operator", "ann@dept.example")).err, /run "deno task migrate"/);
  assert.match((await run("migrate")).out, /wrote 26 templates of Hark's own service/);
  assert.equal((await run("audit", "verify")).out, "the audit log is empty\n");
  const { code, out } = await run("operator", "ann@dept.example");
  assert.equal(code, 0);
  assert.match(out, /\nhttps:\/\/hark\.dept\.example\/operators\/[\w-]{43}\n$/);
  await run("operator", "bob@dept.example");
  const verified = await run("audit", "verify");
  assert.deepEqual([verified.code, verified.err], [0, ""]);
  assert.match(verified.out, /^installation 2 [0-9a-f]{64}\n$/);

  const db = await openDatabase({ url: folder.url });
  await db.write([
    "DROP TRIGGER audit_log_is_append_only",
    "UPDATE audit_log SET at = at - 60000 WHERE sequence = 1",
  ]);
  await db.shutDown();
  const broken = await run("audit", "verify");
  assert.deepEqual([broken.code, broken.out], [1, ""]);
  assert.equal(broken.err, "installation: entry 1 does not follow from entry 0\n");
});

Deno.test("the commands migrate, operator, account, audit and doctor: do their work while another process reads the database", async () => {
  await using folder = await openFolder();
  const { run } = folder;
  await run("migrate");
  await run("operator", "ann@dept.example");
  using reader = new DatabaseSync(folder.url.replace("file:", ""));
  // The log cannot be emptied while this transaction reads it.
  reader.exec("BEGIN; SELECT count(*) FROM audit_log");
  const operator = await run("operator", "bob@dept.example");
  assert.deepEqual([operator.code, operator.err], [0, ""]);
  assert.match(operator.out, /\nhttps:\/\/hark\.dept\.example\/operators\/[\w-]{43}\n$/);
  assert.deepEqual(await run("account", "unblock", "nobody@dept.example"), {
    code: 1,
    out: "",
    err: "Hark cannot start.\nnobody@dept.example has no account\n",
  });
  const audit = await run("audit", "verify");
  assert.deepEqual([audit.code, audit.err], [0, ""]);
  const doctor = await run("doctor", "--json");
  const parts = JSON.parse(doctor.out).findings.map(({ part }: { part: string }) => part);
  // What comes after the database.
  assert.ok(parts.includes("address"), doctor.out + doctor.err);
  assert.deepEqual(await run("migrate"), { code: 0, out: "nothing to migrate\n", err: "" });
});

Deno.test("the commands operator, account and audit: refuse wrong calls and tell what is wrong", async () => {
  await using folder = await openFolder();
  const { run } = folder;
  await run("migrate");
  for (
    const [args, code, message] of [
      [["operator"], 2, /takes one argument/],
      [["operator", "a@b.example", "c"], 2, /takes one argument/],
      [["operator", "nonsense"], 1, /"nonsense" is not a valid e-mail address/],
      [["account", "block"], 2, /block\|unblock\|new-factor EMAIL/],
      [["account", "toString", "a@b.example"], 2, /takes an action/],
      [["account", "block", "a@b.example"], 1, /a@b\.example has no account/],
      [["audit"], 2, /verifies the audit log/],
    ] as const
  ) {
    const result = await run(...args);
    assert.equal(result.code, code, args.join(" "));
    assert.match(result.err, message);
  }
});
