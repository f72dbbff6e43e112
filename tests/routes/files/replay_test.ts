import assert from "node:assert/strict";
import { idBytes } from "../../../adapters/libsql/connection/row.ts";
import { SMOKE_TEST_RECIPIENTS } from "../../../domain/recipient/simulated.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf } from "../support.ts";
import { assertStored, fileOf, linkIn, openFilesFixture, postFiles, press } from "./support.ts";
import { test } from "../../support/runner.ts";

const ONCE = { headers: { "Idempotency-Key": "once" } };

Deno.test("POST /v2/notifications/email with an Idempotency-Key: replays the same link and stores one file", async () => {
  await using fixture = await openFilesFixture();
  const { hark } = fixture;
  const doc = fileOf("the file");
  const first = await (await postFiles(fixture, { doc }, ONCE)).text();
  const again = await postFiles(fixture, { doc }, ONCE);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal(await again.text(), first);
  const other = await bodyOf(await postFiles(fixture, { doc: fileOf("another") }, ONCE), 422);
  assert.equal(other.errors[0].error, "IdempotencyError");
  await hark.settle();
  await assertStored(fixture, 1);
  const link = linkIn(JSON.parse(first).content.body);
  assert.equal(await (await press(fixture, link, "ann@example.com")).text(), "the file");
});

test.inside("POST /v2/notifications/email: stores one file for two concurrent requests with one Idempotency-Key at two isolates", async () => {
  await using fixture = await openFilesFixture();
  await using other = await startTestApplication({
    db: fixture.hark.db,
    clock: fixture.clock,
    environment: { FILES_DIR: `${fixture.folder}/files` },
  });
  const doc = fileOf("the file");
  const answers = await Promise.all([
    postFiles(fixture, { doc }, ONCE),
    postFiles({ ...fixture, hark: other }, { doc }, ONCE),
  ]);
  const [one, two] = await Promise.all(answers.map((answer) => bodyOf(answer, 201)));
  assert.deepEqual(one, two);
  await fixture.hark.settle();
  await other.settle();
  await assertStored(fixture, 1);
  const link = linkIn(one.content.body);
  assert.equal(await (await press(fixture, link, "ann@example.com")).text(), "the file");
});

Deno.test("POST /v2/notifications/email: keeps one link when its service changes during the request", async () => {
  await using fixture = await openFilesFixture();
  const { hark, service, template } = fixture;
  // Fills the cache of one isolate; then another isolate changes the service.
  await bodyOf(await postFiles(fixture, { doc: fileOf("first") }), 201);
  await hark.db.write([{
    sql: "UPDATE services SET revision = revision + 1 WHERE id = ?",
    args: [idBytes(service.id)],
  }]);
  const body = await bodyOf(await postFiles(fixture, { doc: fileOf("second") }), 201);
  await assertStored(fixture, 2);
  const answer = await press(fixture, linkIn(body.content.body), "ann@example.com");
  assert.equal(await answer.text(), "second");
  await hark.settle();
  assert.ok((await hark.sent()).some(({ text }) => text.includes(linkIn(body.content.body))));
  // The staged file is deleted when the change archived the template.
  await hark.db.write([
    {
      sql: "UPDATE services SET revision = revision + 1 WHERE id = ?",
      args: [idBytes(service.id)],
    },
    { sql: "UPDATE templates SET archived_at = 1 WHERE id = ?", args: [idBytes(template)] },
  ]);
  await bodyOf(await postFiles(fixture, { doc: fileOf("third") }), 400);
  await hark.settle();
  await assertStored(fixture, 2);
});

for (const email_address of SMOKE_TEST_RECIPIENTS.email) {
  Deno.test(`POST /v2/notifications/email: stores no file for a message to ${email_address}`, async () => {
    await using fixture = await openFilesFixture();
    const { service } = fixture;
    const files = { doc: { file: "not even base64" } };
    const body = await bodyOf(await postFiles(fixture, files, { email_address, ...ONCE }), 201);
    const link = `http://hark.test/services/${service.id}/documents/test-document`;
    assert.equal(body.content.body, `Download: ${link}`);
    const again = await bodyOf(await postFiles(fixture, files, { email_address, ...ONCE }), 201);
    assert.deepEqual(again, body);
    await assertStored(fixture, 0);
  });
}
