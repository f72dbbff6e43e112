/**
 * Processes whose clocks are wrong and are set while they run: no message is sent twice, none is lost, and no request is
 * refused for its rate. libfaketime sets the wall clock of a process, as an operator or NTP would; its monotonic clock runs
 * on. The remote database has the clock of this test.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { createHrana, type Hrana } from "../support/hrana.ts";
import { issueRequestToken, type TestService } from "../support/application.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  type ServingProcess,
  waitFor,
} from "../support/process.ts";
import { slow, status } from "../support/stand_ins/scripted_server.ts";
import { type Providers, startProviders } from "./providers.ts";
import { callAs, newService, newTemplate, type Reach, waitForStatus } from "./services.ts";

/** Of the Debian package `libfaketime`, which `faketime` depends on. */
const LIBRARY = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketimeMT.so.1`;
const HOUR_S = 3_600;
/** Single sends of each service through each process, and items of a batch through each. */
const SINGLES = 8;
const BATCHED = 12;
/** The provider's latency: longer than the interval in which an idle process looks for due rows. */
const PROVIDER_MS = 1_200;
/** The default rate, and one at which a bucket of a fixed size would last for milliseconds. */
const RATES = [3_000, 1_000_000];
/** How far the logged skew may be from the one that was set. */
const LOGGED_ERROR_MS = 500;

interface Stage extends AsyncDisposable {
  readonly folder: Folder;
  readonly hrana: Hrana;
  readonly providers: Providers;
  /** Starts a process whose clock is off by `skewS` seconds, on the remote database unless another one is named. */
  start(name: string, skewS: number, databaseUrl?: string): Promise<SkewedProcess>;
}

interface SkewedProcess extends AsyncDisposable {
  readonly reach: Reach;
  readonly process: ServingProcess;
  /** Sets the process's clock, in seconds from the right one. */
  setClock(skewS: number): Promise<void>;
}

async function openStage(): Promise<Stage> {
  const folder = await makeFolder();
  const hrana = createHrana(`${folder.path}/remote.db`);
  const server = hrana.serve();
  const db = await openDatabase({ url: server.url });
  await migrate(db, Date.now());
  db.close();
  const providers = await startProviders();
  providers.twilio.always(slow(PROVIDER_MS));
  return {
    folder,
    hrana,
    providers,
    async start(name, skewS, databaseUrl = server.url) {
      const file = `${folder.path}/${name}.clock`;
      const setClock = (seconds: number) =>
        Deno.writeTextFile(file, seconds < 0 ? `${seconds}` : `+${seconds}`);
      await setClock(skewS);
      const process = await serve("start", {
        folder,
        environment: {
          ...providers.environment,
          DATABASE_URL: databaseUrl,
          LD_PRELOAD: LIBRARY,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: "1",
          FAKETIME_DONT_FAKE_MONOTONIC: "1",
          DONT_FAKE_MONOTONIC: "1",
        },
      });
      providers.reportTo(process.url);
      return {
        process,
        reach: (path, init) => fetch(`${process.url}${path}`, init),
        setClock,
        [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
      };
    },
    async [Symbol.asyncDispose]() {
      await providers[Symbol.asyncDispose]();
      await hrana.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A service with a template. */
interface Sending extends TestService {
  readonly template: string;
}

async function newSending(reach: Reach, rate: number): Promise<Sending> {
  const service = await newService(reach, { rate_limit_per_minute: rate });
  const template = await newTemplate(reach, service.id, {
    channel: "sms",
    name: "Text",
    body: "This is number ((n)).",
  });
  return { ...service, template };
}

/**
 * Sends single messages and a batch through a process.
 *
 * @param skewS how far the caller's clock is off
 * @returns their ids
 */
async function send(
  reach: Reach,
  { keys: { live: key }, template: template_id }: Sending,
  first: number,
  skewS: number,
): Promise<readonly string[]> {
  const post = async (path: string, body: unknown) => {
    const iat = Math.floor(Date.now() / 1000) + skewS;
    const headers = { Authorization: `Bearer ${await issueRequestToken(key, iat)}` };
    return await callAs(reach, key, "POST", path, body, headers);
  };
  const message = (n: number) => ({
    phone_number: "07900900123",
    template_id,
    personalisation: { n: first + n },
  });
  const singles = await Promise.all(Array.from({ length: SINGLES }, async (_, n) => {
    const answer = await post("/v2/notifications/sms", message(n));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  }));
  const batch = await post("/v2/notifications/batch", {
    notifications: Array.from({ length: BATCHED }, (_, n) => ({
      type: "sms",
      ...message(SINGLES + n),
    })),
  });
  const items: readonly { readonly id: string; readonly status_code: number }[] =
    batch.body.notifications;
  assert.deepEqual([...new Set(items.map(({ status_code }) => status_code))], [201]);
  return [...singles, ...items.map(({ id }) => id)];
}

/** Sends the messages of every service through a process, by callers whose clock is off by `skewS` seconds. */
type SendMore = (process: SkewedProcess, skewS?: number) => Promise<unknown>;

/**
 * Sends through all processes at once and then in turn, and waits until everything was delivered.
 *
 * @param between runs after the first messages were accepted, while the provider has them; it may send more
 */
async function sendThrough(
  stage: Stage,
  processes: readonly SkewedProcess[],
  between: (sendMore: SendMore) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { twilio } = stage.providers;
  const [process] = processes;
  assert(process !== undefined);
  const sendings = await Promise.all(RATES.map((rate) => newSending(process.reach, rate)));
  const before = twilio.accepted.length;
  const ids = new Map(sendings.map(({ keys }) => [keys.live, [] as string[]]));
  let sent = 0;
  const sendAll: SendMore = ({ reach }, skewS = 0) =>
    Promise.all(sendings.map(async (sending) => {
      const first = sent;
      sent += SINGLES + BATCHED;
      ids.get(sending.keys.live)?.push(...await send(reach, sending, first, skewS));
    }));
  await Promise.all(processes.map((each) => sendAll(each)));
  await between(sendAll);
  for (const each of processes.toReversed()) await sendAll(each);
  for (const [key, own] of ids) {
    for (const id of own) await waitForStatus(process.reach, key, id, "sending");
  }
  const texts = twilio.accepted.slice(before);
  await Promise.all(texts.map(({ sid }) => twilio.report(sid, "delivered")));
  for (const [key, own] of ids) {
    for (const id of own) await waitForStatus(process.reach, key, id, "delivered");
  }
  const numbers = twilio.accepted.slice(before).map(({ body }) => body);
  assert.equal(new Set(numbers).size, sent, "every message was sent");
  assert.equal(numbers.length, sent, "none was sent twice");
}

function loggedSkews({ process: { stdout } }: SkewedProcess): readonly number[] {
  return Array.from(
    stdout.matchAll(/"event":"clock-skew","skew_ms":(-?\d+)/g),
    ([, ms]) => Number(ms),
  );
}

function assertLogged(process: SkewedProcess, skewS: number): void {
  const skews = loggedSkews(process);
  if (Math.abs(skewS) <= 2) return assert.deepEqual(skews, []);
  assert.equal(skews.length, 1, "at most once a minute");
  for (const ms of skews) assert(Math.abs(ms - skewS * 1000) < LOGGED_ERROR_MS, `${ms}`);
}

function test(name: string, run: (stage: Stage) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !existsSync(LIBRARY) && Deno.env.get("CI") !== "true",
    async fn() {
      await using stage = await openStage();
      await run(stage);
    },
  });
}

for (const [one, two] of [[60, 0], [1, -1], [25, -25], [HOUR_S, -HOUR_S]] as const) {
  test(`two processes on a remote database: no duplicate, no loss and no false 429 when their clocks are off by ${one} s and ${two} s`, async (stage) => {
    await using first = await stage.start("first", one);
    await using second = await stage.start("second", two);
    await sendThrough(stage, [first, second]);
    assertLogged(first, one);
    assertLogged(second, two);
  });
}

test("two processes on a remote database: no duplicate, no loss and no false 429 when a clock jumps while messages are under way", async (stage) => {
  await using first = await stage.start("first", 0);
  await using second = await stage.start("second", 0);
  await sendThrough(stage, [first, second], () => first.setClock(HOUR_S));
  await sendThrough(stage, [first, second], () => first.setClock(-25));
  await waitFor("the skew to be logged", () => loggedSkews(first).length > 0);
});

test("a process alone on a remote database: retries a text in time when its clock is an hour behind", async (stage) => {
  await using process = await stage.start("behind", -HOUR_S);
  const { twilio } = stage.providers;
  twilio.next(status(503, { code: 20503, status: 503 }));
  const sending = await newSending(process.reach, 3_000);
  const { keys: { live: key }, template: template_id } = sending;
  const answer = await callAs(process.reach, key, "POST", "/v2/notifications/sms", {
    phone_number: "07900900123",
    template_id,
    personalisation: { n: 1 },
  });
  assert.equal(answer.status, 201);
  await waitForStatus(process.reach, key, answer.body.id, "sending");
  assert.equal(twilio.accepted.length, 1);
});

test("a process on a file: no duplicate, no loss and no false 429 when its clock is set forward and back", async (stage) => {
  await migrateFolder(stage.folder);
  await using process = await stage.start("only", 0, SANDBOX_ENVIRONMENT.DATABASE_URL);
  await sendThrough(stage, [process], async (sendMore) => {
    await process.setClock(HOUR_S);
    await sendMore(process, HOUR_S);
    // The batch is due by the clock that was ahead: it is claimed before the clock is set back.
    const sent = 2 * RATES.length * (SINGLES + BATCHED);
    await waitFor("the batch to be sent", () => stage.providers.twilio.accepted.length >= sent);
    await process.setClock(0);
  });
});
