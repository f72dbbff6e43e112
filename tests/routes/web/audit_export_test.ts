/** The download of a service's audit log. */
import assert from "node:assert/strict";
import { EXPORT_PAGE } from "../../../application/accounts/audit.ts";
import { startTestApplication } from "../../support/application.ts";
import { ANN, createService, registerPerson } from "../../support/web_client.ts";

Deno.test("GET …/audit.csv: streams more entries than a page has, newest first, with safe cells", async () => {
  await using hark = await startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
  const client = await registerPerson(hark, { ...ANN, name: "=HYPERLINK(1)" });
  const path = await createService(client);
  const serviceId = (path.split("/").at(-1) ?? "").replaceAll("-", "");
  await hark.db.write([{
    sql: `WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x <= ?2)
      INSERT INTO audit_log (chain, sequence, at, actor_kind, actor_id, action, subject, facts, mac)
      SELECT chain, x, at, actor_kind, actor_id, 'guests-changed', NULL, '{}', mac
      FROM n, audit_log WHERE chain = unhex(?1) AND sequence = 1`,
    args: [serviceId, 2 * EXPORT_PAGE],
  }]);
  const { text } = await client.get(`${path}/audit.csv`);
  const lines = text.trimEnd().split("\r\n");
  assert.deepEqual(
    lines.slice(1).map((line) => Number(line.split(",")[0])),
    Array.from({ length: 2 * EXPORT_PAGE + 1 }, (_, index) => 2 * EXPORT_PAGE + 1 - index),
  );
  assert.match(lines[1] ?? "", /,'=HYPERLINK\(1\),guests-changed,/);
  const filtered = await client.get(`${path}/audit.csv?action=service-created`);
  assert.equal(filtered.text.trimEnd().split("\r\n").length, 2);
});
