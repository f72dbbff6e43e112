/** Starts the measured servers, each as a process of its own in a folder of its own. */
import {
  type Folder,
  makeFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  waitFor,
} from "../../support/process.ts";
import { findChild, readCpu } from "./process_stats.ts";

/** A server process. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  /** The id of the process that serves. */
  readonly pid: number;
  /** The path of its database. */
  readonly database: string;
}

/** How to start Hark. */
export interface HarkOptions {
  /** The folder of another version's checkout; this version by default. */
  readonly checkout?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** An existing folder, which is left as it is at the end, with a migrated database. */
  readonly folder?: Folder;
}

const ROOT = new URL("../../../", import.meta.url).pathname;
const LISTENING = /"event":"listening","port":(\d+)/;
const LOG_FILE = "server.log";
/** The flags of `deno task start` before it had a launcher. */
const EARLIER_FLAGS = "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=50";

/** Migrates a new database and starts Hark as `deno task start` does. */
export async function startHark(options: HarkOptions = {}): Promise<Server> {
  const checkout = options.checkout ?? ROOT;
  const folder = options.folder ?? await makeFolder();
  const environment = { ...SANDBOX_ENVIRONMENT, HOST: "127.0.0.1", ...options.environment };
  await Deno.mkdir(`${folder.path}/files`, { recursive: true });
  if (options.folder === undefined) await runMigrate(checkout, folder, environment);
  const started = await startWithLauncher(checkout, folder, environment);
  return {
    ...started,
    database: `${folder.path}/hark.db`,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      if (options.folder === undefined) await folder[Symbol.asyncDispose]();
    },
  };
}

/** Creates the schema of a version in a folder's database. */
export async function runMigrate(
  checkout: string,
  folder: Folder,
  environment: Readonly<Record<string, string>> = SANDBOX_ENVIRONMENT,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${checkout}/main.ts`, "migrate"],
    cwd: folder.path,
    env: environment,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function startWithLauncher(
  checkout: string,
  folder: Folder,
  environment: Readonly<Record<string, string>>,
): Promise<Started> {
  const launcher = `${checkout}/runtime/launcher.ts`;
  const hasLauncher = await Deno.stat(launcher).then(() => true, () => false);
  const started = await startProgram(
    hasLauncher
      ? ["-A", "--quiet", launcher, "start"]
      : ["-A", "--quiet", EARLIER_FLAGS, `${checkout}/main.ts`, "start"],
    folder,
    environment,
  );
  // The launcher waits for the process that serves.
  return hasLauncher ? { ...started, pid: findChild(started.pid) ?? started.pid } : started;
}

/** Starts the floor, behind the listener of Hark, with the flags of a running Hark. */
export async function startFloor(
  floor: {
    /** The API key that callers sign with. */
    readonly key: string;
    /** The size of the stored value. */
    readonly rowBytes: number;
    readonly v8Flags: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<Server> {
  const folder = await makeFolder();
  const program = new URL("./floor_server.ts", import.meta.url).pathname;
  const started = await startProgram(
    ["-A", "--quiet", ...floor.v8Flags, program],
    folder,
    { FLOOR_KEY: floor.key, FLOOR_ROW_BYTES: String(floor.rowBytes), ...floor.environment },
  );
  return {
    ...started,
    database: `${folder.path}/floor.db`,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface Started extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** Runs a program until it logs its port. Its output goes to a file, so that this process need not read a line a request. */
export async function startProgram(
  args: readonly string[],
  folder: Folder,
  environment: Readonly<Record<string, string>>,
): Promise<Started> {
  const log = `${folder.path}/${LOG_FILE}`;
  // That of an earlier process names another port.
  await Deno.remove(log).catch(() => {});
  const child = new Deno.Command("sh", {
    args: ["-c", `exec "$@" >${LOG_FILE} 2>&1`, "sh", Deno.execPath(), "run", ...args],
    cwd: folder.path,
    env: { NO_COLOR: "1", ...environment },
    stdin: "null",
  }).spawn();
  let hasEnded = false;
  const ended = child.status.finally(() => hasEnded = true);
  const readLog = () => Deno.readTextFile(log).catch(() => "");
  const port = await waitFor("a server to listen", async () => {
    const text = await readLog();
    if (hasEnded) throw new Error(`a server did not start:\n${text}`);
    return LISTENING.exec(text)?.[1];
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      if (!hasEnded) child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Under this share of a core a server counts as idle. */
const IDLE_SHARE = 0.1;
const IDLE_CHECK_MS = 100;

/** Waits until a process has been idle for 300 ms. */
export async function waitUntilIdle({ pid }: Pick<Server, "pid">): Promise<void> {
  for (let checks = 0; checks < 3;) {
    const before = readCpu(pid).all;
    await pause(IDLE_CHECK_MS);
    const usedMs = (readCpu(pid).all - before) / 1000;
    checks = usedMs < IDLE_CHECK_MS * IDLE_SHARE ? checks + 1 : 0;
  }
}
