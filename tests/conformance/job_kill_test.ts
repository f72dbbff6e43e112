/**
 * Jobs under SIGKILL: every row is sent, and possible duplicates are marked. `KILL_SEED=n` repeats a run's choices;
 * `KILL_JOB_ROWS=100000` makes the recipient file as long as it may be.
 */

import { openAuditWriter } from "../../adapters/libsql/accounts/audit_writer.ts";
import assert from "node:assert/strict";
import { uuid } from "../../adapters/libsql/connection/row.ts";
import { createClock } from "../../adapters/clock.ts";
import { createEncryption } from "../../adapters/crypto/envelope_encryption.ts";
import { createContexts } from "../../adapters/libsql/services/contexts.ts";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createJobStore } from "../../adapters/libsql/jobs/jobs.ts";
import type { JobId, ServiceId, TemplateId } from "../../domain/ids.ts";
import { type Job, MAX_CHUNK_ROWS } from "../../domain/jobs/job.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import { PLAIN_READING } from "../../domain/jobs/list_reading.ts";
import { MASTER_KEY } from "../support/application.ts";
import {
  makeFolder,
  migrateFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  serve,
  type ServingProcess,
  waitFor,
} from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { newService, newTemplate, type Reach } from "./services.ts";

const ROWS = Number(Deno.env.get("KILL_JOB_ROWS") ?? 6_000);
const KILLS = 10;
/** The provider's latency, so that calls are in flight when the process is killed. */
const PROVIDER_MS = 30;
/** The maximum of a kill's random delay, so that it can happen at any point. */
const JITTER_MS = 300;
/** Leases of the last killed process expire after 30 s, the provider is asked two minutes later; a machine may be busy. */
const TIMEOUT_MS = 300_000 + 10 * ROWS;

/** An e-mail that the provider accepted: its notification and its row. */
interface Accepted {
  readonly messageId: string;
  readonly notificationId: string;
  readonly row: number;
}

interface Email {
  readonly TextBody: string;
  readonly Metadata: { readonly notification_id: string };
}

/**
 * A provider that accepts every message, alone and in batches, and says which messages it has of a notification. It keeps
 * no content: there are many messages.
 */
function startProvider() {
  const accepted: Accepted[] = [];
  const take = ({ TextBody, Metadata }: Email) => {
    const row = Number(/number (\d+)\./.exec(TextBody)?.[1]);
    const messageId = crypto.randomUUID();
    accepted.push({ messageId, notificationId: Metadata.notification_id, row });
    return { ErrorCode: 0, Message: "OK", MessageID: messageId };
  };
  const search = (query: URLSearchParams) => {
    const id = query.get("metadata_notification_id");
    const found = accepted.filter(({ notificationId }) => notificationId === id);
    const Messages = found.map(({ messageId }) => ({
      MessageID: messageId,
      Metadata: { notification_id: id },
      Status: "Sent",
      ReceivedAt: new Date().toISOString(),
    }));
    return Response.json({ TotalCount: Messages.length, Messages });
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/messages/outbound") return search(searchParams);
      if (pathname === "/server") return Response.json({ TrackOpens: false, TrackLinks: "None" });
      const body: Email | readonly Email[] = await request.json();
      const answer = "length" in body ? body.map(take) : take(body);
      await pause(PROVIDER_MS);
      return Response.json(answer);
    },
  );
  return {
    accepted,
    environment: {
      ...SANDBOX_ENVIRONMENT,
      EMAIL_PROVIDER: "postmark",
      POSTMARK_BASE_URL: `http://127.0.0.1:${server.addr.port}`,
      POSTMARK_SERVER_TOKEN: "token",
      POSTMARK_WEBHOOK_USER: "user",
      POSTMARK_WEBHOOK_PASSWORD: "password",
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The job store over a process's database, as its uploads use it. */
async function openStore(db: Database): Promise<
  { readonly store: JobStore; readonly revisionOf: (serviceId: ServiceId) => Promise<number> }
> {
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const contexts = createContexts(db, encryption);
  return {
    store: createJobStore({
      db,
      encryption,
      contexts,
      audit: openAuditWriter({ db, encryption, clock: Date }),
    }),
    async revisionOf(serviceId) {
      const context = await contexts.load(serviceId, { fresh: true });
      return context?.service.revision ?? 0;
    },
  };
}

Deno.test("a job whose process is killed repeatedly: sends every row once, since the provider is asked which it has", async () => {
  const seed = Number(Deno.env.get("KILL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`KILL_SEED=${seed}`);
  const random = createRandom(seed);

  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using provider = startProvider();
  const { accepted, environment } = provider;
  let hark: ServingProcess | undefined;
  await using _last = { [Symbol.asyncDispose]: async () => await hark?.[Symbol.asyncDispose]() };
  const start = async () => {
    hark = await serve("start", { folder, environment });
  };
  const reach: Reach = (path, init) => fetch(`${hark?.url}${path}`, init);
  await start();

  const { id } = await newService(reach, { rate_limit_per_minute: 100_000 });
  const serviceId = id as ServiceId;
  const templateId = await newTemplate(reach, serviceId, {
    channel: "email",
    name: "E-mail",
    subject: "A message",
    body: "This is number ((n)).",
  }) as TemplateId;
  const db = await openDatabase({ url: `file:${folder.path}/hark.db` });
  try {
    const { store, revisionOf } = await openStore(db);
    const job: Job = {
      serviceId,
      id: crypto.randomUUID() as JobId,
      name: "List",
      fileName: null,
      channel: "email",
      templateId,
      templateVersion: 1,
      keyKind: "live",
      keyId: crypto.randomUUID() as Job["keyId"],
      senderId: null,
      status: "pending",
      rows: ROWS,
      scheduledFor: null,
      validUntil: null,
      urgent: false,
      createdPaused: false,
      allowDuplicates: false,
      reading: PLAIN_READING,
      createdAt: createClock().now(),
      startedAt: null,
      finishedAt: null,
      error: null,
    };
    for (let first = 0; first < ROWS; first += MAX_CHUNK_ROWS) {
      const count = Math.min(MAX_CHUNK_ROWS, ROWS - first);
      const rows = Array.from({ length: count }, (_, at) => ({
        row: first + at + 2,
        recipient: `ann${first + at}@example.com`,
        personalisation: { n: String(first + at + 2) },
      }));
      await store.stage(serviceId, job.id, first / MAX_CHUNK_ROWS, rows, job.createdAt);
    }
    const claim = {
      keyHash: null,
      fileHash: "file",
      expiresAt: job.createdAt + 1,
      chunks: Math.ceil(ROWS / MAX_CHUNK_ROWS),
    };
    const created = await store.create(job, claim, await revisionOf(serviceId));
    assert.equal(created.kind, "created");

    const startedAt = performance.now();
    const killPoints = Array.from({ length: KILLS }, () => Math.floor(random() * ROWS * 0.95))
      .sort((a, b) => a - b);
    let killedWhileAccepting = 0;
    for (const killPoint of killPoints) {
      await waitFor(`e-mail ${killPoint}`, () => accepted.length >= killPoint, {
        everyMs: 1,
        timeoutMs: TIMEOUT_MS,
      });
      await pause(JITTER_MS * random());
      await hark?.kill("SIGKILL");
      if ((await store.get(serviceId, job.id))?.status !== "finished") killedWhileAccepting++;
      await start();
    }
    const finished = await waitFor("everything to be sent", async () => {
      const finished = await store.get(serviceId, job.id);
      return finished?.status === "finished" && finished.counts.sending === ROWS
        ? finished
        : undefined;
    }, { timeoutMs: TIMEOUT_MS, everyMs: 500 });
    const seconds = (performance.now() - startedAt) / 1000;
    assert.deepEqual(finished.counts, { sending: ROWS }, "the counters agree");

    const rows = new Set(accepted.map(({ row }) => row));
    assert.equal(rows.size, ROWS, "every row is at the provider");
    const [notifications, attempts, parts] = await db.read([
      "SELECT count(*) AS n, count(DISTINCT job_row) AS distinct_rows FROM notifications",
      `SELECT n.id, sum(e.value->>1 = 'attempt-started') AS begun,
          count(e.value->>2->>'possible_duplicate') AS marked,
          sum(coalesce(e.value->>2->>'code' IN ('found', 'not-found'), 0)) AS resolved
        FROM notifications AS n, json_each(n.events) AS e GROUP BY n.id`,
      "SELECT count(*) AS n FROM job_parts",
    ]);
    assert.deepEqual({ ...notifications?.rows[0] }, { n: ROWS, distinct_rows: ROWS });
    assert.equal(parts?.rows[0]?.n, 0);
    const copies = Map.groupBy(accepted, ({ notificationId }) => notificationId);
    assert.equal(copies.size, ROWS, "one notification a row");
    let duplicated = 0;
    let marked = 0;
    let resolved = 0;
    for (const row of attempts?.rows ?? []) {
      const sent = copies.get(uuid(row, "id")) ?? [];
      assert(sent.length <= Number(row.begun), "every copy had an attempt written first");
      if (sent.length > 1) duplicated++;
      marked += Number(row.marked);
      resolved += Number(row.resolved);
    }
    console.log(
      `${ROWS} rows in ${seconds.toFixed(0)} s, killed ${KILLS} times ` +
        `(${killedWhileAccepting} while rows were being accepted): ${rows.size} distinct at the ` +
        `provider, ${duplicated} twice or more, ${marked} marked, ${resolved} asked for`,
    );
    assert.deepEqual([duplicated, marked], [0, 0], "none was sent twice");
    assert(resolved > 0, "the kills fell where nothing was under way");
  } finally {
    db.close();
  }
  const ended = await hark?.kill("SIGTERM");
  assert.deepEqual([ended?.code, ended?.stderr], [0, ""]);
});
