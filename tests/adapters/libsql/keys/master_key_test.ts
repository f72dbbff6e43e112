import assert from "node:assert/strict";
import { createEncryption } from "../../../../adapters/crypto/envelope_encryption.ts";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import {
  findMissingMasterKeys,
  REENCRYPT_LIMIT,
  reencryptKeys,
} from "../../../../adapters/libsql/keys/master_key.ts";
import { migrateEmpty } from "../../../support/migrated.ts";
import { MASTER_KEY, startTestApplication } from "../../../support/application.ts";

const OLD = Uint8Array.from(atob(MASTER_KEY), (character) => character.charCodeAt(0));
const NEW = new Uint8Array(32).fill(9);
const NEW_TEXT = btoa(String.fromCharCode(...NEW));

Deno.test("reencryptKeys: after it, the new master key decrypts everything without the old one", async () => {
  const db = await openDatabase({ url: ":memory:" });
  await migrateEmpty(db, Date.now());
  const before = await startTestApplication({ db });
  const service = await before.newService();
  const template_id = await before.newTemplate(service.id);
  const text = { phone_number: "07900900123", template_id, personalisation: { name: "Ann" } };
  const sent = await before.as(service.keys.live, "POST", "/v2/notifications/sms", text);
  const { id } = await sent.json();
  await before.close();

  // The service's data key, and the deployment's, under which the audit log is signed.
  assert.deepEqual(await reencryptKeys(db, await createEncryption([NEW, OLD])), {
    dataKeys: 2,
    secrets: 3,
  });
  assert.deepEqual(await reencryptKeys(db, await createEncryption([NEW, OLD])), {
    dataKeys: 0,
    secrets: 0,
  });

  const after = await startTestApplication({ db, environment: { MASTER_KEY: NEW_TEXT } });
  const read = await after.as(service.keys.team, "GET", `/v2/notifications/${id}`);
  assert.equal((await read.json()).body, "Hi Ann");
  await after.close();
  db.close();
});

Deno.test("reencryptKeys: takes as many steps as the number of keys needs", async () => {
  const db = await openDatabase({ url: ":memory:" });
  await migrateEmpty(db, Date.now());
  const hark = await startTestApplication({ db });
  const { id } = await hark.newService();
  const more = REENCRYPT_LIMIT + 1 - 3;
  for (let index = 0; index < more; index++) {
    const key = { name: `key ${index}`, kind: "test" };
    const created = await hark.manage("POST", `/manage/services/${id}/keys`, key);
    assert.equal(created.status, 201);
    await created.body?.cancel();
  }
  const { secrets } = await reencryptKeys(db, await createEncryption([NEW, OLD]));
  assert.equal(secrets, REENCRYPT_LIMIT + 1);
  await hark.close();
  db.close();
});

Deno.test("reencryptKeys: rejects and changes nothing when no master key decrypts a key", async () => {
  const db = await openDatabase({ url: ":memory:" });
  await migrateEmpty(db, Date.now());
  const hark = await startTestApplication({ db });
  const { keys } = await hark.newService();
  await assert.rejects(reencryptKeys(db, await createEncryption([NEW])), /which is not configured/);
  const list = await hark.as(keys.live, "GET", "/v2/templates");
  assert.equal(list.status, 200);
  await list.body?.cancel();
  await hark.close();
  db.close();
});

Deno.test("findMissingMasterKeys: names each master key whose rows cannot be decrypted", async () => {
  const db = await openDatabase({ url: ":memory:" });
  await migrateEmpty(db, Date.now());
  const missingFor = async (...keys: readonly Uint8Array<ArrayBuffer>[]) =>
    await findMissingMasterKeys(db, await createEncryption(keys));
  const nameOf = async (key: Uint8Array<ArrayBuffer>) =>
    (await createEncryption([key])).currentKeyId;
  assert.deepEqual(await missingFor(NEW), [], "an empty database needs no key");
  const first = await startTestApplication({ db });
  await first.newService();
  await first.close();
  assert.deepEqual(await missingFor(OLD), []);
  assert.deepEqual(await missingFor(NEW), [await nameOf(OLD)]);
  const second = await startTestApplication({
    db,
    environment: { MASTER_KEY: NEW_TEXT, MASTER_KEY_PREVIOUS: MASTER_KEY },
  });
  await second.newService();
  await second.close();
  assert.deepEqual(await missingFor(NEW, OLD), []);
  assert.deepEqual(await missingFor(OLD), [await nameOf(NEW)]);
  const third = new Uint8Array(32).fill(3);
  assert.deepEqual(
    (await missingFor(third)).toSorted(),
    [await nameOf(NEW), await nameOf(OLD)].toSorted(),
  );
  await db.write(["UPDATE data_keys SET wrapped = zeroblob(60)"]);
  assert.equal((await missingFor(NEW, OLD)).length, 2, "bytes that were changed");
  db.close();
});
