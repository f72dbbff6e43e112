import assert from "node:assert/strict";
import { createDiskBlobs } from "../../adapters/blobs/disk.ts";
import { startTestApplication } from "../support/application.ts";
import { makeFolder } from "../support/process.ts";
import { readAllRoutes, withManageRoutes } from "./all_routes.ts";
import { createChoices } from "./choices.ts";
import { describeFailure, isForbiddenStatus } from "./failure.ts";
import { mutate } from "./mutate.ts";
import { DEV_ROUTES } from "./public_routes.ts";
import { toCurl, withJson } from "./request.ts";
import { type FuzzReport, runFuzz } from "./run.ts";
import { shrink } from "./shrink.ts";
import { noIds, startTarget } from "./target.ts";
import { newVonageKeys } from "../support/stand_ins/vonage.ts";

/** Requests of the short run: about forty seconds. */
const SHORT_RUN = 6_000;
/** The seed of the short run; `deno task fuzz` takes another one each time. */
const SEED = 10;

const VALID = withJson("POST", "/a?b=c", [["X-A", "b"]], { name: "Ann", items: [1, { a: "b" }] });

function assertNoFailure({ failures }: FuzzReport): void {
  assert.equal(failures.map(describeFailure).join("\n\n"), "");
}

Deno.test("runFuzz: finds no failure of start in 6,000 requests to every route", async () => {
  await using target = await startTarget();
  const routes = await readAllRoutes(target);
  const report = await runFuzz(target, { seed: SEED, requests: SHORT_RUN, routes });
  assertNoFailure(report);
  assert.equal(report.requests, SHORT_RUN);
  // A generator whose requests are all refused tests nothing behind the refusal.
  assert.ok(report.neverAccepted.length < routes.length / 10, report.neverAccepted.join("\n"));
});

Deno.test("runFuzz: finds no failure of dev in 100 requests to its pages", async () => {
  await using target = await startTarget("dev");
  assertNoFailure(await runFuzz(target, { seed: SEED, requests: 100, routes: DEV_ROUTES }));
});

Deno.test("withManageRoutes: has a generator for every route of the application", async () => {
  await using folder = await makeFolder();
  await using application = await startTestApplication({
    registry: true,
    blobs: await createDiskBlobs(`${folder.path}/files`),
    environment: {
      DISPATCH_TOKEN: "6b1f7c3e5a2d8406e1c7b9f4",
      POSTMARK_SERVER_TOKEN: "token",
      TWILIO_ACCOUNT_SID: "AC0123456789abcdef0123456789abcdef",
      TWILIO_AUTH_TOKEN: "token",
      TWILIO_FROM: "+15005550006",
      VONAGE_APPLICATION_ID: crypto.randomUUID(),
      VONAGE_PRIVATE_KEY: newVonageKeys().privateKey,
      VONAGE_FROM: "Hark",
    },
  });
  const document = await (await application.manage("GET", "/manage/openapi.json")).json();
  const generated = new Set(
    [...withManageRoutes(document), ...DEV_ROUTES].map(({ method, path }) => `${method} ${path}`),
  );
  const served = application.app.routes.filter(({ method }) => method !== "ALL");
  const missing = served.map(({ method, path }) => `${method} ${path}`)
    .filter((route) => !generated.has(route));
  assert.deepEqual([...new Set(missing)], []);
});

Deno.test("mutate: makes the same requests when the seed is the same", () => {
  const mutations = (seed: number) => {
    const choices = createChoices(seed);
    return Array.from({ length: 200 }, () => toCurl(mutate(VALID, choices)));
  };
  assert.deepEqual(mutations(1), mutations(1));
  assert.notDeepEqual(mutations(1), mutations(2));
  assert.ok(new Set(mutations(1)).size > 100);
});

Deno.test("shrink: leaves only the part that a failure needs", async () => {
  const body = { name: `${"x".repeat(90)}boom`, other: [1, 2] };
  const smallest = await shrink(
    withJson("POST", "/a?b=c&d=e", [["X-A", "b"]], body),
    (request) => Promise.resolve(new TextDecoder().decode(request.body).includes("boom")),
  );
  assert.equal(smallest.target, "/a");
  assert.deepEqual(smallest.headers, []);
  assert.match(new TextDecoder().decode(smallest.body), /^"?\{?.{0,10}boom"?\}?$/);
});

Deno.test("isForbiddenStatus: allows 503 with Retry-After, and no other status over 499", () => {
  const is = (status: number, ...names: readonly string[]) =>
    isForbiddenStatus({
      status,
      headers: new Map(names.map((name) => [name, "1"])),
      body: "",
      end: "complete",
    });
  assert.deepEqual([is(499), is(503, "retry-after")], [false, false]);
  assert.deepEqual([is(500), is(503), is(502, "retry-after")], [true, true, true]);
});

Deno.test("runFuzz: reports and shrinks a request that is answered with 500", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const isBroken = (await request.text().catch(() => "")).includes("Ann");
      return new Response(null, { status: isBroken ? 500 : 200 });
    },
  );
  const process = {
    stderr: "",
    takeOutput: () => "",
    ended: new Promise<never>(() => {}),
  };
  const { failures } = await runFuzz(
    { port: server.addr.port, pid: Deno.pid, process, ids: noIds() },
    { seed: 1, requests: 20, routes: [{ method: "POST", path: "/a", make: () => VALID }] },
  );
  const [failure] = failures;
  assert.ok(failure !== undefined);
  assert.deepEqual([failure.kind, failure.route], ["status 500", "POST /a"]);
  assert.match(describeFailure(failure), /--data-binary '.{0,12}Ann.{0,3}'$/);
});
