/** The feed of events of a process, over real connections. */
import assert from "node:assert/strict";
import {
  makeFolder,
  migrateFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import { callAs, newService, newTemplate, reachAt } from "./services.ts";
import { issueRequestToken } from "../support/application.ts";

const WAIT = "/v2/events?after=0&wait=30";
/** Longer than an event takes to be seen, and shorter than a wait. */
const SOON_MS = 10_000;

Deno.test("start: a client that closes its connection gives up its place, an event answers the others, and SIGTERM all that wait", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  // Of 8 connections 4 may wait for events, 2 of them for one caller.
  await using hark = await serve("start", {
    folder,
    environment: { ...SANDBOX_ENVIRONMENT, MAX_CONNECTIONS: "8" },
  });
  const reach = reachAt(() => hark.url);
  const service = await newService(reach);
  const template_id = await newTemplate(reach, service.id, {
    channel: "sms",
    name: "Text",
    body: "Hi ((name))",
  });
  const key = service.keys.live;
  const open = async (path: string, signal?: AbortSignal) => {
    const headers = { authorization: `Bearer ${await issueRequestToken(key)}` };
    const answer = await fetch(`${hark.url}${path}`, { headers, ...(signal ? { signal } : {}) });
    return { status: answer.status, body: await answer.json() };
  };
  const leave = new AbortController();
  const left = [open(WAIT, leave.signal), open(WAIT, leave.signal)].map((answer) =>
    answer.catch(() => "left")
  );
  // A look takes a place itself, so both have theirs before it.
  await pause(300);
  await waitFor("both to wait", async () => (await open("/v2/events?wait=1")).status === 429);
  leave.abort();
  assert.deepEqual(await Promise.all(left), ["left", "left"]);
  await waitFor("a free place", async () => (await open("/v2/events?wait=1")).status === 200);
  const since = performance.now();
  const answers = [open(WAIT), open(WAIT)];
  // A look takes a place itself, so both have theirs before it.
  await pause(300);
  await waitFor("both to wait", async () => (await open("/v2/events?wait=1")).status === 429);
  const body = { phone_number: "07700900123", template_id, personalisation: { name: "Ann" } };
  const sent = await callAs(reach, key, "POST", "/v2/notifications/sms", body);
  assert.equal(sent.status, 201);
  for (const { status, body: { events, next } } of await Promise.all(answers)) {
    assert.equal(status, 200);
    assert.deepEqual([events[0].data.id, next], [sent.body.id, 1]);
  }
  const last = open("/v2/events?after=1&wait=30");
  await pause(200);
  const [stopped, empty] = await Promise.all([hark.kill("SIGTERM"), last]);
  assert.equal(stopped.code, 0);
  assert.deepEqual(empty, { status: 200, body: { events: [], next: 1 } });
  assert.ok(performance.now() - since < SOON_MS);
});
