/** Reads over HTTP: one notification, and a page of a list. */
import { DAY_MS } from "../../../domain/time/durations.ts";
import { load, requestBytes } from "./load.ts";
import { type Contender, measureRounds, medians, type Rounds, type Sample } from "./rounds.ts";
import { createSenders, freshHeaders, type Sender, sendRequests } from "./senders.ts";
import { type Server, startHark, waitUntilIdle } from "./servers.ts";

/** Notifications of the service that is read: so many that the page of every request is full. */
const STORED = 2_000;
/** Notifications on a page. */
const PAGE = 250;
const GET_CONNECTIONS = 8;
/** Connections that ask for lists. */
export const LIST_CONNECTIONS = 2;

/** The costs of reads. */
export interface Reads {
  readonly one: Sample;
  readonly list: Sample;
}

/** Accepts notifications for tomorrow. @returns their ids, oldest first */
export async function storeNotifications(
  server: Pick<Server, "url">,
  sender: Sender,
  count: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  await load({
    url: server.url,
    connections: 32,
    until: { requests: count },
    status: 201,
    request: sendRequests([sender], { scheduledFor: new Date(Date.now() + DAY_MS) }),
    onBody: (body) => ids.push(JSON.parse(body).id),
  });
  return ids.toSorted();
}

/** Requests that read one notification each. */
export function oneContender(
  name: string,
  server: Server,
  key: string,
  ids: readonly string[],
): Contender {
  let n = 0;
  const request = () =>
    requestBytes("GET", `/v2/notifications/${ids[n++ % ids.length]}`, freshHeaders(key));
  return { name, server, load: { request, status: 200 } };
}

/** Requests for a list, by its query. */
export function listContender(
  name: string,
  server: Server,
  key: string,
  queryOf: (n: number) => string,
): Contender {
  return { name, server, load: { request: listRequests(key, queryOf), status: 200 } };
}

/** Makes requests for a list, by its query. */
export function listRequests(key: string, queryOf: (n: number) => string) {
  let n = 0;
  return () => requestBytes("GET", `/v2/notifications?${queryOf(n++)}`, freshHeaders(key));
}

/** The query of a full page, each time another one. */
export function fullPageQuery(ids: readonly string[]): (n: number) => string {
  const oldest = PAGE + 1;
  return (n) => `older_than=${ids[oldest + n * 100 % (ids.length - oldest)]}`;
}

/** Measures reads of a service with few notifications. */
export async function measureReads(rounds: Rounds): Promise<Reads> {
  await using hark = await startHark();
  const [sender] = await createSenders(hark.url, 1);
  if (sender === undefined) throw new Error("no service");
  const ids = await storeNotifications(hark, sender, STORED);
  await waitUntilIdle(hark);
  const one = oneContender("one", hark, sender.key, ids);
  const list = listContender("list", hark, sender.key, fullPageQuery(ids));
  await measureRounds([one, list], LIST_CONNECTIONS, { rounds: 1, roundMs: 1_000 });
  const [ones = []] = await measureRounds([one], GET_CONNECTIONS, rounds);
  const [lists = []] = await measureRounds([list], LIST_CONNECTIONS, rounds);
  return { one: medians(ones), list: medians(lists) };
}
