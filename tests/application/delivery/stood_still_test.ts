/** A process that stands still between reading the time and the commit of a lease, and whose clocks do not tell. */
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { LEASE_MS } from "../../../application/delivery/attempts.ts";
import { bodyOf, newServiceWithTemplates, SMS, textTo } from "../../routes/support.ts";
import { startTestApplication } from "../../support/application.ts";
import { createHrana } from "../../support/hrana.ts";

/** An application whose clocks stand still while a request to its remote database is on its way. */
async function startStopped(standsStillAt: () => string | undefined, forMs: number) {
  const clocks = { database: Date.now(), machine: Date.now() };
  const hrana = createHrana(":memory:", { clock: () => clocks.database });
  const db = await openDatabase({
    url: "http://db.internal",
    fetch: async (request) => {
      const text = standsStillAt();
      if (text !== undefined && (await request.clone().text()).includes(text)) {
        clocks.database += forMs;
      }
      return await hrana.fetch(request);
    },
    machine: { wall: () => clocks.machine, monotonic: () => clocks.machine },
  });
  await migrateEmpty(db, clocks.database);
  const hark = await startTestApplication({
    db,
    clock: createClock(() => clocks.machine, db.time),
  });
  return {
    hark,
    clocks,
    async [Symbol.asyncDispose]() {
      await hark.close();
      db.close();
      await hrana.close();
    },
  };
}

const outcomesOf = (logged: readonly Readonly<Record<string, unknown>>[]) =>
  logged.filter(({ event }) => event === "attempt").map(({ outcome, code }) => code ?? outcome);

Deno.test("deliver: calls no provider when the lease ended while the accept was on its way", async () => {
  let at: string | undefined;
  await using stopped = await startStopped(() => at, LEASE_MS + 1);
  const { hark, clocks } = stopped;
  const service = await newServiceWithTemplates(hark);
  at = "INSERT INTO outbox";
  await bodyOf(await hark.as(service.keys.live, "POST", SMS, textTo(service)), 201);
  at = undefined;
  await hark.settle();
  assert.deepEqual(outcomesOf(hark.logged), ["too-slow"]);
  clocks.database += 2_000;
  clocks.machine += 2_000;
  await hark.settle();
  assert.deepEqual(outcomesOf(hark.logged), ["too-slow", "accepted"]);
});

Deno.test("dispatchOnce: calls no provider when the lease ended while an attempt's start was on its way", async () => {
  let at: string | undefined;
  await using stopped = await startStopped(() => at, LEASE_MS + 1);
  const { hark, clocks } = stopped;
  const service = await newServiceWithTemplates(hark);
  const batch = await hark.as(service.keys.live, "POST", "/v2/notifications/batch", {
    notifications: [{ type: "sms", ...textTo(service) }],
  });
  at = "SET attempts = attempts + 1";
  await bodyOf(batch, 200);
  await hark.settle();
  at = undefined;
  assert.deepEqual(outcomesOf(hark.logged), ["too-slow"]);
  clocks.database += 2_000;
  clocks.machine += 2_000;
  await hark.settle();
  assert.deepEqual(outcomesOf(hark.logged), ["too-slow", "accepted"]);
});
