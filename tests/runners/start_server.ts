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
  const process = stack.use(
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
  const lines: string[] = [];
  let rest = "";
  const owned = stack.move();
  return {
    url: process.url,
    db,
    get lines() {
      const [...whole] = `${rest}${process.takeOutput()}`.split("\n");
      rest = whole.pop() ?? "";
      lines.push(...whole);
      return lines;
    },
    database,
    runDue: () => Promise.resolve(),
    queued: () => Promise.resolve(0),
    tails: () => Promise.resolve(0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
