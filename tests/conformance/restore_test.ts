/** A backup while a process serves, and the restore of it, as `docs/restore.md` describes them. */
import assert from "node:assert/strict";
import { makeFolder, migrateFolder, run, serve, waitFor } from "../support/process.ts";
import { startProviders } from "./providers.ts";
import { callAs, manage, newService, newTemplate, reachAt } from "./services.ts";

Deno.test("backup: a restore sends again what was in the outbox and nothing that had ended, and forgets what came later", async () => {
  await using providers = await startProviders();
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const { environment } = providers;
  const options = { folder, environment };
  const sent = (word: string) =>
    providers.twilio.accepted.filter(({ body }) => body.includes(word)).length;
  let hark = await serve("start", options);
  const reach = reachAt(() => hark.url);
  const service = await newService(reach);
  const template_id = await newTemplate(reach, service.id, {
    channel: "sms",
    name: "Text",
    body: "Hello ((word))",
  });
  const send = async (word: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const body = { phone_number: "07700900123", template_id, personalisation: { word }, ...fields };
    const headers = { "Idempotency-Key": word };
    const { status, body: answer } = await callAs(
      reach,
      service.keys.live,
      "POST",
      "/v2/notifications/sms",
      body,
      headers,
    );
    assert.equal(status, 201, JSON.stringify(answer));
    return String(answer.id);
  };
  const statusOf = async (id: string) =>
    (await callAs(reach, service.keys.live, "GET", `/v2/notifications/${id}`)).body.status;

  const before = await send("earlier");
  await waitFor("the first text", () => Promise.resolve(sent("earlier") === 1));
  await waitFor("its result", async () => await statusOf(before) === "sending");
  const due = new Date(Date.now() + 8_000).toISOString();
  const waiting = await send("waiting", { scheduled_for: due });

  const backup = await run(["backup", "copy.db"], options);
  assert.deepEqual([backup.code, backup.stderr], [0, ""]);
  assert.match(backup.stdout, /^copy\.db: \d+ tables, \d+ rows, \d+ bytes; verified\n$/);
  const again = await run(["backup", "copy.db"], options);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /copy\.db exists/);
  assert.equal((await run(["backup"], options)).code, 2);

  const after = await send("later");
  await waitFor(
    "the texts after the backup",
    () => Promise.resolve(sent("later") === 1 && sent("waiting") === 1),
  );
  await hark.kill("SIGTERM");

  await Deno.remove(`${folder.path}/hark.db`);
  for (const suffix of ["-wal", "-shm"]) {
    await Deno.remove(`${folder.path}/hark.db${suffix}`).catch(() => {});
  }
  await Deno.rename(`${folder.path}/copy.db`, `${folder.path}/hark.db`);
  hark = await serve("start", options);
  await using _hark = hark;
  await waitFor("the waiting text again", () => Promise.resolve(sent("waiting") === 2));
  assert.equal(sent("earlier"), 1);
  assert.equal(await statusOf(before), "sending");
  assert.equal(
    (await callAs(reach, service.keys.live, "GET", `/v2/notifications/${after}`)).status,
    404,
  );
  const path = `/manage/services/${service.id}/notifications/${waiting}/timeline`;
  const { body: timeline } = await manage(reach, "GET", path);
  assert.ok(
    !JSON.stringify(timeline).includes("possible_duplicate"),
    "nothing marks the repetition",
  );
  // Its idempotency key is forgotten, so a repeated request is a new one.
  assert.notEqual(await send("later"), after);
  await waitFor("the later text again", () => Promise.resolve(sent("later") === 2));
});
