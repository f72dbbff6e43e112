/** Messages from their accept until they are delivered, over HTTP. */
import { DatabaseSync } from "node:sqlite";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { callAs, reachAt } from "../../conformance/services.ts";
import { pause, waitFor } from "../../support/process.ts";
import { median } from "../measure.ts";
import { commitsBetween, readCommits } from "./commits.ts";
import { everyFeature } from "./environments.ts";
import { load } from "./load.ts";
import { cpuBetween, readCpu } from "./process_stats.ts";
import { type Providers, startProviders } from "./providers.ts";
import { createSenders, type Sender, sendRequests } from "./senders.ts";
import { type Server, startHark, waitUntilIdle } from "./servers.ts";

const CONNECTIONS = 32;
const MESSAGES = 3_000;
const WARM_UP_MESSAGES = 1_000;
const ROUNDS = 2;
const POLL_MS = 20;

/** What a message cost from its accept on: medians of the rounds. */
export interface Delivery {
  /** CPU of all threads of Hark, in microseconds a message. */
  readonly cpuUs: number;
  readonly mainUs: number;
  readonly databaseUs: number;
  /** Messages a second, until the last one is delivered. */
  readonly perSecond: number;
  readonly commitsPerMessage: number;
}

/** Text messages by the sandbox, which reports delivery at once. */
export async function measureSandboxDelivery(): Promise<Delivery> {
  await using hark = await startHark();
  return await measureDeliveries(hark, await createSenders(hark.url));
}

/** Text messages by Twilio's stand-in: a call each, and a signed report. */
export async function measureTwilioDelivery(): Promise<Delivery> {
  await using providers = await startProviders();
  await using hark = await startHark({ environment: await everyFeature(providers.url) });
  await providers.set({ reportTo: hark.url });
  const delivery = await measureDeliveries(hark, await createSenders(hark.url));
  const { failedReports } = await providers.counts();
  if (failedReports > 0) throw new Error(`${failedReports} reports failed`);
  return delivery;
}

async function measureDeliveries(hark: Server, senders: readonly Sender[]): Promise<Delivery> {
  await deliver(hark, senders, WARM_UP_MESSAGES);
  const rounds: Delivery[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await deliver(hark, senders, MESSAGES));
  }
  return mediansOf(rounds);
}

async function deliver(
  hark: Server,
  senders: readonly Sender[],
  messages: number,
): Promise<Delivery> {
  let last = "";
  const request = sendRequests(senders);
  const cost = await measureUntil(hark, messages, async () => {
    await load({
      url: hark.url,
      connections: CONNECTIONS,
      until: { requests: messages },
      status: 201,
      request,
      onBody: (body) => last = body,
    });
    await waitForEmptyOutbox(hark);
  });
  await requireDelivered(hark, senders, JSON.parse(last));
  return cost;
}

/** Measures what a server does until some work has ended, and it is idle. */
async function measureUntil(
  hark: Server,
  messages: number,
  work: () => Promise<unknown>,
): Promise<Delivery> {
  await waitUntilIdle(hark);
  const commitsBefore = readCommits(hark.database);
  const cpuBefore = readCpu(hark.pid);
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  await waitUntilIdle(hark);
  const cpu = cpuBetween(cpuBefore, readCpu(hark.pid));
  return {
    cpuUs: cpu.all / messages,
    mainUs: cpu.main / messages,
    databaseUs: cpu.database / messages,
    perSecond: messages / seconds,
    commitsPerMessage: commitsBetween(commitsBefore, readCommits(hark.database)) / messages,
  };
}

/** A message leaves the outbox when it is delivered, or its receipt is no longer awaited. */
async function waitForEmptyOutbox({ database }: Server): Promise<void> {
  using db = new DatabaseSync(database, { readOnly: true });
  const any = db.prepare("SELECT 1 FROM outbox LIMIT 1");
  await waitFor("the outbox to be empty", () => any.get() === undefined, { everyMs: POLL_MS });
}

async function requireDelivered(
  hark: Server,
  senders: readonly Sender[],
  { id, template }: { readonly id: string; readonly template: { readonly id: string } },
): Promise<void> {
  const sender = senders.find(({ templates }) => templates.sms === template.id);
  const path = `/v2/notifications/${id}`;
  const { body } = await callAs(reachAt(() => hark.url), sender?.key ?? "", "GET", path);
  if (body.status !== "delivered") throw new Error(`a message is ${body.status}`);
}

const EMAILS = 5_000;
const FIRST_EMAILS = 500;
/** E-mails are due when they could be accepted this many times. */
const DUE_MARGIN = 1.5;

/** E-mails that wait, by Postmark's stand-in in batches. The accepts and the reports are not measured. */
export async function measureEmailBatches(): Promise<Delivery> {
  await using providers = await startProviders();
  await using hark = await startHark({ environment: await everyFeature(providers.url) });
  const senders = await createSenders(hark.url);
  const rounds: Delivery[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await sendWaitingEmails(hark, senders, providers));
  }
  return mediansOf(rounds);
}

async function sendWaitingEmails(
  hark: Server,
  senders: readonly Sender[],
  providers: Providers,
): Promise<Delivery> {
  const accept = async (requests: number, scheduledFor: Date) =>
    await load({
      url: hark.url,
      connections: CONNECTIONS,
      until: { requests },
      status: 201,
      request: sendRequests(senders, { channel: "email", scheduledFor }),
    });
  const { emails: before } = await providers.counts();
  const { seconds: firstSeconds } = await accept(FIRST_EMAILS, new Date(Date.now() + DAY_MS));
  const expectedMs = firstSeconds * 1000 * EMAILS / FIRST_EMAILS;
  const scheduledFor = new Date(Date.now() + Math.ceil(expectedMs * DUE_MARGIN));
  await accept(EMAILS, scheduledFor);
  const sent = async () => (await providers.counts()).emails - before;
  if (await sent() > 0) throw new Error("e-mails were due before all of them were accepted");
  let begunAt = 0;
  let seconds = 0;
  const cost = await measureUntil(hark, EMAILS, async () => {
    await pause(Math.max(0, scheduledFor.getTime() - Date.now()));
    await waitFor("the first e-mail", async () => await sent() > 0, { everyMs: 1 });
    begunAt = performance.now();
    await waitFor("all e-mails", async () => await sent() >= EMAILS, { everyMs: POLL_MS });
    seconds = (performance.now() - begunAt) / 1000;
  });
  return { ...cost, perSecond: EMAILS / seconds };
}

function mediansOf(rounds: readonly Delivery[]): Delivery {
  const of = (key: keyof Delivery) => median(rounds.map((round) => round[key]));
  return {
    cpuUs: of("cpuUs"),
    mainUs: of("mainUs"),
    databaseUs: of("databaseUs"),
    perSecond: of("perSecond"),
    commitsPerMessage: of("commitsPerMessage"),
  };
}
