/** The entry point of the Worker of the runners: it watches each invocation of the product's entry point. */
import process from "node:process";
import { MAILBOX_VARIABLE } from "../mailbox_variable.ts";
import {
  countAcknowledged,
  countCall,
  countPut,
  readCounts,
  watchFetch,
  watchInvocation,
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

// The sandbox's reports to the host are not calls of the product.
watchFetch((url) => url === process.env[MAILBOX_VARIABLE]);

export { DatabaseObject };

type Environment = Parameters<typeof worker.fetch>[1];
type Context = Parameters<typeof worker.fetch>[2];
type Batch = Parameters<typeof worker.queue>[0];
type Socket = Parameters<InstanceType<typeof ListenersObject>["webSocketMessage"]>[0];

export default {
  fetch(request: Request, env: Environment, context: Context) {
    if (new URL(request.url).pathname === COUNTS_PATH) return Response.json(readCounts());
    return watchInvocation(() => worker.fetch(request, watchBindings(env), watchTails(context)));
  },
  scheduled: (event: unknown, env: Environment, context: Context) =>
    watchInvocation(() => worker.scheduled(event, watchBindings(env), context)),
  queue: (batch: Batch, env: Environment, context: Context) =>
    watchInvocation(() => worker.queue(watchBatch(batch), watchBindings(env), context)),
};

/** The Durable Objects of the inboxes. Each of their events is an invocation. */
export class InboxListeners extends ListenersObject {
  constructor(state: ConstructorParameters<typeof ListenersObject>[0], env: Environment) {
    super(state, watchBindings(env));
  }

  override fetch(request: Request) {
    return watchInvocation(() => super.fetch(request));
  }

  override webSocketMessage(socket: Socket, message: unknown) {
    return watchInvocation(() => super.webSocketMessage(socket, message));
  }

  override alarm() {
    return watchInvocation(() => super.alarm());
  }
}

function watchTails(context: Context): Context {
  return {
    waitUntil: (work) => context.waitUntil(watchTail(work)),
    passThroughOnException: () => context.passThroughOnException(),
    props: context.props,
  };
}

/** Returns the environment with bindings whose calls are counted. */
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

/** A message of the queue as it is put: its content, and whether it is counted. */
interface WatchedBody {
  readonly isCounted: boolean;
  readonly content: unknown;
}

/**
 * Counts the messages that are put without a delay. One with a delay may come an hour later: what it announces is due in
 * the database by then.
 */
function watchQueue(queue: object) {
  const methods = watchMethods(queue, ["send", "sendBatch"]);
  return {
    ...methods,
    async sendBatch(
      messages: readonly { readonly body: unknown; readonly delaySeconds?: number }[],
    ) {
      const watched = messages.map((message) => ({
        ...message,
        body: {
          isCounted: message.delaySeconds === undefined,
          content: message.body,
        } satisfies WatchedBody,
      }));
      countPut(watched.filter(({ body }) => body.isCounted).length);
      return await methods["sendBatch"]?.(watched);
    },
  };
}

/** Reads what {@link watchQueue} made of a message. A message that a test put is its own content. */
function toWatchedBody(body: unknown): WatchedBody {
  if (!isObject(body) || !("isCounted" in body && "content" in body)) {
    return { isCounted: true, content: body };
  }
  return { isCounted: body.isCounted === true, content: body.content };
}

function watchObjects(namespace: ObjectNamespace): ObjectNamespace {
  return {
    idFromName: (name) => namespace.idFromName(name),
    get: (id) => ({ fetch: (request) => countCall(() => namespace.get(id).fetch(request)) }),
  };
}

function watchBatch({ queue, messages }: Batch): Batch {
  return {
    queue,
    messages: messages.map((message) => {
      const { isCounted, content } = toWatchedBody(message.body);
      return {
        id: message.id,
        body: content,
        attempts: message.attempts,
        ack() {
          if (isCounted) countAcknowledged();
          message.ack();
        },
        retry: (options) => message.retry(options),
      };
    }),
  };
}
