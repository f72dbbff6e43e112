import assert from "node:assert/strict";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { startTestApplication } from "../../support/application.ts";
import {
  bodyOf,
  callAt,
  movableClock,
  newServiceWithTemplates,
  SECOND,
  SMS,
  textTo,
} from "../support.ts";
import { test } from "../../support/runner.ts";

const READY = {
  status: "ok",
  checks: { store: "ok", schema: "ok", worker: "ok", clock_skew_ms: 0, oldest_due_s: 0 },
};

Deno.test("GET /readyz: reports ready to everybody, and nothing about services", async () => {
  await using hark = await startTestApplication();
  await newServiceWithTemplates(hark);
  const response = await hark.request("/readyz");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  const { checks: { clock_skew_ms, ...checks }, ...rest } = await bodyOf(response, 200);
  assert.ok(Number.isInteger(clock_skew_ms), `clock_skew_ms is ${clock_skew_ms}`);
  assert.deepEqual({ ...rest, checks: { ...checks, clock_skew_ms: 0 } }, READY);
  assert.equal((await hark.request("/readyz", { method: "HEAD" })).status, 200);
  assert.equal((await bodyOf(await hark.request("/healthz"), 200)).status, "ok");
});

for (const [seconds, status] of [[120, 200], [121, 503]] as const) {
  test.inside(`GET /readyz: answers ${status} when due work has waited for ${seconds} seconds of 120`, async () => {
    const clock = movableClock();
    await using hark = await startTestApplication({
      clock,
      environment: { READY_MAX_OLDEST_DUE_S: "120" },
    });
    const service = await newServiceWithTemplates(hark);
    const scheduled_for = new Date(clock.now() + 60 * SECOND).toISOString().slice(0, 19);
    const request = textTo(service, { scheduled_for });
    await bodyOf(await callAt(hark, clock, service.keys.live, "POST", SMS, request), 201);
    clock.advance((60 + seconds) * SECOND);
    const { checks } = await bodyOf(await hark.request("/readyz"), status);
    assert.deepEqual(checks, { ...READY.checks, oldest_due_s: seconds });
  });
}

test.inside("GET /readyz: answers 503 when the schema is another, or the store is gone", async () => {
  for (const breakIt of ["newer", "gone"] as const) {
    const db = await openDatabase({ url: ":memory:" });
    await migrateEmpty(db, Date.now());
    {
      await using hark = await startTestApplication({ db });
      if (breakIt === "gone") db.close();
      else await db.write(["INSERT INTO schema_migrations VALUES (999, 'from the future', 0)"]);
      const { status, checks } = await bodyOf(await hark.request("/readyz"), 503);
      assert.equal(status, "unavailable");
      assert.deepEqual(
        [checks.store, checks.schema],
        breakIt === "gone" ? ["unavailable", "unknown"] : ["ok", "unavailable"],
      );
    }
    db.close();
  }
});
