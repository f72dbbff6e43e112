/** The check of the providers' own settings at the start of a process. */
import assert from "node:assert/strict";
import { makeFolder, migrateFolder, serve, waitFor } from "../support/process.ts";
import { startPostmark } from "../support/stand_ins/postmark.ts";
import { hang } from "../support/stand_ins/scripted_server.ts";
import { startProviders } from "./providers.ts";

Deno.test("a served process: warns that Postmark's server tracks the opening of e-mails, and starts without waiting for its answer", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using providers = await startProviders();
  const tracking = await startPostmark({
    token: "postmark-server-token",
    webhookUser: "u",
    webhookPassword: "p",
    trackOpens: true,
  });
  try {
    const environment = { ...providers.environment, POSTMARK_BASE_URL: tracking.url };
    {
      await using hark = await serve("start", { folder, environment });
      await waitFor("the warning", () => hark.stdout.includes("tracks the opening"));
    }
    tracking.always(hang());
    await using hark = await serve("start", { folder, environment });
    const health = await fetch(`${hark.url}/healthz`);
    assert.equal((await health.json()).status, "ok");
    assert.ok(!hark.stdout.includes("tracks the opening"));
  } finally {
    await tracking.close();
  }
});
