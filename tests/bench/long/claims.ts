/** Claims of due rows, measured in this process on a database that a server has filled. */
import { createClock } from "../../../adapters/clock.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { createOutbox } from "../../../adapters/libsql/outbox/outbox.ts";
import { MASTER_KEY } from "../../support/application.ts";
import { type Folder, makeFolder, pause } from "../../support/process.ts";
import { load } from "../http/load.ts";
import { createSenders, type Sender, sendRequests } from "../http/senders.ts";
import { runMigrate, startHark } from "../http/servers.ts";
import { median } from "../measure.ts";
import { fillFolder } from "./filled_hark.ts";

/** Rows of a claim. */
const CLAIM = 50;
const CLAIMS = 60;
const WARM_UP_CLAIMS = 5;
const DUE = CLAIM * (CLAIMS + WARM_UP_CLAIMS) + 1_000;
const FEW_SERVICES = 10;
const MANY_SERVICES = 1_000;
const FEW_FINISHED = 1_000;
const MANY_FINISHED = 1_000_000;
/** Time for the accepts, before the messages are due. */
const DUE_AFTER_MS = 30_000;
const LEASE_MS = 600_000;

/** Medians of the time of a claim, in milliseconds, on two databases by alternating claims. */
export interface ClaimTimes {
  readonly fewMs: number;
  readonly manyMs: number;
}

/** Claims by the services with due rows, and by the finished rows. */
export interface Claims {
  readonly services: ClaimTimes;
  readonly finished: ClaimTimes;
}

/** Measures claims. */
export async function measureClaims(): Promise<Claims> {
  return {
    services: await compare(
      () => prepareServices(FEW_SERVICES),
      () => prepareServices(MANY_SERVICES),
    ),
    finished: await compare(
      () => prepareFinished(FEW_FINISHED),
      () => prepareFinished(MANY_FINISHED),
    ),
  };
}

/** A database with due messages, which no server has open. */
interface DueMessages extends AsyncDisposable {
  readonly folder: Folder;
  /** When they are due, epoch milliseconds. */
  readonly dueAt: number;
}

async function compare(
  prepareFew: () => Promise<DueMessages>,
  prepareMany: () => Promise<DueMessages>,
): Promise<ClaimTimes> {
  await using few = await prepareFew();
  await using many = await prepareMany();
  await pause(Math.max(few.dueAt, many.dueAt) - Date.now() + 1_000);
  using ofFew = await openClaims(few.folder);
  using ofMany = await openClaims(many.folder);
  const fewMs: number[] = [];
  const manyMs: number[] = [];
  for (let n = 0; n < WARM_UP_CLAIMS + CLAIMS; n++) {
    const [fewTook, manyTook] = [await ofFew.timeClaim(), await ofMany.timeClaim()];
    if (n < WARM_UP_CLAIMS) continue;
    fewMs.push(fewTook);
    manyMs.push(manyTook);
  }
  return { fewMs: median(fewMs), manyMs: median(manyMs) };
}

const ROOT = new URL("../../../", import.meta.url).pathname;

async function prepareServices(count: number): Promise<DueMessages> {
  const folder = await makeFolder();
  await runMigrate(ROOT, folder);
  const dueAt = await acceptMessages(folder, (url) => createSenders(url, count));
  return { folder, dueAt, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function prepareFinished(count: number): Promise<DueMessages> {
  const filled = await fillFolder({
    notifications: count,
    inboxMessages: 0,
    newestDays: 1,
    oldestDays: 6,
  });
  const dueAt = await acceptMessages(filled.folder, () => Promise.resolve(filled.senders));
  return {
    folder: filled.folder,
    dueAt,
    [Symbol.asyncDispose]: () => filled[Symbol.asyncDispose](),
  };
}

/** Has a server accept messages, and stops it before they are due. @returns when that is */
async function acceptMessages(
  folder: Folder,
  sendersOf: (url: string) => Promise<readonly Sender[]>,
): Promise<number> {
  await using hark = await startHark({ folder });
  const senders = await sendersOf(hark.url);
  const dueAt = Date.now() + DUE_AFTER_MS;
  await load({
    url: hark.url,
    connections: 32,
    until: { requests: DUE },
    status: 201,
    request: sendRequests(senders, { scheduledFor: new Date(dueAt) }),
  });
  if (Date.now() > dueAt) throw new Error("messages were due before all of them were accepted");
  return dueAt;
}

interface OpenClaims extends Disposable {
  /** Claims rows. @returns milliseconds */
  timeClaim(): Promise<number>;
}

async function openClaims({ path }: Folder): Promise<OpenClaims> {
  const clock = createClock();
  const db = await openDatabase({ url: `file:${path}/hark.db` });
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const outbox = createOutbox({ db, encryption, clock });
  return {
    async timeClaim() {
      const startedAt = performance.now();
      const rows = await outbox.claim(clock.now(), [{ channel: "sms", most: CLAIM }], LEASE_MS);
      if (rows.length !== CLAIM) throw new Error(`claimed ${rows.length} rows`);
      return performance.now() - startedAt;
    },
    [Symbol.dispose]: () => db.close(),
  };
}
