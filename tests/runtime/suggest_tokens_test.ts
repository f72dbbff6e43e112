import assert from "node:assert/strict";
import { startTestApplication } from "../support/application.ts";
import { newUser } from "../routes/manage/team_support.ts";

Deno.test("suggestTokens: logs one line when the database has an operator, and none before", async () => {
  await using hark = await startTestApplication();
  await hark.suggestTokens();
  assert.deepEqual(hark.logged, []);
  await newUser(hark, "ann@dept.example");
  await hark.suggestTokens();
  assert.deepEqual(hark.logged.map(({ event }) => event), ["suggestion"]);
  assert.match(String(hark.logged[0]?.["suggestion"]), /POST \/manage\/tokens.*ADMIN_TOKEN/);
  await hark.db.write(["UPDATE users SET state = 'blocked'"]);
  await hark.suggestTokens();
  assert.equal(hark.logged.length, 1);
});
