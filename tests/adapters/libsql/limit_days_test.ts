import assert from "node:assert/strict";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { LIMIT_DAYS } from "../../../adapters/libsql/schema/limit_days.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { createIsolate, newSender, START } from "../../contracts/isolate.ts";

Deno.test("limit_days: the UTC day of the migration goes on for services with another zone, and others stay as they are", async () => {
  const db = await openDatabase({ url: ":memory:" });
  try {
    await migrateEmpty(db, START);
    const isolate = await createIsolate(db, { now: START });
    const zoneChangeOf = async (time_zone: string) => {
      const { serviceId } = await newSender(isolate, { settings: { time_zone } });
      return async () => (await isolate.management.getService(serviceId))?.zoneChange;
    };
    const [utc, kyiv] = [await zoneChangeOf("UTC"), await zoneChangeOf("Europe/Kyiv")];
    assert.equal(await kyiv(), undefined, "a new service has its own days from the first");
    const update = LIMIT_DAYS.statements.filter((sql) => sql.startsWith("UPDATE"));
    assert.equal(update.length, 1);
    await db.write(update);
    assert.equal(await utc(), undefined);
    const change = await kyiv();
    assert.ok(change !== undefined && Number.isInteger(change.at));
    assert.equal(change.day, Math.floor(change.at / DAY_MS));
  } finally {
    db.close();
  }
});
