/**
 * The Worker on a platform that refuses calls: those of a cron beyond `TEST_CALLS`, whatever its plan is (calls of
 * bindings only, where the database is one), and in a request those of the binding that the header `x-test-refuse` names.
 * `GET /test/refused` counts the refused ones. The header `x-test-sql` writes into the database in a Durable Object.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ObjectCall } from "../../adapters/libsql/connection/object_protocol.ts";
import { SCHEMA_VERSION } from "../../adapters/libsql/schema/schema_version.ts";
import { createWorker, type WorkerEnvironment } from "../../runtime/worker.ts";
import { defineInboxListeners } from "../../runtime/worker/inbox_listeners.ts";

export { DatabaseObject } from "../../runtime/worker/database_object.ts";

/** What the platform does to an invocation. */
interface Limits {
  left: number;
  readonly refusedBinding?: string | null;
  /** Whether it refuses calls of bindings only. */
  readonly allowsFetch?: boolean;
}

const invocations = new AsyncLocalStorage<Limits>();
const plainFetch = globalThis.fetch;
let refused = 0;

/** @throws an error as the platform's when it refuses the call */
function checkCall(binding?: string): void {
  const limits = invocations.getStore();
  if (limits === undefined) return;
  const isOver = limits.left-- <= 0 || (binding !== undefined && limits.refusedBinding === binding);
  if (!isOver || (binding === undefined && limits.allowsFetch === true)) return;
  refused++;
  const calls = binding === undefined ? "subrequests" : "API requests";
  throw new Error(`Too many ${calls} by single Worker invocation.`);
}

globalThis.fetch = async (...call) => {
  checkCall();
  return await plainFetch(...call);
};

/** Returns a binding whose calls may be refused. */
function limited(binding: string, target: object, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [
    name,
    async (...args: readonly unknown[]) => {
      checkCall(binding);
      return await Reflect.apply(Reflect.get(target, name), target, args);
    },
  ]));
}

interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): { call(call: ObjectCall): Promise<unknown> };
}

const limitedObjects = (binding: string, namespace: Namespace) => ({
  idFromName: (name: string) => namespace.idFromName(name),
  get: (id: unknown) => limited(binding, namespace.get(id), ["fetch", "call"]),
});

interface Bindings {
  readonly DATABASE?: Namespace;
  readonly INBOXES?: Namespace;
  readonly FILES?: object;
  readonly QUEUE?: object;
}

function limitBindings(env: WorkerEnvironment & Bindings): WorkerEnvironment {
  const { DATABASE, INBOXES, FILES, QUEUE } = env;
  return {
    ...env,
    DATABASE: DATABASE && limitedObjects("DATABASE", DATABASE),
    INBOXES: INBOXES && limitedObjects("INBOXES", INBOXES),
    FILES: FILES && limited("FILES", FILES, ["put", "get", "delete", "head"]),
    QUEUE: QUEUE && limited("QUEUE", QUEUE, ["send", "sendBatch"]),
  };
}

const worker = createWorker();
const { handlers } = worker;
type Fetch = Parameters<typeof handlers.fetch>;
type Scheduled = Parameters<typeof handlers.scheduled>;
type Queue = Parameters<typeof handlers.queue>;

/** The objects of the inboxes, which the platform refuses no call. */
export const InboxListeners = defineInboxListeners(worker);

export default {
  scheduled: (event: Scheduled[0], env: Scheduled[1], context: Scheduled[2]) =>
    invocations.run(
      { left: Number(env.TEST_CALLS), allowsFetch: env.DATABASE !== undefined },
      () => handlers.scheduled(event, limitBindings(env), context),
    ),
  queue: (batch: Queue[0], env: Queue[1], context: Queue[2]) =>
    handlers.queue(batch, limitBindings(env), context),
  async fetch(request: Fetch[0], env: Fetch[1] & Bindings, context: Fetch[2]) {
    if (new URL(request.url).pathname === "/test/refused") return Response.json(refused);
    const sql = request.headers.get("x-test-sql");
    if (sql !== null) {
      const object = env.DATABASE?.get(env.DATABASE.idFromName("hark"));
      const call = { statements: [sql], mode: "write", schemaVersion: SCHEMA_VERSION } as const;
      return Response.json(await object?.call(call));
    }
    return await invocations.run(
      { left: Infinity, refusedBinding: request.headers.get("x-test-refuse") },
      () => handlers.fetch(request, limitBindings(env), context),
    );
  },
};
