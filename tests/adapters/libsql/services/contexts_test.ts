import assert from "node:assert/strict";
import type { Database } from "../../../../adapters/libsql/connection/database.ts";
import { BACKENDS } from "../../../contracts/backends.ts";
import { createIsolate, newSender, START } from "../../../contracts/isolate.ts";
import { migrateEmpty } from "../../../support/migrated.ts";

for (const backend of BACKENDS.filter(({ remote }) => !remote)) {
  Deno.test(`load: asks for the revision alone when the service has not changed (${backend.name})`, async () => {
    await using database = await backend.open();
    await migrateEmpty(database.db, START);
    const statements: number[] = [];
    const db: Database = {
      ...database.db,
      readPoint(batch) {
        statements.push(batch.length);
        return database.db.readPoint(batch);
      },
    };
    const isolate = await createIsolate(db, { now: START });
    const other = await createIsolate(await database.another(), { now: START });
    const { serviceId, templateId } = await newSender(isolate);
    async function load(): Promise<readonly unknown[]> {
      statements.length = 0;
      const template = { by: "id", id: templateId } as const;
      const context = await isolate.contexts.load(serviceId, { fresh: true, template });
      return [context?.service.name, context?.template?.body, context?.fresh, [...statements]];
    }
    assert.deepEqual(await load(), ["Library", "Hello ((name))", true, [1]]);

    await other.management.updateService(serviceId, { name: "Archive" }, START);
    const changed = await load();
    assert.deepEqual(changed.slice(0, 3), ["Archive", "Hello ((name))", true]);
    assert.deepEqual((await load()).slice(3), [[1]]);

    await other.management.updateTemplate(serviceId, templateId, {
      name: "Overdue",
      subject: null,
      body: "Bye",
    }, START);
    assert.equal((await load())[1], "Bye");
    assert.deepEqual(await load(), ["Archive", "Bye", true, [1]]);
  });
}
