import assert from "node:assert/strict";
import { SMOKE_TEST_RECIPIENTS } from "../../../domain/recipient/simulated.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, countOf } from "../support.ts";
import { fileOf, filesOnDisk, linkIn, openFilesHouse, postFiles, press } from "./support.ts";

const ONCE = { headers: { "Idempotency-Key": "once" } };

Deno.test("POST /v2/notifications/email with an Idempotency-Key replays the same link and stores one file", async () => {
  await using house = await openFilesHouse();
  const { hark } = house;
  const doc = fileOf("the file");
  const first = await (await postFiles(house, { doc }, ONCE)).text();
  const again = await postFiles(house, { doc }, ONCE);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal(await again.text(), first);
  const other = await bodyOf(await postFiles(house, { doc: fileOf("another") }, ONCE), 422);
  assert.equal(other.errors[0].error, "IdempotencyError");
  await hark.settle();
  assert.equal(await countOf(hark, "documents"), 1);
  assert.equal((await filesOnDisk(house)).length, 1);
  const link = linkIn(JSON.parse(first).content.body);
  assert.equal(await (await press(house, link, "ann@example.com")).text(), "the file");
});

Deno.test("POST /v2/notifications/email with one Idempotency-Key at once from two isolates stores one file", async () => {
  await using house = await openFilesHouse();
  await using other = await startTestApplication({
    db: house.hark.db,
    clock: house.clock,
    environment: { FILES_DIR: `${house.folder}/files` },
  });
  const doc = fileOf("the file");
  const answers = await Promise.all([
    postFiles(house, { doc }, ONCE),
    postFiles({ ...house, hark: other }, { doc }, ONCE),
  ]);
  const [one, two] = await Promise.all(answers.map((answer) => bodyOf(answer, 201)));
  assert.deepEqual(one, two);
  await house.hark.settle();
  await other.settle();
  assert.equal(await countOf(house.hark, "documents"), 1);
  assert.equal((await filesOnDisk(house)).length, 1);
  const link = linkIn(one.content.body);
  assert.equal(await (await press(house, link, "ann@example.com")).text(), "the file");
});

Deno.test("POST /v2/notifications/email keeps one link when its service changes during the request", async () => {
  await using house = await openFilesHouse();
  const { hark, service, template } = house;
  // Warms the memory of the isolate that is asked; then another one changes the service.
  await bodyOf(await postFiles(house, { doc: fileOf("first") }), 201);
  await hark.db.write([{
    sql: "UPDATE services SET revision = revision + 1 WHERE id = ?",
    args: [service.id],
  }]);
  const body = await bodyOf(await postFiles(house, { doc: fileOf("second") }), 201);
  assert.equal(await countOf(hark, "documents"), 2);
  assert.equal((await filesOnDisk(house)).length, 2);
  const answer = await press(house, linkIn(body.content.body), "ann@example.com");
  assert.equal(await answer.text(), "second");
  await hark.settle();
  assert.ok(hark.mailbox.list().some(({ text }) => text.includes(linkIn(body.content.body))));
  // And takes the file back when the change was that the template has gone.
  await hark.db.write([
    { sql: "UPDATE services SET revision = revision + 1 WHERE id = ?", args: [service.id] },
    { sql: "UPDATE templates SET archived_at = 1 WHERE id = ?", args: [template] },
  ]);
  await bodyOf(await postFiles(house, { doc: fileOf("third") }), 400);
  await hark.settle();
  assert.equal(await countOf(hark, "documents"), 2);
  assert.equal((await filesOnDisk(house)).length, 2);
});

for (const email_address of SMOKE_TEST_RECIPIENTS.email) {
  Deno.test(`POST /v2/notifications/email to ${email_address} stores no file`, async () => {
    await using house = await openFilesHouse();
    const { hark, service } = house;
    const files = { doc: { file: "not even base64" } };
    const body = await bodyOf(await postFiles(house, files, { email_address, ...ONCE }), 201);
    const link = `http://hark.test/services/${service.id}/documents/test-document`;
    assert.equal(body.content.body, `Download: ${link}`);
    const again = await bodyOf(await postFiles(house, files, { email_address, ...ONCE }), 201);
    assert.deepEqual(again, body);
    assert.equal(await countOf(hark, "documents"), 0);
    assert.deepEqual(await filesOnDisk(house), []);
  });
}
