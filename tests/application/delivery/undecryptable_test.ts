import assert from "node:assert/strict";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { GIVE_UP_AFTER_MS } from "../../../domain/delivery/retry.ts";
import { startTestApplication } from "../../support/application.ts";
import {
  bodyOf,
  callAt,
  movableClock,
  newServiceWithTemplates,
  NOON,
  SECOND,
  SMS,
  textTo,
} from "../../routes/support.ts";

Deno.test("dispatch and runJobs: an undecryptable notification ends as technical-failure and its job as error, without personal data in the log", async () => {
  const db = await openDatabase({ url: ":memory:" });
  const clock = movableClock();
  await migrateEmpty(db, clock.now());
  await using hark = await startTestApplication({ db, clock });
  await using keyless = await startTestApplication({
    db,
    clock,
    environment: { MASTER_KEY: new Uint8Array(32).fill(9).toBase64() },
  });
  const service = await newServiceWithTemplates(hark);
  const scheduled_for = new Date(NOON + SECOND).toISOString();
  const message = textTo(service, { scheduled_for, reference: "case-4711" });
  const { id } = await bodyOf(
    await callAt(hark, clock, service.keys.live, "POST", SMS, message),
    201,
  );
  const jobs = `/manage/services/${service.id}/jobs`;
  const query = `template_id=${service.sms}&scheduled_for=${scheduled_for}`;
  const rows = [["phone number", "name"], ["07700900123", "Ann"]];
  const job = await bodyOf(await hark.manage("POST", `${jobs}?${query}`, { rows }), 201);

  clock.advance(SECOND);
  const dispatch = async () => {
    await (await keyless.backgroundWork.dispatch(new AbortController().signal)).ended;
    await assert.rejects(keyless.backgroundWork.runJobs(new AbortController().signal), {
      name: "JobError",
    });
  };
  await dispatch();
  const readJob = async () => {
    const notification = `/manage/services/${service.id}/notifications/${id}/timeline`;
    const { events } = await bodyOf(await hark.manage("GET", notification), 200);
    const { status, error } = await bodyOf(await hark.manage("GET", `${jobs}/${job.id}`), 200);
    return { last: events.at(-2), status, error };
  };
  assert.equal((await readJob()).status, "in progress");
  clock.advance(GIVE_UP_AFTER_MS);
  await dispatch();
  const { last, status, error } = await readJob();
  assert.deepEqual([last.kind, last.outcome, last.code], [
    "attempt-ended",
    "not-sent",
    "cannot-be-opened",
  ]);
  assert.deepEqual([status, error], ["error", "cannot-be-opened"]);

  const lines = keyless.logged.filter(({ event }) => event === "message-undecryptable");
  const facts = { service_id: service.id, notification_id: id, error: "MissingMasterKey" };
  assert.deepEqual(lines, [
    { event: "message-undecryptable", ...facts, ended: false },
    { event: "message-undecryptable", ...facts, ended: true },
  ]);
  assert.doesNotMatch(JSON.stringify(keyless.logged), /Ann|7700|case-4711/);
  assert.equal(keyless.mailbox.list().length, 0);
  db.close();
});
