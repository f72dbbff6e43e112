/** A real server keeps answering while others hold every connection that they can get. */

import assert from "node:assert/strict";
import { ADMIN_TOKEN } from "../support/application.ts";
import {
  LAUNCHER,
  makeFolder,
  migrateFolder,
  pause,
  type ProcessOptions,
  SANDBOX_ENVIRONMENT,
  serve,
  type ServingProcess,
  waitFor,
} from "../support/process.ts";
import { askHealth, childrenOf, createCrowd, residentMegabytes } from "./clients.ts";

const HEALTH_TIMEOUT_MS = 1_000;
/** How many new connections ask, one after another, at each tenth of a crowd. */
const HEALTH_REQUESTS = 50;
const MAX_MEGABYTES = 300;
/** How much more memory than before may be in use once the clients have left. */
const MAX_GROWTH = 1.2;

const HALF_HEAD = "POST /v2/notifications/sms HTTP/1.1\r\nHost: localhost\r\nAuthoriz";
const RECEIPT = "POST /receipts/twilio HTTP/1.1\r\nHost: localhost\r\n" +
  "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 262144\r\n\r\nabc";

/** With Twilio, receipts are read: the sandbox has no address for them. */
const TWILIO_ENVIRONMENT = {
  SMS_PROVIDER: "twilio",
  TWILIO_ACCOUNT_SID: "AC00000000000000000000000000000000",
  TWILIO_AUTH_TOKEN: "0123456789abcdef0123456789abcdef",
  TWILIO_FROM: "+15005550006",
};

const isLinux = Deno.build.os === "linux";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, ignore: !isLinux });
}

/** Starts Hark as `deno task start` does; `server` is the process id behind the launcher. */
async function launch(
  options: Partial<ProcessOptions>,
  use: (hark: ServingProcess, server: number) => Promise<void>,
): Promise<void> {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using hark = await serve("start", {
    folder,
    entry: LAUNCHER,
    ...options,
    environment: { ...SANDBOX_ENVIRONMENT, ...options.environment },
  });
  const [child] = await childrenOf(hark.pid);
  try {
    await use(hark, child ?? hark.pid);
  } finally {
    await hark.kill("SIGTERM");
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
}

/** The memory of an idle server, after it has answered often enough to have compiled what it runs. */
async function settledMegabytes(hark: ServingProcess, pid: number): Promise<number> {
  for (let request = 0; request < 300; request++) await askHealth(hark.url, HEALTH_TIMEOUT_MS);
  await pause(500);
  return await residentMegabytes(pid);
}

test("start: answers 50 new connections in a row beside 1,300 idle connections, half heads and half bodies of 1,024 descriptors", async () => {
  await launch({ descriptorLimit: 1024 }, async (hark, server) => {
    const before = await settledMegabytes(hark, server);
    let most = before;
    {
      await using crowd = createCrowd(hark.url);
      for (const text of ["", HALF_HEAD, RECEIPT]) {
        for (let part = 0; part < 10; part++) {
          await crowd.add(130, text);
          for (let asked = 0; asked < HEALTH_REQUESTS; asked++) {
            assert(await askHealth(hark.url, HEALTH_TIMEOUT_MS) < HEALTH_TIMEOUT_MS);
          }
          most = Math.max(most, await residentMegabytes(server));
        }
      }
    }
    assert(most < MAX_MEGABYTES, `it used ${most} MB`);
    await waitFor(
      `memory to return to ${before} MB`,
      async () => {
        await askHealth(hark.url, HEALTH_TIMEOUT_MS);
        return await residentMegabytes(server) <= before * MAX_GROWTH;
      },
      { timeoutMs: 30_000, everyMs: 200 },
    );
    await waitFor(
      "the count of shed connections",
      () => hark.stdout.includes("security-events-omitted"),
    );
    const lines = hark.stdout.split("\n").filter((line) =>
      line.includes('"event":"connection-shed"')
    );
    assert.match(lines[0] ?? "", /"reason":"(?:idle|no-byte)","client":"127.0.0.1"/);
    assert(lines.length < 1_300, `it wrote ${lines.length} lines about shed connections`);
    assert.doesNotMatch(hark.stdout, /"event":"(?:error|uncaught-error|unhandled-rejection)"/);
  });
});

test("start: uses no memory for bodies that are declared and not sent", async () => {
  await launch({ environment: TWILIO_ENVIRONMENT }, async (hark, server) => {
    const forged = await fetch(`${hark.url}/receipts/twilio`, { method: "POST", body: "a=b" });
    assert.equal(forged.status, 401, await forged.text());
    await settledMegabytes(hark, server);
    let most = 0;
    await using crowd = createCrowd(hark.url);
    for (let part = 0; part < 50; part++) {
      await crowd.add(100, RECEIPT);
      most = Math.max(most, await residentMegabytes(server));
    }
    assert(await askHealth(hark.url, HEALTH_TIMEOUT_MS) < HEALTH_TIMEOUT_MS);
    assert(most < MAX_MEGABYTES, `it used ${most} MB`);
  });
});

test("start: logs a body that breaks off as no error of its own", async () => {
  await launch({}, async (hark) => {
    const head = "POST /manage/services HTTP/1.1\r\nHost: localhost\r\n" +
      `Authorization: Bearer ${ADMIN_TOKEN}\r\nContent-Type: application/json\r\n`;
    for (
      const body of [
        "Content-Length: 1000\r\n\r\n{",
        "Content-Length: 40000\r\n\r\n{",
        'Transfer-Encoding: chunked\r\n\r\n5\r\n{"nam',
      ]
    ) {
      for (const pauseMs of [0, 100]) {
        await using crowd = createCrowd(hark.url);
        await crowd.add(1, head + body);
        await pause(pauseMs);
      }
    }
    const lines = () =>
      hark.stdout.split("\n").filter((line) => line.includes('"/manage/services"'));
    await waitFor("the requests in the log", () => lines().length >= 5);
    assert.doesNotMatch(hark.stdout, /"status":500|"event":"(?:error|u\w+-\w+)"/);
    assert.equal(hark.stderr, "");
  });
});

test("start: leaves connections to the platform when it runs on one", async () => {
  await launch({ environment: { DENO_DEPLOYMENT_ID: "test" } }, async (hark) => {
    const answer = await fetch(`${hark.url}/healthz`);
    await answer.body?.cancel();
    // `node:http` names its keep-alive time.
    assert.equal(answer.headers.get("keep-alive"), null);
  });
  await launch({}, async (hark) => {
    const answer = await fetch(`${hark.url}/healthz`);
    await answer.body?.cancel();
    assert.equal(answer.headers.get("keep-alive"), "timeout=65");
  });
});

test("start: lowers MAX_CONNECTIONS to what the descriptor limit has room for, and says so", async () => {
  await launch({ descriptorLimit: 128 }, async (hark) => {
    assert.match(hark.stdout, /MAX_CONNECTIONS 700 is lowered to 64: .* 128 files only/);
    await using crowd = createCrowd(hark.url);
    for (let part = 0; part < 30; part++) {
      await crowd.add(10, HALF_HEAD);
      assert(await askHealth(hark.url, HEALTH_TIMEOUT_MS) < HEALTH_TIMEOUT_MS);
    }
    assert.doesNotMatch(hark.stdout, /"event":"accept-failed"/);
  });
});

test("start: serves on after it had no descriptor left", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  // Without the launcher and without all permissions it cannot know the limit.
  await using hark = await serve("start", {
    folder,
    descriptorLimit: 128,
    permissions: [
      "--no-prompt",
      "--allow-net",
      "--allow-env",
      "--allow-sys",
      "--allow-ffi",
      "--allow-read",
      "--allow-write=.",
    ],
    environment: SANDBOX_ENVIRONMENT,
  });
  assert.doesNotMatch(hark.stdout, /MAX_CONNECTIONS/);
  let isOver = false;
  hark.ended.finally(() => isOver = true);
  await using crowd = createCrowd(hark.url);
  await crowd.add(200, HALF_HEAD).catch(ignoreRefusal);
  await waitFor("a failing accept to be logged", async () => {
    assert(!isOver, "it has ended");
    if (hark.stdout.includes('"accept-failed"')) return true;
    // It refuses connections between the end of one listener and the start of the next, before the line is written.
    await crowd.add(10, HALF_HEAD).catch(ignoreRefusal);
    return false;
  });
  await waitFor("an answer", async () => {
    assert(!isOver, "it has ended");
    return await askHealth(hark.url, HEALTH_TIMEOUT_MS).then(() => true, () => false);
  });
  assert.equal((await hark.kill("SIGTERM")).code, 0);
});
