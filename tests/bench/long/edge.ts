/**
 * The Worker build in a local workerd whose database takes 30 ms to answer and answers six calls at a time. Its cron runs
 * every minute, as `wrangler.toml` has it.
 */
import assert from "node:assert/strict";
import {
  acceptDue,
  answerAsPostmark,
  newSender,
  POSTMARK,
  type Sender,
  uploadList,
} from "../../conformance/limited_sends.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { BINDINGS } from "../../conformance/hark_worker.ts";
import { type LimitedWorker, startLimitedWorker } from "../../conformance/limited_worker.ts";
import { type EdgeHeap, measureHeap } from "./edge_heap.ts";
import { callAs } from "../../conformance/services.ts";
import { JSON_TYPE, messageTo, ROLE, SEND, TEMPLATES } from "../../routes/registry/support.ts";
import { registryKeys } from "../../support/application.ts";
import { waitFor } from "../../support/process.ts";
import {
  issueToken,
  PROPER_CLAIMS,
  type TestKeys,
  toJwks,
  TOKEN_RULES,
} from "../../support/tokens.ts";

/** The e-mails that are due when the cron begins. */
export const DUE_EMAILS = 2_000;
/** The recipients of the message to inboxes. */
export const INBOXES = 10_000;
/** The rows of the list. */
export const LIST_ROWS = 20_000;
const ACCEPTS = 200;
const CRON_EVERY_MS = 60_000;
const WAIT = { everyMs: 100, timeoutMs: 600_000 } as const;

/** The CPU of workerd for a request, in milliseconds. */
interface AcceptCpu {
  /** Of one that does nothing. */
  readonly emptyMs: number;
  /** Of an accept that is scheduled, so that nothing is sent. */
  readonly acceptMs: number;
  /** Of an accept that is sent in its tail. */
  readonly sentMs: number;
}

/** What was measured. Times are in seconds. */
export interface Edge {
  readonly cron: { readonly s: number; readonly calls: number; readonly mostOpen: number };
  readonly inboxes: { readonly answeredS: number; readonly allS: number; readonly calls: number };
  readonly list: { readonly begunS: number; readonly allS: number; readonly calls: number };
  readonly heap: EdgeHeap;
  /** Messages that a provider was given twice. */
  readonly twice: number;
  /** With the sandbox, and with a provider that is called over HTTP. */
  readonly accepts: { readonly sandbox: AcceptCpu; readonly postmark: AcceptCpu };
}

/** Measures one after the other: accepts in a Worker for each provider, the others in one Worker. */
export async function measureEdge(): Promise<Edge> {
  const accepts = {
    postmark: await measureAccepts(POSTMARK),
    sandbox: await measureAccepts(BINDINGS),
  };
  const keys = await registryKeys();
  const { sent, answer } = answerAsPostmark();
  await using limited = await startLimitedWorker(
    { ...POSTMARK, ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES },
    answer,
    true,
  );
  const sender = await newSender(limited);
  const cron = await measureCron(limited, sender);
  const inboxes = await measureInboxes(limited, keys);
  const list = await measureList(limited, sender, sent);
  const heap = await measureHeap(limited, () => sendToInboxes(limited, keys, "inbox-of"));
  const twice = [...sent.values()].filter((count) => count > 1).length;
  return { cron, inboxes, list, heap, twice, accepts };
}

async function measureCron(limited: LimitedWorker, sender: Sender): Promise<Edge["cron"]> {
  await acceptDue(limited, sender, DUE_EMAILS);
  limited.resetCounts();
  const startedAt = performance.now();
  assert.equal((await limited.worker.scheduled()).outcome, "ok");
  const s = secondsSince(startedAt);
  const { database, mostOpen } = limited.counts();
  return { s, calls: database, mostOpen };
}

/** One request after the other, in a Worker with these bindings. */
async function measureAccepts(bindings: Readonly<Record<string, string>>): Promise<AcceptCpu> {
  await using limited = await startLimitedWorker(bindings, answerAsPostmark().answer);
  const { reach } = limited;
  const { key, template_id } = await newSender(limited);
  const accept = async (scheduled: { readonly scheduled_for?: string }) => {
    const { status } = await callAs(reach, key, "POST", "/v2/notifications/email", {
      template_id,
      email_address: "ann@example.com",
      personalisation: { name: "Ann" },
      ...scheduled,
    });
    assert.equal(status, 201);
  };
  const tomorrow = new Date(Date.now() + DAY_MS).toISOString();
  const empty = async () => void await (await reach("/healthz")).text();
  const later = () => accept({ scheduled_for: tomorrow });
  const now = () => accept({});
  for (const call of [now, empty]) for (let i = 0; i < ACCEPTS; i++) await call();
  const cpuOf = async (call: () => Promise<void>) => {
    const before = await readWorkerdCpuMs();
    for (let i = 0; i < ACCEPTS; i++) await call();
    // The last tail.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return (await readWorkerdCpuMs() - before) / ACCEPTS;
  };
  return {
    emptyMs: await cpuOf(empty),
    acceptMs: await cpuOf(later),
    sentMs: await cpuOf(now),
  };
}

async function measureInboxes(
  limited: LimitedWorker,
  keys: TestKeys,
): Promise<Edge["inboxes"]> {
  const template = { title: "News", content: "News for ${name}" };
  const published = await callAsPublisher(limited, keys, "PUT", `${TEMPLATES}inbox:news`, template);
  assert.equal(published.status, 201);
  limited.resetCounts();
  await using _cron = everyMinute(limited);
  const startedAt = performance.now();
  await sendToInboxes(limited, keys, "person");
  const answeredS = secondsSince(startedAt);
  await waitFor("all inboxes to have it", async () => {
    const [result] = await limited.db.read(["SELECT count(*) AS count FROM inbox_messages"]);
    return result?.rows[0]?.["count"] === INBOXES;
  }, WAIT);
  return { answeredS, allS: secondsSince(startedAt), calls: limited.counts().database };
}

/** Sends a message to many inboxes, and waits for the answer. */
async function sendToInboxes(
  limited: LimitedWorker,
  keys: TestKeys,
  prefix: string,
): Promise<void> {
  const people = Array.from({ length: INBOXES }, (_, index) => `${prefix}-${index}`);
  const answer = await callAsPublisher(limited, keys, "POST", SEND, messageTo(people, "news"));
  assert.equal(answer.status, 202);
}

async function callAsPublisher(
  { worker }: LimitedWorker,
  keys: TestKeys,
  method: string,
  path: string,
  body: unknown,
): Promise<Response> {
  const claims = { ...PROPER_CLAIMS, sub: "publisher", roles: [ROLE] };
  const token = await issueToken(keys, claims, { now: Date.now(), lifeS: 600 });
  return await worker.fetch(path, {
    method,
    headers: { "x-access-token": token, ...JSON_TYPE },
    body: JSON.stringify(body),
  });
}

async function measureList(
  limited: LimitedWorker,
  sender: Sender,
  sent: ReadonlyMap<string, number>,
): Promise<Edge["list"]> {
  const rows = Array.from({ length: LIST_ROWS }, (_, index) => `bob@n${index}.example.net,Bob`);
  const before = sent.size;
  limited.resetCounts();
  await using _cron = everyMinute(limited);
  await uploadList(limited, sender, rows);
  const startedAt = performance.now();
  await waitFor("the first to be sent", () => sent.size > before, WAIT);
  const begunS = secondsSince(startedAt);
  await waitFor("all to be sent", () => sent.size === before + rows.length, WAIT);
  return { begunS, allS: secondsSince(startedAt), calls: limited.counts().database };
}

/** Runs the cron every minute, the first time after one, until it is disposed. */
function everyMinute({ worker }: LimitedWorker): AsyncDisposable {
  const running = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const cron = worker.scheduled().finally(() => running.delete(cron));
    running.add(cron);
  }, CRON_EVERY_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1_000;

/** The clock ticks of a second in `/proc` on Linux. */
const TICKS_PER_SECOND = 100;

/** The CPU time of all workerd processes that this one has started, in milliseconds. */
async function readWorkerdCpuMs(): Promise<number> {
  let ticks = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    const [, program, rest] = /^\d+ \((.*)\) (.*)$/.exec(stat.trimEnd()) ?? [];
    const fields = rest?.split(" ") ?? [];
    if (program !== "workerd" || Number(fields[1]) !== Deno.pid) continue;
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 1_000 / TICKS_PER_SECOND;
}
