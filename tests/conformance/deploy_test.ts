/** A played Deno Deploy: instances that are stopped without traffic, cron jobs that start them, and previews. */
import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { rowsOf } from "../../adapters/libsql/connection/row.ts";
import { MIGRATIONS } from "../../adapters/libsql/schema/migrations.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { createMovedClock, type MovedClock } from "../chaos/moved_clock.ts";
import { issueRequestToken } from "../support/application.ts";
import { createDeployPlatform, type DeployPlatform, STOP_MS } from "../support/deploy_platform.ts";
import { createHrana } from "../support/hrana.ts";
import { type Ended, type Folder, makeFolder, run, waitFor } from "../support/process.ts";
import { hang, slow } from "../support/stand_ins/scripted_server.ts";
import { type Providers, startProviders } from "./providers.ts";
import { callAs, newService, newTemplate } from "./services.ts";

const DISPATCH_TOKEN = "6b1f7c3e5a2d8406e1c7b9f4";

interface Scene extends AsyncDisposable {
  readonly clock: MovedClock;
  readonly db: Database;
  readonly providers: Providers;
  readonly production: DeployPlatform;
  readonly preview: DeployPlatform;
  /** Accepts messages for a time, in one request. */
  schedule(
    platform: DeployPlatform,
    counts: { sms?: number; email?: number },
    at: number,
  ): Promise<void>;
  /** Moves the clock to a minute, and runs the production's cron job. */
  cronAt(at: number): Promise<void>;
  /** How many notifications have each status. */
  statuses(): Promise<Readonly<Record<string, number>>>;
  /** How many rows a table has; `from` may end in a condition. */
  count(from: string): Promise<number>;
  texts(): number;
}

/** Opens a deployment on a libSQL server, with a service. The instance that created it is stopped. */
async function openScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const clock = createMovedClock();
  const folder = stack.use(await makeFolder());
  const hrana = stack.use(createHrana(`${folder.path}/remote.db`, { clock: clock.now }));
  const { url } = hrana.serve();
  const db = await openDatabase({ url });
  stack.defer(() => db.close());
  assert.equal((await migrateOnDeploy(folder, { DATABASE_URL: url })).code, 0);
  const providers = stack.use(await startProviders(clock.now));
  const environment = { ...providers.environment, DATABASE_URL: url, DISPATCH_TOKEN };
  const production = stack.use(createDeployPlatform(folder, environment));
  const preview = stack.use(
    createDeployPlatform(folder, { ...environment, DENO_TIMELINE: "preview/a1b2c3" }),
  );
  const service = await newService(production.fetch);
  const sms = { channel: "sms", name: "Text", body: "Hi" };
  const email = { channel: "email", name: "E-mail", subject: "Hi", body: "Hi" };
  const templates = {
    sms: await newTemplate(production.fetch, service.id, sms),
    email: await newTemplate(production.fetch, service.id, email),
  };
  const kept = stack.move();
  return {
    clock,
    db,
    providers,
    production,
    preview,
    async schedule(platform, { sms = 0, email = 0 }, at) {
      const scheduled_for = new Date(at).toISOString();
      const notifications = [
        ...Array.from({ length: sms }, () => ({
          type: "sms",
          phone_number: "07900900123",
          template_id: templates.sms,
        })),
        ...Array.from({ length: email }, (_, index) => ({
          type: "email",
          email_address: `ann${index}@example.com`,
          template_id: templates.email,
        })),
      ].map((notification) => at > clock.now() ? { ...notification, scheduled_for } : notification);
      const token = await issueRequestToken(service.keys.live, Math.floor(clock.now() / 1000));
      const { status, body } = await callAs(
        platform.fetch,
        service.keys.live,
        "POST",
        "/v2/notifications/batch",
        { notifications },
        { Authorization: `Bearer ${token}` },
      );
      assert.equal(status, 200, JSON.stringify(body));
    },
    async cronAt(at) {
      clock.set(at);
      await production.cron();
    },
    async statuses() {
      const found = await db.read([
        "SELECT status, count(*) AS n FROM notifications GROUP BY status ORDER BY status",
      ]);
      return Object.fromEntries(rowsOf(found, 0).map(({ status, n }) => [status, Number(n)]));
    },
    async count(from) {
      const [row] = rowsOf(await db.read([`SELECT count(*) AS n FROM ${from}`]), 0);
      return Number(row?.["n"]);
    },
    texts: () => providers.twilio.accepted.length,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Runs the command before a deployment, as the platform does for each timeline. */
async function migrateOnDeploy(
  folder: Folder,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  return await run(["migrate"], {
    folder,
    environment: { DENO_DEPLOY: "true", DENO_TIMELINE: "preview/a1b2c3", ...environment },
  });
}

/** The names of the migrations that a run has printed. */
const migratedBy = ({ stdout }: Ended) => /^migrated: (.+)$/m.exec(stdout)?.[1]?.split(", ") ?? [];

/** Stops the instance, which must end by itself. @returns its exit code: 1 when it had no time for the work under way */
async function stopInTime(platform: DeployPlatform): Promise<number> {
  const { ms, code, signal, stdout, stderr } = await platform.stop();
  assert.equal(signal, null, stdout + stderr);
  assert.ok(ms < STOP_MS, `${ms} ms`);
  return code;
}

Deno.test("Deno Deploy: cron alone starts a stopped instance and sends within the minute, and a preview sends nothing", async () => {
  await using scene = await openScene();
  const { clock, preview, production, schedule, cronAt, statuses, texts } = scene;
  const dueAt = clock.now() + 10 * MINUTE_MS;
  await schedule(production, { sms: 1 }, dueAt);
  await stopInTime(production);

  await cronAt(dueAt - MINUTE_MS);
  assert.equal(texts(), 0);
  await stopInTime(production);

  clock.set(dueAt);
  await preview.cron();
  await schedule(preview, { sms: 2 }, 0);
  const headers = { authorization: `Bearer ${DISPATCH_TOKEN}` };
  const ping = { method: "POST", headers };
  const pinged = await preview.fetch("/internal/dispatch", ping);
  assert.deepEqual([pinged.status, (await pinged.json()).result], [404, "error"]);
  await preview.cron();
  await stopInTime(preview);
  assert.deepEqual([texts(), await statuses()], [0, { created: 3 }]);

  // The preview's time runs on between its calls of the database, so what it accepted is due some seconds later.
  await cronAt(dueAt + MINUTE_MS - SECOND_MS);
  assert.deepEqual([texts(), await statuses()], [3, { sending: 3 }]);
  await stopInTime(production);
});

Deno.test("Deno Deploy: SIGINT with 500 messages under way ends within 5 seconds, and none is lost", async () => {
  await using scene = await openScene();
  const { clock, production, providers: { postmark, twilio }, schedule, statuses } = scene;
  const [sms, email] = [60, 440];
  await schedule(production, { sms, email }, clock.now() + MINUTE_MS);
  await stopInTime(production);
  // Twilio accepts and answers too late; Postmark does neither.
  twilio.always(slow(9_000));
  postmark.always(hang());
  clock.set(clock.now() + MINUTE_MS);
  await production.beginCron();
  const called = () => postmark.calls.reduce((sum, { body }) => sum + JSON.parse(body).length, 0);
  await waitFor(
    "the calls of the providers",
    () => twilio.accepted.length === sms && called() === email,
  );
  assert.deepEqual(await statuses(), { created: sms + email });
  if (await stopInTime(production) === 0) {
    // Their outcomes are recorded: none waits for the end of a lease.
    assert.equal(await scene.count("outbox WHERE unknown IS NOT NULL"), sms + email);
  }

  postmark.always(undefined);
  twilio.always(undefined);
  for (let minute = 0; (await statuses()).sending !== sms + email; minute++) {
    assert.ok(minute < 15, JSON.stringify(await statuses()));
    await scene.cronAt(clock.now() + MINUTE_MS);
  }
  const repeated = twilio.accepted.length + postmark.accepted.length - sms - email;
  const marked = await scene.count("notifications WHERE events LIKE '%possible_duplicate%'");
  assert.ok(repeated <= marked, `${repeated} repeated, ${marked} marked`);
  await stopInTime(production);
});

Deno.test("Deno Deploy: a migration that runs twice at once, or fails on its way, leaves the database whole", async () => {
  await using folder = await makeFolder();
  await using twice = createHrana(`${folder.path}/twice.db`);
  const DATABASE_URL = twice.serve().url;
  const both = await Promise.all([1, 2].map(() => migrateOnDeploy(folder, { DATABASE_URL })));
  const names = MIGRATIONS.map(({ name }) => name);
  assert.deepEqual(both.map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""]]);
  assert.deepEqual(both.flatMap(migratedBy).toSorted(), names.toSorted());

  let requests = 0;
  await using failing = createHrana(`${folder.path}/failing.db`, {
    losesReply() {
      // From here on the server is away.
      if (++requests === 9) { for (let more = 0; more < 30; more++) failing.failNext(503); }
      return false;
    },
  });
  const environment = { DATABASE_URL: failing.serve().url };
  const failed = await migrateOnDeploy(folder, environment);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /became unavailable during the migration: .*run the migration again/);
  failing.forgetFaults();
  const continued = await migrateOnDeploy(folder, environment);
  assert.deepEqual([continued.code, continued.stderr], [0, ""]);
  // The first run has applied some, and the second the others.
  assert.deepEqual(migratedBy(continued), names.slice(-migratedBy(continued).length));
  assert.ok(migratedBy(continued).length < names.length);
});

Deno.test("Deno Deploy: a migration and a start without a database server are refused, with the reason", async () => {
  await using folder = await makeFolder();
  const [missing, file, away] = await Promise.all([
    migrateOnDeploy(folder, {}),
    migrateOnDeploy(folder, { DATABASE_URL: "file:hark.db" }),
    migrateOnDeploy(folder, { DATABASE_URL: "http://127.0.0.1:1" }),
  ]);
  assert.deepEqual([missing, file, away].map(({ code }) => code), [1, 1, 1]);
  assert.match(missing.stderr, /DATABASE_URL is missing in the timeline preview\/a1b2c3: set it/);
  assert.match(file.stderr, /DATABASE_URL must be http.* on Deno Deploy, which keeps no files/);
  assert.match(away.stderr, /DATABASE_URL cannot be opened: .*check its address/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
