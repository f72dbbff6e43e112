import assert from "node:assert/strict";
import { type Database, openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, callAt, movableClock, newServiceWithTemplates, SMS, textTo } from "../support.ts";
import { test } from "../../support/runner.ts";

test.inside("POST with an Idempotency-Key: on Workers a request that was cut off does not keep its key", async () => {
  const real = await openDatabase({ url: ":memory:" });
  await migrateEmpty(real, Date.now());
  const cutOff = Promise.withResolvers<void>();
  const write = Promise.withResolvers<never>();
  let isCutOff = false;
  const db: Database = {
    ...real,
    write(statements) {
      if (!isCutOff) return real.write(statements);
      cutOff.resolve();
      return write.promise;
    },
  };
  const clock = movableClock();
  await using hark = await startTestApplication({ clock, db });
  const service = await newServiceWithTemplates(hark);
  const send = () =>
    callAt(hark, clock, service.keys.live, "POST", SMS, textTo(service), {
      "idempotency-key": "one",
    });
  const navigator = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", {
    value: { userAgent: "Cloudflare-Workers" },
    configurable: true,
  });
  try {
    isCutOff = true;
    const first = send();
    await cutOff.promise;
    isCutOff = false;
    const sent = await bodyOf(await send(), 201);
    const replay = await send();
    assert.equal(replay.headers.get("idempotent-replayed"), "true");
    assert.equal((await bodyOf(replay, 201)).id, sent.id);
    write.reject(new StoreUnavailable("TIMEOUT", "no answer"));
    await bodyOf(await first, 503);
  } finally {
    if (navigator !== undefined) Object.defineProperty(globalThis, "navigator", navigator);
  }
});
