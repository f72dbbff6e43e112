/** A redrive of many messages under SIGKILL: each is put back once. `KILL_SEED=n` repeats a run's choices. */
import assert from "node:assert/strict";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { ADMIN_TOKEN, issueRequestToken } from "../support/application.ts";
import {
  makeFolder,
  migrateFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import { createRandom } from "../support/random.ts";

const MESSAGES = 600;
const KILLS = 5;
/** The longest time between a start, or the command, and the kill. */
const JITTER_MS = 250;

async function call(url: string, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${url}/manage${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return await answer.json();
}

/** Accepts messages of a service that is archived when they are due: they end as `technical-failure`. */
async function newDeadLetters(url: string): Promise<void> {
  const { id } = await call(url, "POST", "/services", { name: "Library", mode: "live" });
  const at = `/services/${id}`;
  await call(url, "PATCH", at, { rate_limit_per_minute: 10_000 });
  const template = await call(url, "POST", `${at}/templates`, {
    channel: "sms",
    name: "Text",
    body: "Number ((n))",
  });
  const { key } = await call(url, "POST", `${at}/keys`, { name: "key", kind: "live" });
  const scheduled_for = new Date(Date.now() + 4_000).toISOString();
  for (let from = 0; from < MESSAGES; from += 100) {
    const answer = await fetch(`${url}/v2/notifications/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${await issueRequestToken(key)}` },
      body: JSON.stringify({
        notifications: Array.from({ length: 100 }, (_, index) => ({
          type: "sms",
          template_id: template.id,
          phone_number: "07900900123",
          personalisation: { n: from + index },
          scheduled_for,
        })),
      }),
    });
    const { notifications } = await answer.json();
    const refused = notifications.filter(({ status_code }: { status_code: number }) =>
      status_code !== 201
    );
    assert.deepEqual(refused.slice(0, 1), []);
  }
  await call(url, "PATCH", at, { active: false });
  await waitFor("the failures", async () => {
    const { counts } = await call(url, "GET", "/dead-letters/counts");
    return counts[0]?.messages === MESSAGES;
  });
  await call(url, "PATCH", at, { active: true });
}

Deno.test("POST /manage/dead-letters/redrive: goes on after SIGKILL at any moment, and puts each message back once", async () => {
  const seed = Number(Deno.env.get("KILL_SEED") ?? Date.now() % 100_000);
  console.log(`KILL_SEED=${seed}`);
  const random = createRandom(seed);
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const options = { folder, environment: SANDBOX_ENVIRONMENT };
  let id = "";
  {
    await using hark = await serve("start", options);
    await newDeadLetters(hark.url);
    ({ id } = await call(hark.url, "POST", "/dead-letters/redrive", { filter: {} }));
    await pause(random() * JITTER_MS);
    await hark.kill("SIGKILL");
  }
  for (let kills = 1; kills < KILLS; kills++) {
    await using hark = await serve("start", options);
    await pause(random() * JITTER_MS);
    await hark.kill("SIGKILL");
  }
  await using hark = await serve("start", options);
  await waitFor("the end", async () => {
    const { status } = await call(hark.url, "GET", `/dead-letters/redrives/${id}`);
    return status === "finished";
  });
  const { matched, redriven, skipped } = await call(
    hark.url,
    "GET",
    `/dead-letters/redrives/${id}`,
  );
  assert.deepEqual({ matched, redriven, skipped }, {
    matched: MESSAGES,
    redriven: MESSAGES,
    skipped: {},
  });
  await hark.kill("SIGTERM");
  const db = await openDatabase({ url: `file:${folder.path}/hark.db` });
  const [redrives] = await db.read([
    `SELECT count(*) AS messages, sum(json_array_length(n.events) > 0) AS known,
      sum((SELECT count(*) FROM json_each(n.events) AS e
        WHERE e.value->>'$[2].code' = 'redriven') = 1) AS once,
      sum(status = 'technical-failure') AS failed
    FROM notifications AS n`,
  ]);
  db.close();
  assert.deepEqual({ ...redrives?.rows[0] }, {
    messages: MESSAGES,
    known: MESSAGES,
    once: MESSAGES,
    failed: 0,
  });
});
