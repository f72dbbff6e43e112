/** Retries and accepts while retention deletes many rows. */
import { DatabaseSync } from "node:sqlite";
import { manage, reachAt, type ShownEvent } from "../../conformance/services.ts";
import { pause } from "../../support/process.ts";
import { everyFeature } from "../http/environments.ts";
import { load, quantile } from "../http/load.ts";
import { type Providers, startProviders } from "../http/providers.ts";
import { type Sender, sendRequests } from "../http/senders.ts";
import { type Server, startHark } from "../http/servers.ts";
import { fillFolder } from "./filled_hark.ts";

const FEW = 1_000;
const MANY = 1_000_000;
/** Older than retention keeps messages, which is seven days. */
const AGES = { newestDays: 8, oldestDays: 30 } as const;
const LASTS_MS = 60_000;
const SEND_EVERY_MS = 50;
/** The provider refuses the first attempt of one message of this many: more would open its circuit breaker. */
const REFUSES_ONE_OF = 8;
/** Time for the last retries. */
const RETRIES_END_MS = 10_000;

/** How messages fared meanwhile. */
export interface Meanwhile {
  readonly acceptP99Ms: number;
  /** From the time that a retry is due until it starts. */
  readonly retryP99Ms: number;
  readonly retries: number;
  readonly deleted: number;
}

/** Sends messages, of which the first attempt of some fails, beside an idle retention and beside one that deletes. */
export async function measureRetention(): Promise<
  { readonly idle: Meanwhile; readonly deleting: Meanwhile }
> {
  return { idle: await sendBeside(FEW), deleting: await sendBeside(MANY) };
}

async function sendBeside(expired: number): Promise<Meanwhile> {
  await using providers = await startProviders();
  await using filled = await fillFolder({
    notifications: expired,
    inboxMessages: 0,
    ...AGES,
    environment: await everyFeature(providers.url),
  });
  const before = countNotifications(`${filled.folder.path}/hark.db`);
  await using hark = await startHark(filled);
  const { accepted, ...meanwhile } = await sendWithRetries(hark, filled.senders, providers);
  return { ...meanwhile, deleted: before + accepted - countNotifications(hark.database) };
}

async function sendWithRetries(
  hark: Server,
  senders: readonly Sender[],
  providers: Providers,
): Promise<Omit<Meanwhile, "deleted"> & { readonly accepted: number }> {
  await providers.set({ reportTo: hark.url, refusesOneOf: REFUSES_ONE_OF });
  const request = sendRequests(senders);
  const accepted: { readonly id: string; readonly template: { readonly id: string } }[] = [];
  const latencies: number[] = [];
  const inFlight: Promise<void>[] = [];
  const endsAt = performance.now() + LASTS_MS;
  while (performance.now() < endsAt) {
    const dueAt = performance.now();
    inFlight.push(
      load({
        url: hark.url,
        connections: 1,
        until: { requests: 1 },
        status: 201,
        request,
        onBody: (body) => accepted.push(JSON.parse(body)),
      }).then(() => void latencies.push(performance.now() - dueAt)),
    );
    await pause(SEND_EVERY_MS);
  }
  await Promise.all(inFlight);
  await pause(RETRIES_END_MS);
  const delays: number[] = [];
  for (const { id, template } of accepted) {
    const sender = senders.find(({ templates }) => templates.sms === template.id);
    const delay = await readDelay(hark, sender?.serviceId ?? "", id);
    if (delay !== undefined) delays.push(delay);
  }
  return {
    acceptP99Ms: quantile(latencies, 0.99),
    retryP99Ms: quantile(delays, 0.99),
    retries: delays.length,
    accepted: accepted.length,
  };
}

/** How long after its time the second attempt started; since its time, when it has not; `undefined` without a failure. */
async function readDelay(
  hark: Server,
  serviceId: string,
  id: string,
): Promise<number | undefined> {
  const path = `/manage/services/${serviceId}/notifications/${id}/timeline`;
  const { body } = await manage(reachAt(() => hark.url), "GET", path);
  const events: readonly ShownEvent[] = body.events;
  const due = events.find(({ next_attempt_at }) => next_attempt_at !== undefined)?.next_attempt_at;
  const start = events.find(({ kind, attempt }) => kind === "attempt-started" && attempt === 2)?.at;
  if (due === undefined) return undefined;
  return (start === undefined ? Date.now() : Date.parse(start)) - Date.parse(due);
}

function countNotifications(database: string): number {
  using db = new DatabaseSync(database, { readOnly: true });
  return Number(db.prepare("SELECT count(*) AS n FROM notifications").get()?.n);
}
