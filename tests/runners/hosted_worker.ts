/** The Worker in workerd, with its cron, over libSQL by HTTP. */
import { BINDINGS, DATABASE, startHarkWorker } from "../conformance/hark_worker.ts";
import { BUNDLE_FLAGS, bundleWorker, type WorkerBundle } from "../support/workerd.ts";
import type { Hosted, Start } from "./hosted.ts";

/** How often its cron runs. The platform's runs each minute. */
const CRON_MS = 1_000;

let bundled: Promise<WorkerBundle> | undefined;

/** Starts it with sandboxes for providers unless the environment names others. */
export async function startWorkerd({ environment, importMap, clock }: Start): Promise<Hosted> {
  await using stack = new AsyncDisposableStack();
  bundled ??= bundleWorker(undefined, [...BUNDLE_FLAGS, `--import-map=${importMap}`]);
  const script = bundled;
  const { worker, db, hrana } = stack.use(
    await startHarkWorker(
      { ...BINDINGS, ...environment },
      [],
      {},
      { script, ...(clock === undefined ? {} : { clock }) },
    ),
  );
  let running: Promise<unknown> | undefined;
  const runDue = async () => {
    // As on the platform, one run at a time.
    running ??= worker.scheduled().finally(() => running = undefined);
    await running;
  };
  const timer = setInterval(() => void runDue(), CRON_MS);
  stack.defer(async () => {
    clearInterval(timer);
    await running;
  });
  const owned = stack.move();
  return {
    url: worker.url.origin,
    db,
    database: { url: hrana.serve().url, authToken: DATABASE.DATABASE_AUTH_TOKEN },
    runDue,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
