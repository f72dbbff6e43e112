import assert from "node:assert/strict";
import { makeFolder, run } from "../support/process.ts";

Deno.test("start: logs that it cannot start, as one line of JSON, and names no value", async () => {
  await using folder = await makeFolder();
  const environment = { MASTER_KEY: "short-key", ADMIN_TOKEN: "short-token" };
  const { code, stdout, stderr } = await run(["start"], { folder, environment });
  assert.equal(code, 1);
  assert.match(stderr, /^Hark cannot start\.\n/);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  const refused = lines.map((line) => JSON.parse(line)).filter(({ event }) =>
    event === "cannot-start"
  );
  assert.equal(refused.length, 1, stdout);
  assert.match(refused[0].error, /DATABASE_URL is missing/);
  for (const value of Object.values(environment)) assert.ok(!stdout.includes(value), value);
});
