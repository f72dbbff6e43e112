/** Several processes of Hark on one remote database. */
import { makeFolder, SANDBOX_ENVIRONMENT } from "../../support/process.ts";
import { load } from "../http/load.ts";
import { createSenders, sendRequests } from "../http/senders.ts";
import { runMigrate, startHark, startProgram } from "../http/servers.ts";
import { median } from "../measure.ts";
import { waitForEmptyOutbox } from "./filled_hark.ts";

/** Processes on one database. */
export const PROCESSES = [1, 2, 4] as const;
const ROUNDS = 3;
const MESSAGES = 2_000;
/** The connections of each process, so that more processes get more at once. */
const CONNECTIONS = 32;
const DELIVERED_WITHIN_MS = 300_000;
const WARM_UP_MESSAGES = 400;
const ROOT = new URL("../../../", import.meta.url).pathname;

/** Messages a second, from the first accept until the last one is delivered; in the order of {@link PROCESSES}. */
export type RemoteRates = readonly number[];

/** Sends text messages by the sandbox through each number of processes, in rounds. */
export async function measureRemote(): Promise<RemoteRates> {
  const rates = PROCESSES.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, count] of PROCESSES.entries()) rates[at]?.push(await measureTogether(count));
  }
  return rates.map(median);
}

async function measureTogether(count: number): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  const program = new URL("./remote_server.ts", import.meta.url).pathname;
  const server = stack.use(await startProgram(["-A", "--quiet", program], folder, {}));
  const environment = { ...SANDBOX_ENVIRONMENT, DATABASE_URL: server.url };
  await runMigrate(ROOT, folder, environment);
  const urls: string[] = [];
  for (let n = 0; n < count; n++) {
    const own = stack.use(await makeFolder());
    urls.push(stack.use(await startHark({ folder: own, environment })).url);
  }
  const senders = await createSenders(urls[0] ?? "");
  async function send(messages: number): Promise<void> {
    await Promise.all(urls.map((url) =>
      load({
        url,
        connections: CONNECTIONS,
        until: { requests: messages / count },
        status: 201,
        request: sendRequests(senders),
      })
    ));
    await waitForEmptyOutbox({ database: `${folder.path}/remote.db` }, DELIVERED_WITHIN_MS);
  }
  await send(WARM_UP_MESSAGES);
  const startedAt = performance.now();
  await send(MESSAGES);
  return MESSAGES / ((performance.now() - startedAt) / 1000);
}
