import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createHrana, type Hrana } from "../support/hrana.ts";

/** What a test does to the connection to a database elsewhere, and counts there. */
export type RemoteConnection = Pick<
  Hrana,
  "roundTrips" | "resetCount" | "loseNextReply" | "failNext"
>;

/** A database of one test. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Database;
  /** The server, where there is one. */
  readonly hrana: Hrana | undefined;
  /** The connection, where the database is elsewhere. */
  readonly connection: RemoteConnection | undefined;
  /** The same database as another process would open it; in memory that is the same connection. */
  another(): Promise<Database>;
}

/** A kind of libSQL database that the contracts are run over. */
export interface Backend {
  readonly name: string;
  readonly remote: boolean;
  /** Opens an empty database. */
  open(): Promise<TestDatabase>;
}

const MEMORY: Backend = {
  name: "embedded, in memory",
  remote: false,
  async open() {
    const db = await openDatabase({ url: ":memory:" });
    return {
      db,
      hrana: undefined,
      connection: undefined,
      another: () => Promise.resolve(db),
      [Symbol.asyncDispose]() {
        db.close();
        return Promise.resolve();
      },
    };
  },
};

export const FILE: Backend = {
  name: "embedded, a file",
  remote: false,
  async open() {
    const folder = await Deno.makeTempDir();
    const opened: Database[] = [];
    const another = async () => {
      const db = await openDatabase({ url: `file:${folder}/hark.db` });
      opened.push(db);
      return db;
    };
    return {
      db: await another(),
      hrana: undefined,
      connection: undefined,
      another,
      async [Symbol.asyncDispose]() {
        for (const db of opened) db.close();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};

function overHrana(name: string, clientPerCall: boolean): Backend {
  return {
    name,
    remote: true,
    async open() {
      const hrana = createHrana(":memory:");
      const opened: Database[] = [];
      const another = async () => {
        const db = await openDatabase({
          url: "http://db.internal",
          fetch: hrana.fetch,
          clientPerCall,
        });
        opened.push(db);
        return db;
      };
      return {
        db: await another(),
        hrana,
        connection: hrana,
        another,
        async [Symbol.asyncDispose]() {
          for (const db of opened) db.close();
          await hrana.close();
        },
      };
    },
  };
}

/** A server whose client all requests share. */
export const SHARED_HTTP = overHrana("over HTTP", false);

/** Every database that the contracts run on. */
export const BACKENDS: readonly Backend[] = [
  MEMORY,
  FILE,
  SHARED_HTTP,
  overHrana("over HTTP, a client for each call", true),
];
