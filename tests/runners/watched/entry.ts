/** The entry point of the Worker of the runners: it watches each invocation of the product's entry point. */
import process from "node:process";
import { MAILBOX_VARIABLE } from "../mailbox_variable.ts";
import {
  call,
  countAcknowledged,
  countDelivered,
  countPut,
  type PutMessage,
  readCounts,
  watch,
  watchFetch,
  watchMethods,
  watchTail,
} from "./invocation_watch.ts";
import worker, {
  DatabaseObject,
  InboxListeners as ListenersObject,
} from "../../../runtime/worker_entry.ts";
import {
  isObjectNamespace,
  type ObjectNamespace,
} from "../../../adapters/durable_objects/namespace.ts";
import { COUNTS_PATH } from "./counts_path.ts";

// A call by which the sandbox tells the host what it got is none of the product's.
watchFetch((url) => url === process.env[MAILBOX_VARIABLE]);

export { DatabaseObject };

type Environment = Parameters<typeof worker.fetch>[1];
type Context = Parameters<typeof worker.fetch>[2];
type Batch = Parameters<typeof worker.queue>[0];
type Socket = Parameters<InstanceType<typeof ListenersObject>["webSocketMessage"]>[0];

export default {
  fetch(request: Request, env: Environment, context: Context) {
    if (new URL(request.url).pathname === COUNTS_PATH) return Response.json(readCounts());
    return watch(() => worker.fetch(request, watchBindings(env), watchTails(context)));
  },
  scheduled: (event: unknown, env: Environment, context: Context) =>
    watch(() => worker.scheduled(event, watchBindings(env), context)),
  queue: (batch: Batch, env: Environment, context: Context) =>
    watch(() => worker.queue(watchBatch(batch), watchBindings(env), context)),
};

/** The Durable Objects of the inboxes. Each of their events is an invocation. */
export class InboxListeners extends ListenersObject {
  constructor(state: ConstructorParameters<typeof ListenersObject>[0], env: Environment) {
    super(state, watchBindings(env));
  }

  override fetch(request: Request) {
    return watch(() => super.fetch(request));
  }

  override webSocketMessage(socket: Socket, message: unknown) {
    return watch(() => super.webSocketMessage(socket, message));
  }

  override alarm() {
    return watch(() => super.alarm());
  }
}

function watchTails(context: Context): Context {
  return {
    waitUntil: (work) => context.waitUntil(watchTail(work)),
    passThroughOnException: () => context.passThroughOnException(),
    props: context.props,
  };
}

/** The environment with bindings whose calls are counted. */
function watchBindings(env: Environment): Environment {
  const { QUEUE: queue, FILES: files, INBOXES: inboxes } = env;
  return {
    ...env,
    ...(isObject(queue) ? { QUEUE: watchQueue(queue) } : {}),
    ...(isObject(files) ? { FILES: watchMethods(files, ["put", "get", "delete", "head"]) } : {}),
    ...(isObjectNamespace(inboxes) ? { INBOXES: watchObjects(inboxes) } : {}),
  };
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function watchQueue(queue: object) {
  const methods = watchMethods(queue, ["send", "sendBatch"]);
  return {
    ...methods,
    async sendBatch(messages: readonly PutMessage[]) {
      countPut(messages);
      return await methods["sendBatch"]?.(messages);
    },
  };
}

function watchObjects(namespace: ObjectNamespace): ObjectNamespace {
  return {
    idFromName: (name) => namespace.idFromName(name),
    get: (id) => ({ fetch: (request) => call(() => namespace.get(id).fetch(request)) }),
  };
}

function watchBatch({ queue, messages }: Batch): Batch {
  return {
    queue,
    messages: messages.map((message) => {
      const { id, body, attempts } = message;
      countDelivered(body, attempts);
      return {
        id,
        body,
        attempts,
        ack() {
          countAcknowledged();
          message.ack();
        },
        retry: (options) => message.retry(options),
      };
    }),
  };
}
