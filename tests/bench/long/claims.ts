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

/** Medians of the time of a claim, in milliseconds. */
export interface Claims {
  readonly fewServicesMs: number;
  readonly manyServicesMs: number;
  readonly fewFinishedMs: number;
  readonly manyFinishedMs: number;
}

/** Measures claims. */
export async function measureClaims(): Promise<Claims> {
  return {
    fewServicesMs: await withServices(FEW_SERVICES),
    manyServicesMs: await withServices(MANY_SERVICES),
    fewFinishedMs: await withFinished(FEW_FINISHED),
    manyFinishedMs: await withFinished(MANY_FINISHED),
  };
}

async function withServices(count: number): Promise<number> {
  await using folder = await makeFolder();
  await runMigrate(ROOT, folder);
  return await timeClaims(folder, (url) => createSenders(url, count));
}

const ROOT = new URL("../../../", import.meta.url).pathname;

async function withFinished(count: number): Promise<number> {
  await using filled = await fillFolder({
    notifications: count,
    inboxMessages: 0,
    newestDays: 1,
    oldestDays: 6,
  });
  return await timeClaims(filled.folder, () => Promise.resolve(filled.senders));
}

/** Has a server accept messages, and claims them when it has stopped and they are due. */
async function timeClaims(
  folder: Folder,
  sendersOf: (url: string) => Promise<readonly Sender[]>,
): Promise<number> {
  let dueAt = 0;
  {
    await using hark = await startHark({ folder });
    const senders = await sendersOf(hark.url);
    dueAt = Date.now() + DUE_AFTER_MS;
    await load({
      url: hark.url,
      connections: 32,
      until: { requests: DUE },
      status: 201,
      request: sendRequests(senders, { scheduledFor: new Date(dueAt) }),
    });
  }
  if (Date.now() > dueAt) throw new Error("messages were due before all of them were accepted");
  await pause(dueAt - Date.now() + 1_000);
  const clock = createClock();
  const db = await openDatabase({ url: `file:${folder.path}/hark.db` });
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const outbox = createOutbox({ db, encryption, clock });
  const took: number[] = [];
  for (let n = 0; n < WARM_UP_CLAIMS + CLAIMS; n++) {
    const startedAt = performance.now();
    const rows = await outbox.claim(clock.now(), [{ channel: "sms", most: CLAIM }], LEASE_MS);
    if (n >= WARM_UP_CLAIMS) took.push(performance.now() - startedAt);
    if (rows.length !== CLAIM) throw new Error(`claimed ${rows.length} rows`);
  }
  db.close();
  return median(took);
}
