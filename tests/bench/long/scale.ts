/** Reads over HTTP as the database grows. */
import { ADMIN_TOKEN } from "../../support/application.ts";
import { load, requestBytes } from "../http/load.ts";
import { fullPageQuery, listContender, oneContender, storeNotifications } from "../http/reads.ts";
import {
  type Contender,
  measureRounds,
  medianRatio,
  medians,
  type Sample,
} from "../http/rounds.ts";
import { sendRequests } from "../http/senders.ts";
import { type Server, startHark, waitUntilIdle } from "../http/servers.ts";
import { type FilledFolder, fillFolder, inboxRequest, issueAccessToken } from "./filled_hark.ts";

/** Notifications, and as many messages in inboxes. The first and the last are compared. */
export const SIZES = [10_000, 100_000, 1_000_000] as const;
const OWN_NOTIFICATIONS = 1_000;
const OWN_INBOX_MESSAGES = 30;
const RECIPIENT = "citizen-of-the-bench";
const PHONE_NUMBER = "07900900456";
const CONNECTIONS = 4;
const ROUNDS = { rounds: 5, roundMs: 1_000 } as const;
const WARM_UP = { rounds: 1, roundMs: 500 } as const;

/** The reads that are measured. */
export const READS = ["one", "list", "filtered list", "inbox", "search"] as const;
/** One of {@link READS}. */
export type ReadName = typeof READS[number];

/** A read at each of {@link SIZES}. */
export interface ScaledRead {
  readonly name: ReadName;
  readonly samples: readonly Sample[];
  /** CPU at the largest size to that at the smallest. */
  readonly cpuRatio: number;
}

/** Fills a database of each size and measures reads in alternating rounds. */
export async function measureScale(): Promise<readonly ScaledRead[]> {
  await using stack = new AsyncDisposableStack();
  const servers: Readonly<Record<ReadName, Contender>>[] = [];
  for (const size of SIZES) {
    const filled = stack.use(
      await fillFolder({ notifications: size, inboxMessages: size, newestDays: 1, oldestDays: 6 }),
    );
    const hark = stack.use(await startHark(filled));
    servers.push(await prepareReads(`${size}`, hark, filled));
  }
  const reads: ScaledRead[] = [];
  for (const name of READS) {
    const contenders = servers.map((contender) => contender[name]);
    await measureRounds(contenders, CONNECTIONS, WARM_UP);
    const samples = await measureRounds(contenders, CONNECTIONS, ROUNDS);
    const [first = [], last = []] = [samples[0], samples.at(-1)];
    const cpuRatio = medianRatio(last, first, "cpuUs");
    reads.push({ name, samples: samples.map(medians), cpuRatio });
  }
  return reads;
}

async function prepareReads(
  name: string,
  server: Server,
  filled: FilledFolder,
): Promise<Readonly<Record<ReadName, Contender>>> {
  const [sender] = filled.senders;
  if (sender === undefined) throw new Error("no service");
  const { key, serviceId } = sender;
  const ids = await storeNotifications(server, sender, OWN_NOTIFICATIONS);
  const common = { url: server.url, connections: 1, status: 201 } as const;
  const request = sendRequests([sender], { phoneNumber: PHONE_NUMBER });
  await load({ ...common, until: { requests: 1 }, request });
  await load({
    ...common,
    until: { requests: OWN_INBOX_MESSAGES },
    request: () => inboxRequest(filled.inboxSender, RECIPIENT),
  });
  await waitUntilIdle(server);
  const token = await issueAccessToken(filled.accessKeys, RECIPIENT);
  const search = requestBytes(
    "POST",
    `/manage/services/${serviceId}/notifications/search`,
    { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" },
    JSON.stringify({ to: PHONE_NUMBER }),
  );
  const inbox = requestBytes("GET", "/api/notifications/inbox", { "X-Access-Token": token });
  const contender = (request: () => Uint8Array<ArrayBuffer>): Contender => ({
    name,
    server,
    load: { request, status: 200 },
  });
  return {
    "one": oneContender(name, server, key, ids),
    "list": listContender(name, server, key, fullPageQuery(ids)),
    // A status that no message has.
    "filtered list": listContender(name, server, key, () => "status=permanent-failure"),
    "inbox": contender(() => inbox),
    "search": contender(() => search),
  };
}
