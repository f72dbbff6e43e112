/** A process with stand-ins, in the time of the run, that is ended and started again on the same database. */
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { HOUR_MS, MINUTE_MS } from "../../domain/time/durations.ts";
import { type Providers, startProviders } from "../conformance/providers.ts";
import { createHrana } from "../support/hrana.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  type ProcessOptions,
  serve,
  type ServingProcess,
} from "../support/process.ts";
import {
  type CallbackReceiver,
  startCallbackReceiver,
} from "../support/stand_ins/callback_receiver.ts";
import { createRunClient, type RunClient, type RunMessage } from "./client.ts";
import { createMovedClock } from "./moved_clock.ts";
import { createReporter, type ReceiptCourse } from "./receipts.ts";

/** Serves as `start` does, with a fault hook. */
export const CHAOS_ENTRY = new URL("chaos_main.ts", import.meta.url);

/** The stand-ins, the client and the current process of a run. */
export interface ProcessScene extends AsyncDisposable {
  /** The folder of the database file. */
  readonly folder: Folder;
  readonly providers: Providers;
  readonly receiver: CallbackReceiver;
  readonly client: RunClient;
  /** Ends the process and starts another at this time of the run. */
  restart(at: number, limits?: Pick<ProcessOptions, "fileBlockLimit">): Promise<ServingProcess>;
}

/** Opens a scene without a process, on a libSQL server or a file. */
export async function openProcessScene(isRemote = false): Promise<ProcessScene> {
  await using stack = new AsyncDisposableStack();
  const clock = createMovedClock();
  const folder = stack.use(await makeFolder());
  const databaseUrl = await openStore(folder, isRemote ? clock.now : undefined, stack);
  const providers = stack.use(await startProviders(clock.now));
  const receiver = stack.use(await startCallbackReceiver());
  let hark: ServingProcess | undefined;
  stack.defer(async () => await hark?.[Symbol.asyncDispose]());
  const client = createRunClient((path, init) => fetch(`${hark?.url}${path}`, init), clock);
  const kept = stack.move();
  return {
    folder,
    providers,
    receiver,
    client,
    async restart(at, limits = {}) {
      await hark?.kill("SIGKILL");
      clock.set(at);
      hark = await serve("start", {
        folder,
        entry: CHAOS_ENTRY,
        environment: {
          ...providers.environment,
          DATABASE_URL: databaseUrl,
          CALLBACK_ALLOW: new URL(receiver.url).host,
          CHAOS_NOW: String(clock.now()),
        },
        ...limits,
      });
      providers.reportTo(hark.url);
      return hark;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** @param remoteClock the clock of a libSQL server; `undefined` for a file. @returns the address of the database */
async function openStore(
  folder: Folder,
  remoteClock: (() => number) | undefined,
  stack: AsyncDisposableStack,
): Promise<string> {
  if (remoteClock === undefined) {
    await migrateFolder(folder);
    return "file:hark.db";
  }
  const hrana = createHrana(`${folder.path}/remote.db`, { clock: remoteClock });
  stack.defer(() => hrana.close());
  const { url } = hrana.serve();
  const db = await openDatabase({ url });
  await migrate(db, remoteClock());
  db.close();
  return url;
}

/** Whether a provider has a message, by its status; a row of a job has none before it is accepted. */
export const isSent = (status: string | undefined): boolean =>
  status !== undefined && status !== "created";

/**
 * Lets further processes finish, ten minutes and two hours later: the client repeats what was not answered, the providers
 * report, and where a receipt is lost, Hark has to ask.
 *
 * @param choose the receipts of each copy
 */
export async function finish(
  scene: ProcessScene,
  { requests, startsAt, isJob = false, choose }: {
    readonly requests: readonly (readonly RunMessage[])[];
    readonly startsAt: number;
    /** Whether the messages of each request are the rows of a job. */
    readonly isJob?: boolean;
    readonly choose: () => ReceiptCourse;
  },
): Promise<void> {
  const { client, providers } = scene;
  await scene.restart(startsAt + 10 * MINUTE_MS);
  for (const messages of requests) {
    if (messages.some(({ n }) => !client.accepted.has(n))) {
      await client.sendUntilAccepted(messages, isJob);
    }
  }
  await client.waitForAll("every message to be sent", isSent);
  const reporter = createReporter(providers, choose);
  await reporter.report();
  await scene.restart(startsAt + 2 * HOUR_MS);
  await reporter.report();
  await client.waitForAll("every message to end", (status) => status === "delivered");
}
