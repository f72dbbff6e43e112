/** The migration of a million messages under SIGKILL, while the version before writes. */

const TEST = "tests/conformance/migration_kill_test.ts";
const ROWS = 1_000_000;
/** What the test prints. */
const RESULT = /^(\d+) rows, killed (\d+) times, (\d+) writes beside it, ([\d.]+) s$/m;

/** What became of the migration. The test has compared every row: nothing was lost, and nothing was left in clear. */
export interface MigrationUnderKills {
  readonly rows: number;
  readonly kills: number;
  /** Transactions of the version before, meanwhile. */
  readonly writes: number;
  readonly seconds: number;
}

/**
 * Runs the test of the migration with a million rows, about ten minutes.
 *
 * @throws {Error} when the test failed, with its output
 */
export async function measureMigration(): Promise<MigrationUnderKills> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--lock=tests/deno.lock", TEST],
    cwd: new URL("../../../", import.meta.url),
    env: { MIGRATION_ROWS: String(ROWS), NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout);
  const found = RESULT.exec(output);
  if (!success || found === null) {
    throw new Error(`${TEST} failed: ${output}${new TextDecoder().decode(stderr)}`);
  }
  const [, rows, kills, writes, seconds] = found.map(Number);
  return { rows: rows ?? 0, kills: kills ?? 0, writes: writes ?? 0, seconds: seconds ?? 0 };
}
