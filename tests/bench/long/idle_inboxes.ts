/**
 * What open inboxes cost the database while nothing comes: their WebSockets at the Worker build in a local workerd, whose
 * clients do what `<hark-inbox>` does. The cron runs each minute.
 */
import assert from "node:assert/strict";
import type { ServiceId } from "../../../domain/ids.ts";
import { CLOSE, PING } from "../../../routes/registry/inbox/listeners/limits.ts";
import { socketPathOf } from "../../../routes/registry/inbox/socket_path.ts";
import { BINDINGS, startHarkWorker } from "../../conformance/hark_worker.ts";
import { registryKeys, startTestApplication } from "../../support/application.ts";
import { pause, waitFor } from "../../support/process.ts";
import { issueToken, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../../support/tokens.ts";
import type { RunningWorker, WorkerSocket } from "../../support/workerd.ts";

/** The open inboxes, of a person each. */
export const OPEN_INBOXES = 1_000;
/** The people who are sent a message at the end, as a proof that their sockets live. */
const WITH_NEWS = 20;
const OPENED_AT_ONCE = 10;
/** The life of an access token at the platform's identity provider, in seconds. */
const TOKEN_LIFE_S = 300;
/** How often the element asks whether its socket lives. */
const PING_EVERY_MS = 30_000;
/** How long after another end a socket is opened again. */
const RETRY_MS = 2_000;
const CRON_EVERY_MS = 60_000;
/** The first statement of a call that only reads. */
const BEGIN_READ = "BEGIN TRANSACTION READONLY";
const NEWS_WITHIN = { everyMs: 100, timeoutMs: 60_000 } as const;

/** What the database was asked while the inboxes were open and nothing came. */
export interface IdleInboxes {
  readonly seconds: number;
  /** The calls of all, the cron's included, and those of them that only read. */
  readonly calls: number;
  readonly reads: number;
  /** Those that were made while a cron ran, and how many ran. */
  readonly cronCalls: number;
  readonly cronReads: number;
  readonly crons: number;
  /** How many calls opening all inboxes took, before. */
  readonly openingCalls: number;
  /** Sockets that came back with a new token after the end of another, and answers to pings. */
  readonly renewals: number;
  readonly heartbeats: number;
  /** Sockets that closed for another reason, as on a busy machine, and were opened again. */
  readonly interruptions: number;
}

/** Keeps the inboxes open for so long, without news. */
export async function measureIdleInboxes(
  seconds: number,
  report: (line: string) => void = console.log,
): Promise<IdleInboxes> {
  const keys = await registryKeys();
  await using stack = new AsyncDisposableStack();
  const { worker, db, hrana } = stack.use(
    await startHarkWorker(
      { ...BINDINGS, ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES },
      [],
      { INBOXES: "InboxListeners" },
      { logStatements: true },
    ),
  );
  const hark = stack.use(await startTestApplication({ db, registry: true }));
  const serviceId = hark.registryServiceId as ServiceId;
  const tokenOf = (sub: string, lifeS: number, roles: readonly string[] = []) =>
    issueToken(keys, { ...PROPER_CLAIMS, sub, roles }, { now: Date.now(), lifeS });
  const clients = Array.from({ length: OPEN_INBOXES }, (_, at) => {
    const recipientId = `person-${at}`;
    const path = socketPathOf({ serviceId, recipientId });
    return createClient(worker, path, (lifeS) => tokenOf(recipientId, lifeS));
  });
  stack.defer(() => clients.forEach((client) => client.close()));

  const rest = clients.entries();
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, async () => {
    // Their tokens end one after the other.
    for (const [at, client] of rest) {
      await client.open(TOKEN_LIFE_S * (1 + at / OPEN_INBOXES) / 2);
    }
  }));
  const openingCalls = hrana.roundTrips;
  report(`${OPEN_INBOXES} inboxes are open, after ${openingCalls} calls of the database`);
  hrana.resetCount();
  clients.forEach((client) => client.startPings());

  const countReads = () => hrana.statements.filter((sql) => sql === BEGIN_READ).length;
  let [cronCalls, cronReads, crons] = [0, 0, 0];
  const endsAt = performance.now() + seconds * 1_000;
  while (performance.now() < endsAt) {
    await pause(Math.min(CRON_EVERY_MS, endsAt - performance.now()));
    const [calls, reads] = [hrana.roundTrips, countReads()];
    assert.equal((await worker.scheduled()).outcome, "ok");
    crons++;
    cronCalls += hrana.roundTrips - calls;
    cronReads += countReads() - reads;
    const left = Math.max(0, endsAt - performance.now()) / 1_000;
    report(
      `${hrana.roundTrips} calls, ${cronCalls} of them of crons; ${left.toFixed(0)} s are left`,
    );
  }
  const measured: IdleInboxes = {
    seconds,
    calls: hrana.roundTrips,
    reads: countReads(),
    cronCalls,
    cronReads,
    crons,
    openingCalls,
    renewals: clients.reduce((sum, { renewals }) => sum + renewals(), 0),
    heartbeats: clients.reduce((sum, { heartbeats }) => sum + heartbeats(), 0),
    interruptions: clients.reduce((sum, { interruptions }) => sum + interruptions(), 0),
  };
  assert.equal(clients.filter((client) => client.hasNews()).length, 0, "nothing came meanwhile");
  // Every fiftieth person has news.
  const people = clients.flatMap((_, at) => at % (OPEN_INBOXES / WITH_NEWS) === 0 ? [at] : []);
  await sendNews(worker, await tokenOf("publisher", TOKEN_LIFE_S, ["template-admin"]), people);
  await waitFor(
    "the news in open inboxes",
    () => Promise.resolve(people.every((at) => clients[at]?.hasNews())),
    NEWS_WITHIN,
  );
  assert.equal(clients.filter((client) => client.hasNews()).length, WITH_NEWS);
  return measured;
}

/** A client that keeps a socket open, and comes back with a new token when one has ended. */
function createClient(
  worker: RunningWorker,
  path: string,
  newToken: (lifeS: number) => Promise<string>,
) {
  let socket: WorkerSocket | undefined;
  let lastEventId = "";
  let [renewals, heartbeats, interruptions] = [0, 0, 0];
  let [hasNews, isOver] = [false, false];
  let pings: ReturnType<typeof setInterval> | undefined;

  /** @returns how the socket was closed */
  async function follow(lifeS: number, onOpen = () => {}): Promise<number> {
    const opened = socket = await worker.connect(path);
    opened.send(JSON.stringify({ token: await newToken(lifeS), lastEventId }));
    for (let text = await opened.next(); text !== undefined; text = await opened.next()) {
      if (text.startsWith(":")) heartbeats++;
      if (/^event: message$/m.test(text)) hasNews = true;
      lastEventId = [...text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? lastEventId;
      onOpen();
    }
    return (await opened.closed).code;
  }

  async function stayOpen(firstLifeS: number, onOpen: () => void): Promise<void> {
    let lifeS = firstLifeS;
    while (!isOver) {
      const code = await follow(lifeS, onOpen).catch(() => undefined);
      if (isOver) return;
      if (code === CLOSE.tokenEnded[0]) {
        renewals++;
        lifeS = TOKEN_LIFE_S;
      } else {
        interruptions++;
        await pause(RETRY_MS);
      }
    }
  }

  return {
    /** Opens the socket with a token of this life. @returns when it has got its first event */
    open: (lifeS: number) => new Promise<void>((resolve) => void stayOpen(lifeS, resolve)),
    startPings: () => void (pings = setInterval(() => socket?.send(PING), PING_EVERY_MS)),
    renewals: () => renewals,
    heartbeats: () => heartbeats,
    interruptions: () => interruptions,
    hasNews: () => hasNews,
    close() {
      isOver = true;
      clearInterval(pings);
      socket?.close();
    },
  };
}

async function sendNews(
  worker: RunningWorker,
  token: string,
  people: readonly number[],
): Promise<void> {
  const call = async (method: string, path: string, body: unknown, status: number) => {
    const headers = { "X-Access-Token": token, "Content-Type": "application/json" };
    const answer = await worker.fetch(path, { method, headers, body: JSON.stringify(body) });
    assert.equal(answer.status, status, await answer.text());
  };
  const template = { title: "News", content: "<p>News</p>" };
  await call("PUT", "/api/notifications/templates/inbox:news", template, 201);
  await call("POST", "/api/notifications", {
    notification: { templateName: "news" },
    recipients: people.map((at) => ({ id: `person-${at}`, parameters: {} })),
  }, 202);
}
