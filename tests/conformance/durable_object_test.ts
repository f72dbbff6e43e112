/** The Worker with its database in a Durable Object of its own, in a real workerd. */
import assert from "node:assert/strict";
import { SCHEMA_VERSION } from "../../adapters/libsql/schema/schema_version.ts";
import { ADMIN_TOKEN } from "../support/application.ts";
import { waitFor } from "../support/process.ts";
import { bundleWorker, startWorker, WORKER_TEST } from "../support/workerd.ts";
import { SANDBOX_ENVIRONMENT } from "../support/process.ts";
import { callAs, manage, newService, newTemplate, waitForStatus } from "./services.ts";

const SMS = { channel: "sms", name: "Text", body: "Hello ((name))" };

Deno.test("the Worker: keeps its database in a Durable Object", WORKER_TEST, async (t) => {
  await using worker = await startWorker({
    script: await bundleWorker(new URL("./object_worker.ts", import.meta.url)),
    bindings: { ...SANDBOX_ENVIRONMENT, DATABASE_URL: "durable-object:" },
    sqliteObjects: {
      DATABASE: "TestDatabase",
      INTERRUPTED: "InterruptedDatabase",
      OTHER: "OtherObject",
      PLAIN: "PlainObject",
    },
  });
  const reach = worker.fetch;
  const { id, keys } = await newService(reach);
  const template_id = await newTemplate(reach, id, SMS);
  const message = { template_id, phone_number: "07900900123", personalisation: { name: "Ann" } };
  const path = "/v2/notifications/sms";
  const send = (headers = {}) => callAs(reach, keys.live, "POST", path, message, headers);
  const write = async (sql: string, headers = {}) =>
    await (await reach("/", { headers: { "x-test-sql": sql, ...headers } })).json();
  const readyWith = (binding: string) =>
    reach("/readyz", { headers: { "x-test-binding": binding } });

  await t.step("an object without a database migrates, and messages go out", async () => {
    const sent = await Promise.all(Array.from({ length: 50 }, () => send()));
    assert.deepEqual(sent.map(({ status }) => status), Array(50).fill(201));
    await waitFor("all to be delivered", async () => {
      const { body } = await callAs(reach, keys.live, "GET", "/v2/notifications?status=delivered");
      return body.notifications.length === 50;
    }, { everyMs: 100 });
    assert.equal((await worker.scheduled()).outcome, "ok");
    const { body } = await manage(reach, "GET", "/readyz");
    assert.deepEqual([body.status, body.checks.store, body.checks.schema], ["ok", "ok", "ok"]);
  });

  await t.step("a call is 503 when the object ends meanwhile, and its key finds out", async () => {
    const ended = await send({ "Idempotency-Key": "k", "x-test-end": "1" });
    assert.equal(ended.status, 503);
    assert.equal(ended.headers.get("retry-after"), "5");
    const again = await send({ "Idempotency-Key": "k" });
    assert.equal(again.status, 201);
    await waitForStatus(reach, keys.live, again.body.id, "delivered");
  });

  await t.step("a template that the object cannot hold is 413, and its message 400", async () => {
    const email = { channel: "email", name: "Long", subject: "Long" };
    const templates = `/manage/services/${id}/templates`;
    const long = await manage(reach, "POST", templates, { ...email, body: "я".repeat(1_900_000) });
    assert.equal(long.status, 413);
    const whole = await newTemplate(reach, id, { ...email, body: "x".repeat(1_960_000) });
    const refused = await callAs(reach, keys.live, "POST", "/v2/notifications/email", {
      template_id: whole,
      email_address: "ann@example.com",
    });
    assert.equal(refused.status, 400);
    assert.match(refused.body.errors[0].message, /can hold 1950000 bytes of a message/);
  });

  await t.step("a part of a list, a message and its answer may be larger than a text", async () => {
    const email = { channel: "email", name: "Letter", subject: "Letter" };
    const list = await newTemplate(reach, id, { ...email, body: `${"x".repeat(20_000)} ((name))` });
    // One part: 2.5 MB of messages, and twice as much in hexadecimal digits.
    const rows = Array.from({ length: 125 }, (_, row) => `ann@n${row}.example.com,Ann`);
    const uploaded = await reach(`/manage/services/${id}/jobs?template_id=${list}&name=list.csv`, {
      method: "POST",
      headers: { "Authorization": `Bearer ${ADMIN_TOKEN}`, "Content-Type": "text/csv" },
      body: ["email address,name", ...rows].join("\n"),
    });
    assert.equal(uploaded.status, 201, await uploaded.clone().text());
    const job = await uploaded.json();
    await waitFor("all rows to be delivered", async () => {
      const { body } = await manage(reach, "GET", `/manage/services/${id}/jobs/${job.id}`);
      return body.counts.delivered === rows.length;
    }, { everyMs: 100 });
    const whole = await newTemplate(reach, id, { ...email, body: "x".repeat(1_940_000) });
    const one = { template_id: whole, email_address: "ann@example.com" };
    const key = { "Idempotency-Key": "large" };
    const sent = await callAs(reach, keys.live, "POST", "/v2/notifications/email", one, key);
    assert.equal(sent.status, 201);
    const again = await callAs(reach, keys.live, "POST", "/v2/notifications/email", one, key);
    assert.equal(again.body.id, sent.body.id);
    await waitForStatus(reach, keys.live, sent.body.id, "delivered");
    // With the first they are more than the platform's 32 MiB of an answer.
    for (let n = 0; n < 17; n++) {
      const { status } = await callAs(reach, keys.live, "POST", "/v2/notifications/email", one);
      assert.equal(status, 201);
    }
    const listed = await callAs(reach, keys.live, "GET", "/v2/notifications?template_type=email");
    assert.equal(listed.status, 200);
    assert.equal(listed.body.notifications.length, 18);
  });

  await t.step("the binding is missing or another: 503 names it", async () => {
    const reasons = {
      missing: /no binding DATABASE/,
      wrong: /no Durable Object namespace/,
      other: /objects of the binding DATABASE hold no database: bind it to the class DatabaseObj/,
      plain: /objects of the binding DATABASE hold no database/,
    };
    for (const [binding, reason] of Object.entries(reasons)) {
      const answer = await readyWith(binding);
      assert.equal(answer.status, 503);
      assert.match(await answer.text(), reason);
    }
    assert.equal((await readyWith("same")).status, 200);
  });

  await t.step("a migration that is interrupted goes on at the next wakes", async () => {
    const statuses: number[] = [];
    await waitFor("the migration to end", async () => {
      const { status } = await readyWith("interrupted");
      statuses.push(status);
      return status === 200;
    });
    assert.deepEqual(statuses, [503, 503, 503, 200]);
  });

  await t.step("an object with older code than its caller is asked again later", async () => {
    assert.deepEqual(await write("SELECT 1", { "x-test-ahead": "1" }), { kind: "schema-older" });
  });

  await t.step("a newer schema than the code's is refused by its number", async () => {
    const columns = "(number, name, applied_at)";
    const later = `INSERT INTO schema_migrations ${columns} VALUES (${SCHEMA_VERSION + 1}, 'x', 1)`;
    assert.equal((await write(later)).kind, "done");
    // A process of this version goes on beside the schema of the next one, until it starts anew.
    assert.equal((await send()).status, 201);
    assert.equal((await send({ "x-test-end": "1" })).status, 503);
    const answer = await readyWith("same");
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), new RegExp(`at schema ${SCHEMA_VERSION + 1}, newer`));
  });
});
