/** Hark's own service, which sends the messages of accounts, before the pages. */
import assert from "node:assert/strict";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_messages.ts";
import { startTestApplication } from "../../support/application.ts";
import { registerPerson } from "../../support/web_client.ts";
import { countOf } from "../support.ts";

Deno.test("/services/{id}: the keys of Hark's own service are not changed by its pages, by operators either", async () => {
  await using hark = await startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
  const client = await registerPerson(hark);
  await hark.db.write(["UPDATE users SET is_operator = 1"]);
  const path = `/services/${OWN_SERVICE_ID}`;
  assert.equal((await client.get(path)).status, 200);
  const entries = await countOf(hark, "audit_log");
  const made = await client.post(`${path}/keys/new`, { name: "K", kind: "live" });
  assert.equal(made.status, 403);
  assert.equal(await countOf(hark, "api_keys"), 0);
  assert.equal(await countOf(hark, "audit_log"), entries);
});
