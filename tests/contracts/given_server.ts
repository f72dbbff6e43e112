/**
 * The server that `DATABASE_TEST_URL` names, as a backend of the contracts. Its database must be empty, is empty again after
 * each test, and is used by nothing else meanwhile.
 */
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { DATABASE_TIMEOUTS } from "../../adapters/libsql/connection/config.ts";
import type { Backend, RemoteConnection } from "./backends.ts";

/** Where the server is. */
export interface GivenServer {
  readonly url: string;
  readonly authToken?: string | undefined;
}

/** A server far away may need longer than a request is given. */
const LONG_TIMEOUTS = { ...DATABASE_TIMEOUTS, requestMs: 60_000, backgroundMs: 60_000 };

/** What a database has of its own, in an order in which it can be dropped: triggers and views before their tables. */
const OBJECTS = `SELECT type, name FROM sqlite_master
  WHERE type IN ('trigger', 'view', 'table')
    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'libsql\\_%' ESCAPE '\\'
  ORDER BY CASE type WHEN 'trigger' THEN 1 WHEN 'view' THEN 2 ELSE 3 END`;

interface DatabaseObject {
  readonly type: string;
  readonly name: string;
}

async function objectsOf(db: Database): Promise<readonly DatabaseObject[]> {
  const [found] = await db.read([OBJECTS]);
  return (found?.rows ?? []).map(({ type, name }) => ({ type: String(type), name: String(name) }));
}

/**
 * Checks that the database is empty: the tests drop all that is in it.
 *
 * @throws with the names of its tables
 */
export async function requireEmpty(db: Database): Promise<void> {
  const objects = await objectsOf(db);
  if (objects.length === 0) return;
  const names = objects.map(({ name }) => name);
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  throw new Error(
    `the database of DATABASE_TEST_URL is not empty, and the tests would delete what is in it: it has ` +
      `${names.slice(0, 3).join(", ")}${more}. Name an empty database`,
  );
}

async function empty(db: Database): Promise<void> {
  const objects = await objectsOf(db);
  if (objects.length === 0) return;
  await db.write(
    objects.map(({ type, name }) => `DROP ${type.toUpperCase()} "${name.replaceAll('"', '""')}"`),
  );
}

/** Counts the calls, and fails those that a test wants to fail. */
function observeCalls(): RemoteConnection & { fetch(request: Request): Promise<Response> } {
  const faults: (number | "lose")[] = [];
  let roundTrips = 0;
  return {
    get roundTrips() {
      return roundTrips;
    },
    resetCount: () => void (roundTrips = 0),
    loseNextReply: () => void faults.push("lose"),
    failNext: (status) => void faults.push(status),
    async fetch(request) {
      roundTrips++;
      const fault = faults.shift();
      if (typeof fault === "number") return new Response("asked to fail", { status: fault });
      const response = await fetch(request);
      if (fault !== "lose") return response;
      await response.body?.cancel();
      throw new TypeError("the reply was lost");
    },
  };
}

/** The backend of a server. Each test has the database to itself: they run one after the other. */
export function givenServer(server: GivenServer): Backend {
  /** Whether the database was empty at first, so that what is in it now is of a test that failed. */
  let isOurs = false;
  return {
    name: "a given server",
    remote: true,
    async open() {
      const calls = observeCalls();
      const opened: Database[] = [];
      const another = async () => {
        const db = await openDatabase({ ...server, fetch: calls.fetch, timeouts: LONG_TIMEOUTS });
        opened.push(db);
        return db;
      };
      const db = await another();
      if (isOurs) await empty(db);
      else await requireEmpty(db);
      isOurs = true;
      calls.resetCount();
      return {
        db,
        hrana: undefined,
        connection: calls,
        another,
        async [Symbol.asyncDispose]() {
          await empty(db);
          for (const each of opened) each.close();
        },
      };
    },
  };
}
