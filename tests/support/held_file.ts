/** Another process that holds the write lock of a file; locks of this process do not block it. */
export interface Holder {
  /** Releases the lock and waits for the end of the process. */
  release(): Promise<void>;
}

/**
 * Takes the write lock of a file and keeps it until it is released.
 *
 * @param statement what is written under the lock
 */
export async function holdFile(path: string, statement = "SELECT 1"): Promise<Holder> {
  const script = `
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(path)});
    db.exec("PRAGMA busy_timeout=10000");
    db.exec("BEGIN IMMEDIATE");
    db.exec(${JSON.stringify(statement)});
    console.log("held");
    await Deno.stdin.read(new Uint8Array(1));
    db.exec("COMMIT");
    db.close();`;
  const args = ["eval", "--no-lock", script];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    async release() {
      await child.stdin.close();
      await reader.cancel();
      await child.status;
    },
  };
}
