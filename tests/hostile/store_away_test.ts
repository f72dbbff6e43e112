/** Real processes whose database is locked, full or silent: each API says so within 5 seconds, and goes on afterwards. */
import assert from "node:assert/strict";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../support/migrated.ts";
import { callAs, newService, newTemplate, type Reach, reachAt } from "../conformance/services.ts";
import { readAllRoutes } from "../fuzz/all_routes.ts";
import { createChoices } from "../fuzz/choices.ts";
import { toSteps } from "../fuzz/request.ts";
import { startTarget } from "../fuzz/target.ts";
import { type GatedHrana, serveGated } from "../support/gated_hrana.ts";
import { holdFile } from "../support/held_file.ts";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import { exchange, type RawAnswer } from "../support/raw_http.ts";
import { loadEverything } from "./with_target.ts";

/** Within which an answer comes; what the machine takes for the rest of a request is beside it. */
const ANSWER_MS = 5_000;
/** Half a second for a busy machine. */
const SLACK_MS = 500;
/** How many requests are sent at once: more take a busy machine longer than {@link SLACK_MS} to read. */
const AT_ONCE = 100;

const SMS = "/v2/notifications/sms";
const TEMPLATE = { channel: "sms", name: "Text", body: "Hello ((name))" };

/** The marks of each API's own errors, by the beginning of its paths. */
const SHAPES: readonly (readonly [path: RegExp, body: RegExp])[] = [
  [/^\/v2\//, /^\{"status_code":503,"errors":\[\{"error":"ServiceUnavailableError"/],
  [/^\/notifications/, /^\{"result":"error","message":"The database/],
  [/^\/manage\//, /"title":"Service unavailable","status":503/],
  [/^\/api\/settings\//, /"code":"SERVICE_UNAVAILABLE"/],
  [/^\/api\//, /"code":"503 SERVICE_UNAVAILABLE"/],
  [/^\/internal\//, /^\{"error":"The work failed/],
  [/^\/(?:receipts|inbound)\//, /^\{"error":"The database/],
  [/^\/d\//, /not available at the moment/],
  [/^\/unsubscribe\//, /not available at the moment|^\{"result":"error","message":"The database/],
  [/^\/readyz$/, /^\{"status":"unavailable"/],
  // The pages of the web application.
  [/^\//, /<title>Hark is busy /],
];

/** What is wrong with an answer of a process whose database is silent; `undefined` when nothing is. */
function findFault(path: string, answer: RawAnswer, ms: number): string | undefined {
  if (ms > ANSWER_MS + SLACK_MS) return `after ${Math.round(ms)} ms`;
  if (answer.status !== undefined && answer.status < 500) return undefined;
  if (answer.status !== 503) return `status ${answer.status}`;
  if (path !== "/readyz" && !answer.headers.has("retry-after")) return "no Retry-After";
  const [, shape] = SHAPES.find(([start]) => start.test(path)) ?? [];
  // What follows the first kilobytes of a page is not its text.
  return shape?.test(answer.body) === true ? undefined : `shape ${answer.body.slice(0, 200)}`;
}

Deno.test("every route: answers within 5 seconds while a remote database is silent, and serves again afterwards", async () => {
  await using folder = await makeFolder();
  await using database = serveGated(`${folder.path}/remote.db`);
  const db = await openDatabase({ url: database.url });
  await migrateEmpty(db, Date.now());
  db.close();
  await using target = await startTarget("start", { database: { DATABASE_URL: database.url } });
  const { port } = target;
  const choices = createChoices(1);
  const requests = await Promise.all(
    (await readAllRoutes(target)).map(async (route) => ({
      name: `${route.method} ${route.path}`,
      path: route.path,
      request: await route.make(choices, target),
    })),
  );
  assert.ok(requests.length > 60);

  await loadEverything(target);
  database.hold();
  const unavailable = new Set<string>();
  const findFaults = async ({ name, path, request }: typeof requests[number]) => {
    const startedAt = performance.now();
    const answer = await exchange(toSteps(request), { port, timeoutMs: 2 * ANSWER_MS });
    if (answer.status === 503) unavailable.add(path);
    const fault = findFault(path, answer, performance.now() - startedAt);
    return fault === undefined ? [] : [`${name}: ${fault}`];
  };
  const faults: string[][] = [];
  for (let first = 0; first < requests.length; first += AT_ONCE) {
    faults.push(...await Promise.all(requests.slice(first, first + AT_ONCE).map(findFaults)));
  }
  assert.deepEqual(faults.flat(), []);
  const reach = reachAt(() => target.process.url);
  const { keys: { live }, smsTemplate } = target.seed;
  const send = (key: string) =>
    callAs(reach, live, "POST", SMS, {
      template_id: smsTemplate,
      phone_number: "07900900123",
      personalisation: { name: "Ann", date: "1 May", more: "no" },
    }, { "Idempotency-Key": key });
  // Others need no database, or refuse the request before they ask it.
  for (const [start] of SHAPES) {
    assert.ok([...unavailable].some((path) => start.test(path)), `none of ${start}`);
  }
  assert.ok(unavailable.size > 40, `${unavailable.size} routes`);

  database.release();
  // From then on the process has the service and the template in its cache.
  await waitFor("the process to serve again", async () => (await send("first")).status === 201);
  // The server executes the accept and answers too late.
  assert.equal((await sendLate(database, () => send("late"))).status, 503);
  const again = await waitFor("the repetition", async () => {
    const answer = await send("late");
    return answer.status === 201 && answer;
  });
  assert.equal(again.headers.get("Idempotent-Replayed"), "true");
  await waitFor("readiness", async () => (await fetchJson(reach, "/readyz")).status === "ok");
});

/** Sends while the database executes and does not answer. */
async function sendLate<T>(database: GatedHrana, send: () => Promise<T>): Promise<T> {
  database.hold();
  try {
    return await send();
  } finally {
    database.release();
  }
}

async function fetchJson(reach: Reach, path: string) {
  return await (await reach(path)).json();
}

/** A process on a file, with a service. */
async function startOnFile(limits: { readonly fileBlockLimit?: number } = {}) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await migrateFolder(folder);
  const hark = stack.use(
    await serve("start", { folder, environment: SANDBOX_ENVIRONMENT, ...limits }),
  );
  const reach = reachAt(() => hark.url);
  const { id, keys: { live } } = await newService(reach);
  const template_id = await newTemplate(reach, id, TEMPLATE);
  return {
    hark,
    reach,
    file: `${folder.path}/hark.db`,
    send: (name: string, headers: Readonly<Record<string, string>> = {}) =>
      callAs(reach, live, "POST", SMS, {
        template_id,
        phone_number: "07900900123",
        personalisation: { name },
      }, headers),
    list: () => callAs(reach, live, "GET", "/v2/notifications"),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** An answer to a send, with the milliseconds that it took. */
async function timed(send: () => ReturnType<typeof callAs>) {
  const startedAt = performance.now();
  const answer = await send();
  return { ...answer, ms: performance.now() - startedAt };
}

/** Asserts that an answer is the one to a send while the database is unavailable, and that it came in time. */
function assertUnavailable({ status, headers, body, ms }: Awaited<ReturnType<typeof timed>>): void {
  assert.equal(status, 503, JSON.stringify(body));
  assert.equal(headers.get("Retry-After"), "5");
  assert.ok(ms < ANSWER_MS + SLACK_MS, `after ${ms} ms`);
}

Deno.test("start: refuses sends with 503 while another process has locked the file, serves reads, and sends afterwards", async () => {
  await using started = await startOnFile();
  const other = await holdFile(started.file);
  const refused = timed(() => started.send("while locked"));
  const listed = await Promise.all([1, 2, 3].map(started.list));
  assert.deepEqual(listed.map(({ status }) => status), [200, 200, 200]);
  assertUnavailable(await refused);
  await other.release();
  await waitFor("a send", async () => (await started.send("afterwards")).status === 201);
  const { body } = await started.list();
  assert.deepEqual(
    body.notifications.map((each: { readonly body: string }) => each.body),
    ["Hello afterwards"],
    "nothing was written for the send that was refused",
  );
});

Deno.test("start: refuses sends with 503 while the disk is full, and serves reads", async () => {
  // Room for the file and some commits in its log, which is written back into the file when it is twice as long.
  await using started = await startOnFile({ fileBlockLimit: 4_000 });
  await waitFor("the disk to be full", async () => {
    const sends = Array.from({ length: 20 }, () => started.send("x".repeat(400)));
    const statuses = (await Promise.all(sends)).map(({ status }) => status);
    assert.ok(statuses.every((status) => status === 201 || status === 503), statuses.join());
    // Where no commit of 20 fits, one of a single message may.
    const single = await timed(() => started.send("one more"));
    if (single.status === 201) return false;
    assertUnavailable(single);
    return true;
  });
  assert.equal((await started.list()).status, 200);
  assert.match(started.hark.stdout, /"event":"store-unavailable".*"code":"SQLITE_(?:FULL|IOERR)"/);
});
