/** Changes while the deployment's data key is encrypted under a master key that is not configured. */
import assert from "node:assert/strict";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { MASTER_KEY, startTestApplication } from "../../support/application.ts";
import { openClient } from "../../support/web_client.ts";
import { bodyOf, countOf, newServiceWithTemplates } from "../support.ts";
import { test } from "../../support/runner.ts";

const OTHER_KEY = btoa(String.fromCharCode(...new Uint8Array(32).fill(9)));

test.inside("/manage: a change answers 503 and what to do when the deployment's data key is under a lost master key, and changes nothing", async () => {
  const db = await openDatabase({ url: ":memory:" });
  await migrateEmpty(db, Date.now());
  await using before = await startTestApplication({ db });
  const service = await newServiceWithTemplates(before);
  const made = await bodyOf(await before.manage("POST", "/manage/tokens", { name: "T" }), 201);
  const entries = await countOf(before, "audit_log");
  const { currentKeyId } = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);

  await using hark = await startTestApplication({ db, environment: { MASTER_KEY: OTHER_KEY } });
  const path = `/manage/services/${service.id}`;
  const changes: readonly (readonly [string, string, unknown?])[] = [
    ["POST", "/manage/services", { name: "New" }],
    ["PATCH", path, { name: "Other" }],
    ["POST", `${path}/sms_senders`, { sms_sender: "LIBRARY" }],
    ["POST", `${path}/keys`, { name: "K", kind: "team" }],
    ["DELETE", `${path}/templates/${service.sms}`],
    ["PUT", "/manage/providers/sandbox", { weight: 7 }],
    ["POST", "/manage/tokens", { name: "U" }],
  ];
  for (const [method, address, body] of changes) {
    const { title, detail } = await bodyOf(await hark.manage(method, address, body), 503, address);
    assert.equal(title, "Service unavailable");
    assert.ok(detail.startsWith("Nothing was changed: MASTER_KEY does not decrypt the keys"));
    assert.ok(detail.includes(`(of master key ${currentKeyId})`), detail);
    assert.match(detail, /MASTER_KEY_PREVIOUS/);
  }
  const headers = { authorization: `Bearer ${made.token}` };
  const stranger = await bodyOf(await hark.request("/manage/services", { headers }), 503);
  assert.equal(stranger.detail, "A master key of the deployment is not configured");
  assert.equal(
    (await openClient(hark).post("/sign-in", {
      email_address: "ann@example.com",
      password: "violet kettle under snow",
    })).status,
    503,
  );
  const unchanged = await bodyOf(await hark.manage("GET", path), 200);
  assert.notEqual(unchanged.name, "Other");
  assert.equal(await countOf(hark, "audit_log"), entries);
  assert.equal(await countOf(hark, "services"), 1);
  db.close();
});
