/** `start` on loopback, on a database file; on a libSQL server where a test moves the clock. */
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createHrana } from "../support/hrana.ts";
import { makeFolder, migrateFolder, SANDBOX_ENVIRONMENT, serve } from "../support/process.ts";
import type { Hosted, Start } from "./hosted.ts";

/** The token of the libSQL server. */
const AUTH_TOKEN = "database-token";

/** Starts it with sandboxes for providers unless the environment names others. */
export async function startProcess({ environment, importMap, clock }: Start): Promise<Hosted> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await migrateFolder(folder);
  const file = `${folder.path}/hark.db`;
  const hrana = createHrana(file, {
    authToken: AUTH_TOKEN,
    ...(clock === undefined ? {} : { clock }),
  });
  stack.defer(() => hrana.close());
  const database = { url: hrana.serve().url, authToken: AUTH_TOKEN };
  const { url } = stack.use(
    await serve("start", {
      folder,
      permissions: ["-A", `--import-map=${importMap}`],
      environment: {
        ...SANDBOX_ENVIRONMENT,
        ...(clock === undefined ? {} : {
          DATABASE_URL: database.url,
          DATABASE_AUTH_TOKEN: AUTH_TOKEN,
        }),
        ...environment,
      },
    }),
  );
  const db = await openDatabase({ url: `file:${file}` });
  stack.defer(() => db.close());
  const owned = stack.move();
  return {
    url,
    db,
    database,
    runDue: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
