/**
 * The Worker with its database in a Durable Object, and what a test does to both: requests with the header `x-test-…` are
 * answered by a Worker that has just started, end the object, or write into its database.
 */
import { DurableObject } from "cloudflare:workers";
import { createWorker } from "../../runtime/worker.ts";
import { DatabaseObject } from "../../runtime/worker/database_object.ts";
import type { ObjectAnswer, ObjectCall } from "../../adapters/libsql/connection/object_protocol.ts";
import { SCHEMA_VERSION } from "../../adapters/libsql/schema/schema_version.ts";

/** The object's state, which ends the object. */
interface AbortableState {
  abort(reason: string): void;
}

let endsAtAccept = false;

const isAccept = (statement: ObjectCall["statements"][number]) =>
  typeof statement !== "string" && statement.sql.includes("INSERT INTO notifications");

/** A database whose object ends, as at a deployment, where the test asks for it. */
export class TestDatabase extends DatabaseObject {
  readonly #state: AbortableState;

  constructor(
    state: ConstructorParameters<typeof DatabaseObject>[0] & AbortableState,
    env: unknown,
  ) {
    super(state, env);
    this.#state = state;
  }

  override call(call: ObjectCall): ObjectAnswer {
    const answer = super.call(call);
    if (endsAtAccept && call.statements.some(isAccept)) {
      endsAtAccept = false;
      this.#state.abort("Durable Object reset because its code was updated.");
    }
    return answer;
  }
}

/** After how many transactions of its migration an object's isolate ends, at its first wakes. */
const INTERRUPTIONS = [1, 5, 20];

/** A database whose object ends again and again while it migrates. */
export class InterruptedDatabase extends DatabaseObject {
  constructor(
    state: ConstructorParameters<typeof DatabaseObject>[0] & AbortableState,
    env: unknown,
  ) {
    const { storage } = state;
    const most = INTERRUPTIONS.shift() ?? Infinity;
    let transactions = 0;
    const interrupted = {
      sql: storage.sql,
      transactionSync<T>(run: () => T): T {
        if (++transactions > most) state.abort("The object's isolate has ended.");
        return storage.transactionSync(run);
      },
    };
    Object.defineProperty(state, "storage", { value: interrupted });
    super(state, env);
  }
}

/** Objects that hold no database. */
export class OtherObject extends DurableObject {}
/** Objects that answer requests only. */
export class PlainObject {}

type Environment = Readonly<Record<string, unknown>> & {
  readonly DATABASE: {
    idFromName(name: string): unknown;
    get(id: unknown): { call(call: ObjectCall): Promise<ObjectAnswer> };
  };
};

type WorkerContext = Parameters<ReturnType<typeof createWorker>["handlers"]["fetch"]>[2];

const { handlers } = createWorker();

export default {
  async fetch(request: Request, env: Environment, context: WorkerContext): Promise<Response> {
    const sql = request.headers.get("x-test-sql");
    if (sql !== null) {
      const object = env.DATABASE.get(env.DATABASE.idFromName("hark"));
      const ahead = Number(request.headers.get("x-test-ahead") ?? 0);
      const schemaVersion = SCHEMA_VERSION + ahead;
      return Response.json(await object.call({ statements: [sql], mode: "write", schemaVersion }));
    }
    if (request.headers.has("x-test-end")) endsAtAccept = true;
    const binding = request.headers.get("x-test-binding");
    if (binding === null) return await handlers.fetch(request, env, context);
    const bindings = {
      same: env.DATABASE,
      missing: undefined,
      wrong: {},
      other: env.OTHER,
      plain: env.PLAIN,
      interrupted: env.INTERRUPTED,
    };
    const DATABASE = Object.entries(bindings).find(([name]) => name === binding)?.[1];
    return await createWorker().handlers.fetch(request, { ...env, DATABASE }, context);
  },
  scheduled: handlers.scheduled,
};
