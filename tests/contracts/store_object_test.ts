/** The contracts of all stores over a Durable Object, in a real workerd; miniflare wants a file to itself. */
import { type ObjectDatabases, startObjectDatabases } from "../support/object_database.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import type { TestDatabase } from "./backends.ts";
import { storeContracts } from "./store_contracts.ts";

Deno.test.sanitizer({ ops: false, resources: false });

let objects: ObjectDatabases;
let opened = 0;

Deno.test.beforeAll(async () => void (objects = await startObjectDatabases()));
Deno.test.afterAll(async () => await objects[Symbol.asyncDispose]());

async function openDatabase(name: string): Promise<TestDatabase> {
  const connection = objects.connect(name);
  const opened: Database[] = [];
  const another = async () => {
    const db = await connection.open();
    opened.push(db);
    return db;
  };
  return {
    db: await another(),
    connection,
    another,
    [Symbol.asyncDispose]() {
      for (const db of opened) db.close();
      return Promise.resolve();
    },
  };
}

storeContracts({
  name: "in a Durable Object",
  remote: true,
  open: () => openDatabase(`database-${opened++}`),
  async openMigrated(now) {
    const name = `database-${opened++}`;
    await objects.migrate(name, now);
    return await openDatabase(name);
  },
});
