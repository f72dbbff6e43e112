/** Plays Deno Deploy: starts an instance when a request or a cron job needs one, and stops it as the platform does. */
import assert from "node:assert/strict";
import { type Ended, type Folder, serve, type ServingProcess, waitFor } from "./process.ts";

const INSTANCE = new URL("deploy_instance.ts", import.meta.url);

/** The entry point that an instance loads: the source code's, or that of the build that is tested. */
function entryPoint(): string {
  const program = Deno.env.get("HARK_TEST_ENTRY");
  return program === undefined
    ? new URL("../../runtime/deploy.ts", import.meta.url).href
    : new URL("deploy.js", `file://${program}`).href;
}

/** How long a process has after SIGINT, in milliseconds. */
export const STOP_MS = 5_000;

/** A played platform with at most one instance. */
export interface DeployPlatform extends AsyncDisposable {
  /** Sends a request to the instance, which it starts when there is none. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Begins a run of the cron jobs in the instance, which it starts when there is none. @returns a wait for its end */
  beginCron(): Promise<() => Promise<void>>;
  /** Runs the cron jobs to their end. */
  cron(): Promise<void>;
  /** Stops the instance, and kills it 5 seconds later. @returns how it ended, and after how many milliseconds */
  stop(): Promise<Ended & { readonly ms: number }>;
}

/** Creates a platform without an instance. @param environment the variables of the deployment */
export function createDeployPlatform(
  folder: Folder,
  environment: Readonly<Record<string, string>>,
): DeployPlatform {
  let instance: ServingProcess | undefined;

  async function started(): Promise<ServingProcess> {
    instance ??= await serve("start", {
      folder,
      entry: INSTANCE,
      deno: Deno.env.get("HARK_TEST_DENO"),
      environment: {
        DEPLOY_ENTRY: entryPoint(),
        DENO_DEPLOY: "true",
        DENO_DEPLOYMENT_ID: "played",
        DENO_TIMELINE: "production",
        ...environment,
      },
    });
    return instance;
  }
  const endedRuns = ({ stdout }: ServingProcess) => stdout.split('"event":"cron-ended"').length - 1;

  async function beginCron(): Promise<() => Promise<void>> {
    const running = await started();
    const before = endedRuns(running);
    Deno.kill(running.pid, "SIGUSR1");
    return async () => void await waitFor("the cron's end", () => endedRuns(running) > before);
  }

  return {
    beginCron,
    fetch: async (path, init) => await fetch(`${(await started()).url}${path}`, init),
    async cron() {
      await (await beginCron())();
    },
    async stop() {
      const running = instance;
      assert(running !== undefined, "there is no instance");
      instance = undefined;
      const since = performance.now();
      const timer = setTimeout(() => void running.kill("SIGKILL"), STOP_MS);
      const ended = await running.kill("SIGINT");
      clearTimeout(timer);
      return { ...ended, ms: performance.now() - since };
    },
    async [Symbol.asyncDispose]() {
      await instance?.[Symbol.asyncDispose]();
    },
  };
}
