/** `main.ts` run as its users run it: a process of its own, in a folder of its own. */

import { VARIABLES } from "../../runtime/environment.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { ADMIN_TOKEN, MASTER_KEY } from "./application.ts";

const MAIN = new URL("../../main.ts", import.meta.url);

/** How long anything here is waited for; only a test that fails waits so long. */
const PATIENCE_MS = 60_000;

/** The environment that `start` needs to come up with nothing connected; its database is a file in the folder. */
export const SANDBOX_ENVIRONMENT: Readonly<Record<string, string>> = {
  PORT: "0",
  DATABASE_URL: "file:hark.db",
  MASTER_KEY,
  ADMIN_TOKEN,
  EMAIL_PROVIDER: "sandbox",
  SMS_PROVIDER: "sandbox",
};

/** An empty folder that goes when it is disposed of. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty folder. */
export async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "hark-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Brings the database file that {@link SANDBOX_ENVIRONMENT} names to the current schema. */
export async function migrateFolder({ path }: Folder): Promise<void> {
  const db = await openDatabase({ url: `file:${path}/hark.db` });
  await migrate(db, Date.now());
  db.close();
}

/** How a process is run. */
export interface ProcessOptions {
  /** Its working directory. */
  readonly folder: Folder;
  /** Its variables; of this process's own it sees all but those that Hark reads. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of Hark's, until it ends. */
export interface RunningProcess extends AsyncDisposable {
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** When it has ended by itself or by a signal. */
  readonly ended: Promise<Ended>;
  /** Sends a signal and waits for the end. Harmless once it has ended. */
  kill(signal: Deno.Signal): Promise<Ended>;
}

/** A process that serves. */
export interface ServingProcess extends RunningProcess {
  /** Its origin on loopback, without a slash. */
  readonly url: string;
}

/** Runs a file of the project, `main.ts` unless said otherwise. Disposing kills it. */
export function spawn(
  args: readonly string[],
  { folder, environment = {} }: ProcessOptions,
  entry: URL = MAIN,
): RunningProcess {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !VARIABLES.includes(name));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", entry.pathname, ...args],
    cwd: folder.path,
    clearEnv: true,
    env: { ...Object.fromEntries(own), NO_COLOR: "1", ...environment },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = { stdout: "", stderr: "" };
  async function collect(name: "stdout" | "stderr"): Promise<void> {
    for await (const text of child[name].pipeThrough(new TextDecoderStream())) {
      printed[name] += text;
    }
  }
  const ended = (async (): Promise<Ended> => {
    const [{ code, signal }] = await Promise.all([
      child.status,
      collect("stdout"),
      collect("stderr"),
    ]);
    return { code, signal, ...printed };
  })();
  async function kill(signal: Deno.Signal): Promise<Ended> {
    try {
      child.kill(signal);
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    return await ended;
  }
  return {
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
    ended,
    kill,
    [Symbol.asyncDispose]: async () => void await kill("SIGKILL"),
  };
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  options: ProcessOptions,
  entry?: URL,
): Promise<Ended> {
  await using process = spawn(args, options, entry);
  return await process.ended;
}

/**
 * Starts Hark and waits until it answers `/healthz`. A `PORT` of 0 is looked up in what it prints.
 *
 * @throws with what it printed, when it ends instead
 */
export async function serve(
  command: "start" | "dev",
  options: ProcessOptions,
): Promise<ServingProcess> {
  const process = spawn([command], options);
  let isOver = false;
  process.ended.finally(() => isOver = true);
  const fail = async (): Promise<never> => {
    const { stdout, stderr } = await process.kill("SIGKILL");
    throw new Error(`Hark did not come up:\n${stdout}\n${stderr}`);
  };
  let url: string;
  try {
    url = await waitFor("Hark to answer", async () => {
      if (isOver) return "over";
      const port = /"event":"listening","port":(\d+)|listening on http:\/\/localhost:(\d+)/
        .exec(process.stdout)?.slice(1).find(Boolean);
      if (port === undefined) return undefined;
      const origin = `http://127.0.0.1:${port}`;
      const answer = await fetch(`${origin}/healthz`).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.status === 200 ? origin : undefined;
    });
  } catch {
    return await fail();
  }
  if (url === "over") return await fail();
  return {
    url,
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    ended: process.ended,
    kill: process.kill,
    [Symbol.asyncDispose]: process[Symbol.asyncDispose],
  };
}

/**
 * Looks again and again until there is something to see.
 *
 * @param what for the error, as in "waited too long for {what}"
 * @param look gives `undefined` or `false` as long as there is nothing
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { patienceMs = PATIENCE_MS, everyMs = 20 } = {},
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > giveUpAt) throw new Error(`waited too long for ${what}`);
    await pause(everyMs);
  }
}

/** Lets time pass. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
