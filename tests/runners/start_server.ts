/** `start` on loopback, on a database file; on a libSQL server where a test moves the clock. */
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createHrana } from "../support/hrana.ts";
import { makeFolder, migrateFolder, SANDBOX_ENVIRONMENT, serve } from "../support/process.ts";
import type { HostedServer, StartOptions } from "./hosted.ts";

/** The token of the libSQL server. */
const AUTH_TOKEN = "database-token";

/** The program that a server runs. */
export interface HostedProgram {
  /** The path of Deno; this process's by default. */
  readonly deno?: string;
  /** The file that Deno runs; the source code's `main.ts` by default. */
  readonly entry?: URL;
  /** Returns the arguments of `deno run`. */
  readonly permissions: (
    folder: string,
    environment: Readonly<Record<string, string>>,
  ) => readonly string[];
}

/** Starts the source code, with sandboxes for providers unless the environment names others. */
export function startProcess(options: StartOptions): Promise<HostedServer> {
  return startProgram(options, {
    permissions: () => ["-A", `--import-map=${options.importMap}`],
  });
}

/** Starts a program with sandboxes for providers unless the environment names others. */
export async function startProgram(
  { environment, clock }: Pick<StartOptions, "environment" | "clock">,
  { permissions, ...program }: HostedProgram,
): Promise<HostedServer> {
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
  const variables = {
    ...SANDBOX_ENVIRONMENT,
    ...(clock === undefined ? {} : {
      DATABASE_URL: database.url,
      DATABASE_AUTH_TOKEN: AUTH_TOKEN,
    }),
    ...environment,
  };
  const process = stack.use(
    await serve("start", {
      ...program,
      folder,
      environment: variables,
      permissions: permissions(folder.path, variables),
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
