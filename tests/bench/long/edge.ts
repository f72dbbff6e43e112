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
import { type LimitedWorker, startLimitedWorker } from "../../conformance/limited_worker.ts";
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

/** What was measured. Times are in seconds. */
export interface Edge {
  readonly cron: { readonly s: number; readonly calls: number; readonly mostOpen: number };
  readonly inboxes: { readonly answeredS: number; readonly allS: number; readonly calls: number };
  readonly list: { readonly begunS: number; readonly allS: number; readonly calls: number };
  /** Messages that a provider was given twice. */
  readonly twice: number;
  /** The CPU of workerd for an accept and its tail, and for a request that does nothing, in milliseconds. */
  readonly acceptCpuMs: number;
  readonly emptyCpuMs: number;
}

/** Measures one after the other in one Worker. */
export async function measureEdge(): Promise<Edge> {
  const keys = await registryKeys();
  const { sent, answer } = answerAsPostmark();
  await using limited = await startLimitedWorker(
    { ...POSTMARK, ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES },
    answer,
  );
  const sender = await newSender(limited);
  const cron = await measureCron(limited, sender);
  const acceptCpu = await measureAccepts(limited, sender);
  const inboxes = await measureInboxes(limited, keys);
  const list = await measureList(limited, sender, sent);
  const twice = [...sent].filter(([to, count]) => to !== ACCEPT_TO && count > 1).length;
  return { cron, inboxes, list, twice, ...acceptCpu };
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

const ACCEPT_TO = "ann@example.com";

/** One accept after the other, each with its tail. */
async function measureAccepts({ reach }: LimitedWorker, { key, template_id }: Sender) {
  const send = async () => {
    const { status } = await callAs(reach, key, "POST", "/v2/notifications/email", {
      template_id,
      email_address: ACCEPT_TO,
      personalisation: { name: "Ann" },
    });
    assert.equal(status, 201);
  };
  const empty = async () => void await (await reach("/healthz")).text();
  for (const call of [send, empty]) for (let i = 0; i < ACCEPTS; i++) await call();
  const cpuOf = async (call: () => Promise<void>) => {
    const before = await readWorkerdCpuMs();
    for (let i = 0; i < ACCEPTS; i++) await call();
    // The last tail.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return (await readWorkerdCpuMs() - before) / ACCEPTS;
  };
  const emptyCpuMs = await cpuOf(empty);
  return { acceptCpuMs: await cpuOf(send) - emptyCpuMs, emptyCpuMs };
}

async function measureInboxes(
  limited: LimitedWorker,
  keys: TestKeys,
): Promise<Edge["inboxes"]> {
  const claims = { ...PROPER_CLAIMS, sub: "publisher", roles: [ROLE] };
  const token = await issueToken(keys, claims, { now: Date.now(), lifeS: 600 });
  const call = (method: string, path: string, body: unknown) =>
    limited.worker.fetch(path, {
      method,
      headers: { "x-access-token": token, ...JSON_TYPE },
      body: JSON.stringify(body),
    });
  const template = { title: "News", content: "News for ${name}" };
  assert.equal((await call("PUT", `${TEMPLATES}inbox:news`, template)).status, 201);
  const people = Array.from({ length: INBOXES }, (_, index) => `person-${index}`);
  limited.resetCounts();
  await using _cron = everyMinute(limited);
  const startedAt = performance.now();
  const answer = await call("POST", SEND, messageTo(people, "news"));
  const answeredS = secondsSince(startedAt);
  assert.equal(answer.status, 202);
  await waitFor("all inboxes to have it", async () => {
    const [result] = await limited.db.read(["SELECT count(*) AS count FROM inbox_messages"]);
    return result?.rows[0]?.["count"] === INBOXES;
  }, WAIT);
  return { answeredS, allS: secondsSince(startedAt), calls: limited.counts().database };
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
