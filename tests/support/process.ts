/** Runs `main.ts`, or a build, as its users do: as a process of its own, in a folder of its own. */

import { VARIABLES } from "../../runtime/environment.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "./migrated.ts";
import { ADMIN_TOKEN, MASTER_KEY } from "./application.ts";
import { buildCommandLine } from "./tested_program.ts";

const MAIN = new URL("../../main.ts", import.meta.url);

/** The file that `deno task start` and `deno task dev` run. */
export const LAUNCHER = new URL("../../runtime/launcher.ts", import.meta.url);

/** The timeout of every wait here; only a failing test reaches it. */
const TIMEOUT_MS = 60_000;

/** The address in links of a started process: its port is not known before. Tests that follow a link use the path. */
export const PUBLIC_URL = "http://localhost:8787";

/** The environment for `start` without real providers; its database is a file in the folder. */
export const SANDBOX_ENVIRONMENT: Readonly<Record<string, string>> = {
  PORT: "0",
  DATABASE_URL: "file:hark.db",
  MASTER_KEY,
  ADMIN_TOKEN,
  PUBLIC_URL,
  EMAIL_PROVIDER: "sandbox",
  SMS_PROVIDER: "sandbox",
};

/** An empty folder; disposing deletes it. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** Creates an empty folder. */
export async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "hark-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Migrates the database file of {@link SANDBOX_ENVIRONMENT} to the current schema. */
export async function migrateFolder({ path }: Folder): Promise<void> {
  const db = await openDatabase({ url: `file:${path}/hark.db` });
  await migrateEmpty(db, Date.now());
  db.close();
}

/** The options of a process. */
export interface ProcessOptions {
  /** Its working directory. */
  readonly folder: Folder;
  /** Its variables; it inherits this process's variables except those that Hark reads. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The file to run; `main.ts` by default. */
  readonly entry?: URL;
  /** The path of Deno; this process's by default. */
  readonly deno?: string | undefined;
  /** The most files that it may open (`ulimit -n`). */
  readonly descriptorLimit?: number;
  /** The size that no file may exceed that it writes, in units of 512 bytes (`ulimit -f`), as on a full disk. */
  readonly fileBlockLimit?: number;
  /** Arguments of `deno run`; all permissions by default, and for a server of the build the least. */
  readonly permissions?: readonly string[];
}

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running process. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** Returns the standard output since the last call, and forgets it. */
  takeOutput(): string;
  /** Its output so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended, by itself or by a signal. */
  readonly ended: Promise<Ended>;
  /** Sends a signal and waits for the end; does nothing when it has ended already. */
  kill(signal: Deno.Signal): Promise<Ended>;
}

/** A process that serves HTTP. */
export interface ServingProcess extends RunningProcess {
  /** Its origin on loopback, without a trailing slash. */
  readonly url: string;
}

/** Runs a file of the project; `main.ts` by default. Disposing kills the process. */
export function spawn(
  args: readonly string[],
  {
    folder,
    environment = {},
    descriptorLimit,
    fileBlockLimit,
    permissions,
    deno = Deno.execPath(),
    ...options
  }: ProcessOptions,
  entry: URL = options.entry ?? MAIN,
): RunningProcess {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !VARIABLES.includes(name));
  const build = entry === MAIN || entry === LAUNCHER
    ? buildCommandLine({
      folder: folder.path,
      args: entry === MAIN ? args : ["launch", ...args],
      environment,
      permissions,
    })
    : undefined;
  const command = build ??
    [deno, "run", ...permissions ?? ["-A"], "--quiet", entry.pathname, ...args];
  const limits = [
    ...(descriptorLimit === undefined ? [] : [`ulimit -n ${descriptorLimit}`]),
    // The signal of the limit would end the process; without it the write fails.
    ...(fileBlockLimit === undefined ? [] : [`trap '' XFSZ`, `ulimit -f ${fileBlockLimit}`]),
  ];
  const limited = limits.length === 0
    ? command
    : ["sh", "-c", `${limits.join(" && ")} && exec "$@"`, "sh", ...command];
  const child = new Deno.Command(limited[0] ?? "", {
    args: limited.slice(1),
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
    pid: child.pid,
    takeOutput() {
      const { stdout } = printed;
      printed.stdout = "";
      return stdout;
    },
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

/** Runs a command and waits for its end. */
export async function run(
  args: readonly string[],
  options: ProcessOptions,
  entry?: URL,
): Promise<Ended> {
  await using process = spawn(args, options, entry);
  return await process.ended;
}

/**
 * Starts a server and waits until it answers `/healthz`. With `PORT` 0, its port is read from its output.
 *
 * @throws with its output, when it ends instead
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
    pid: process.pid,
    takeOutput: process.takeOutput,
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
 * Polls until a condition holds.
 *
 * @param what for the error, as in "waited too long for {what}"
 * @param look returns `undefined` or `false` while the condition does not hold
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = TIMEOUT_MS, everyMs = 20 } = {},
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > giveUpAt) throw new Error(`waited too long for ${what}`);
    await pause(everyMs);
  }
}

/** Sleeps. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
