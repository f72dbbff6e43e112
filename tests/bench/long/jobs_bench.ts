/**
 * A bulk job from its upload to the accept of its rows, with concurrent single sends of another service. `deno task
 * bench --long` runs it in a process of its own, to measure its peak memory; `BENCH_JOB_ROWS` sets the number of rows.
 */
import { createClient } from "@libsql/client";
import { createJobStore } from "../../../adapters/libsql/jobs/jobs.ts";
import type { JobId } from "../../../domain/ids.ts";
import { runLoop } from "../../../application/background/loop.ts";
import { ADMIN_TOKEN, issueRequestToken } from "../../support/application.ts";
import { type BenchHark, openBenchHark } from "../bench_hark.ts";
import { startProviders } from "../http/providers.ts";
import { quantile } from "../http/load.ts";
import { smsBody } from "../messages.ts";

/** The rows of the job. */
const ROWS = Number(Deno.env.get("BENCH_JOB_ROWS") ?? 100_000);
/** The rows of one batch of the floor. */
const FLOOR_BATCH = 1_000;
/** The interval of single sends, in milliseconds. */
const SINGLE_EVERY_MS = 100;
const IDLE_SINGLES = 50;

/** What a job of so many rows costs. */
export interface JobCosts {
  readonly rows: number;
  /** The same rows in plain batches. */
  readonly floorS: number;
  readonly uploadedS: number;
  readonly acceptedS: number;
  readonly peakMb: number;
  /** Single sends before the job, and beside it. */
  readonly idleP99Ms: number;
  readonly besideP99Ms: number;
  readonly sentS: number;
}

const TEMPLATE = {
  channel: "email",
  name: "List",
  subject: "A decision for ((name))",
  body: "Dear ((name)), your appointment is on ((date)) at Cardiff. Reply to change it.",
} as const;

/** A row of the recipient file, by its number in a spreadsheet. */
function cellsOf(row: number): readonly [string, string, string] {
  return [`ann.example.${row}@example.com`, `Ann Example ${row}`, "1 January at 10:30am"];
}

function listAsCsv(rows: number): ReadableStream<Uint8Array> {
  let row = 1;
  return new ReadableStream<string>({
    pull(controller) {
      const lines: string[] = row === 1 ? ["email address,name,date"] : [];
      for (let n = 0; n < FLOOR_BATCH && row <= rows; n++) lines.push(cellsOf(++row).join(","));
      controller.enqueue(lines.join("\r\n") + "\r\n");
      if (row > rows) controller.close();
    },
  }).pipeThrough(new TextEncoderStream());
}

/** Writes the same rows in plain batches into one table with one index. @returns seconds */
async function timeFloor(file: string): Promise<number> {
  const client = createClient({ url: `file:${file}`, concurrency: 1 });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute("PRAGMA synchronous = FULL");
  await client.execute(
    "CREATE TABLE rows (id TEXT NOT NULL, recipient TEXT NOT NULL, name TEXT, date TEXT)",
  );
  await client.execute("CREATE INDEX rows_by_recipient ON rows (recipient)");
  const startedAt = performance.now();
  for (let first = 2; first < ROWS + 2; first += FLOOR_BATCH) {
    const count = Math.min(FLOOR_BATCH, ROWS + 2 - first);
    await client.batch(
      Array.from({ length: count }, (_, at) => ({
        sql: "INSERT INTO rows (id, recipient, name, date) VALUES (?, ?, ?, ?)",
        args: [crypto.randomUUID(), ...cellsOf(first + at)],
      })),
      "write",
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  client.close();
  return seconds;
}

/** Uploads the recipient file as an operator does. @returns the job's id */
async function upload({ send, serviceId }: BenchHark, templateId: string): Promise<JobId> {
  const answer = await send(
    new Request(`http://hark.test/manage/services/${serviceId}/jobs?template_id=${templateId}`, {
      method: "POST",
      headers: { "authorization": `Bearer ${ADMIN_TOKEN}`, "content-type": "text/csv" },
      body: listAsCsv(ROWS),
    }),
  );
  const job = await answer.json();
  if (answer.status !== 201) throw new Error(`the list was answered with ${answer.status}`);
  return job.id;
}

/** Makes single sends at a fixed interval until the signal aborts. @returns milliseconds to each response */
async function sendSingles(
  { hark, send }: BenchHark,
  goesOn: (sent: number) => boolean,
): Promise<readonly number[]> {
  const service = await hark.newService({ rate_limit_per_minute: 100_000 });
  const body = smsBody(
    await hark.newTemplate(service.id, {
      channel: "sms",
      name: "Text",
      body: "Dear ((name)), ((date))",
    }),
  );
  const url = "http://hark.test/v2/notifications/sms";
  const took: number[] = [];
  const inFlight = new Set<Promise<void>>();
  for (let sent = 0; goesOn(sent); sent++) {
    // Signed in advance: real callers sign on machines of their own.
    const headers = {
      authorization: `Bearer ${await issueRequestToken(service.keys.live)}`,
      "content-type": "application/json",
    };
    // Measured from the scheduled time: a blocked event loop also delays the request itself.
    const dueAt = performance.now() + SINGLE_EVERY_MS;
    await new Promise((resolve) => setTimeout(resolve, SINGLE_EVERY_MS));
    const answered = (async () => {
      const { status } = await send(new Request(url, { method: "POST", headers, body }));
      if (status !== 201) throw new Error(`a single send was answered with ${status}`);
      took.push(performance.now() - dueAt);
    })().finally(() => inFlight.delete(answered));
    inFlight.add(answered);
  }
  await Promise.all(inFlight);
  return took;
}

/** The peak memory of this process, in megabytes; its current memory where the system does not report the peak. */
async function peakMegabytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  return kilobytes === undefined ? Deno.memoryUsage().rss / 1e6 : Number(kilobytes) / 1e3;
}

async function measureAccept(
  folder: string,
): Promise<Pick<JobCosts, "floorS" | "uploadedS" | "acceptedS" | "peakMb">> {
  const bench = await openBenchHark(`${folder}/list.db`);
  const templateId = await bench.hark.newTemplate(bench.serviceId, TEMPLATE);
  const startedAt = performance.now();
  const id = await upload(bench, templateId);
  const uploaded = (performance.now() - startedAt) / 1000;
  await bench.hark.backgroundWork.runJobs(new AbortController().signal);
  const accepted = (performance.now() - startedAt) / 1000;
  const job = await createJobStore(bench).get(bench.serviceId, id);
  if (job?.counts.created !== ROWS) throw new Error("rows are missing");
  const peak = await peakMegabytes();
  // At the end, because its statements take more memory than the job does.
  const floor = await timeFloor(`${folder}/floor.db`);
  await bench.close();
  return { floorS: floor, uploadedS: uploaded, acceptedS: accepted, peakMb: peak };
}

async function measureSingles(
  folder: string,
): Promise<Pick<JobCosts, "idleP99Ms" | "besideP99Ms" | "sentS">> {
  await using providers = await startProviders();
  const bench = await openBenchHark(`${folder}/two_services.db`, {
    EMAIL_PROVIDER: "postmark",
    POSTMARK_BASE_URL: providers.url,
    POSTMARK_SERVER_TOKEN: "bench",
    POSTMARK_WEBHOOK_USER: "user",
    POSTMARK_WEBHOOK_PASSWORD: "password",
  });
  const templateId = await bench.hark.newTemplate(bench.serviceId, TEMPLATE);
  const stopping = new AbortController();
  const loop = runLoop(bench.hark.backgroundWork, {
    clock: bench.clock,
    log: () => {},
    signal: stopping.signal,
  });
  const idle = await sendSingles(bench, (sent) => sent < IDLE_SINGLES);
  const store = createJobStore(bench);
  const startedAt = performance.now();
  let isOver = false;
  let endedAfter = 0;
  const id = await upload(bench, templateId);
  const singles = sendSingles(bench, () => !isOver);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const job = await store.get(bench.serviceId, id);
    endedAfter = (performance.now() - startedAt) / 1000;
    if (job?.counts.sending === ROWS) break;
  }
  isOver = true;
  const busy = await singles;
  stopping.abort();
  await loop;
  await bench.close();
  return {
    idleP99Ms: quantile(idle, 0.99),
    besideP99Ms: quantile(busy, 0.99),
    sentS: endedAfter,
  };
}

/** The V8 flags of `deno task start`, which limit heap growth. */
async function flagsOfStart(): Promise<readonly string[]> {
  const launcher = await Deno.readTextFile(
    new URL("../../../runtime/launcher.ts", import.meta.url),
  );
  return launcher.match(/--v8-flags=[^"]+/g) ?? [];
}

/** Runs this file in a process of its own, with the flags of `deno task start`. */
export async function runJobsBench(): Promise<JobCosts> {
  const file = new URL(import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--lock=tests/deno.lock", ...await flagsOfStart(), file],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("the bench of jobs failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir({ prefix: "hark-bench-" });
  try {
    const costs: JobCosts = {
      rows: ROWS,
      ...await measureAccept(folder),
      ...await measureSingles(folder),
    };
    console.log(JSON.stringify(costs));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
