/**
 * How tests reach an application by HTTP: every HTTP test gets its `fetch` here, so that it can also run where the
 * application is served otherwise.
 */

/** An application, as Hono has it. */
export interface FetchHandler {
  fetch(request: Request, env: object, context: HandlerContext): Response | Promise<Response>;
}

/** The context of a request, as on Workers. */
interface HandlerContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/** `fetch` for one application: a path stands for an address of the application. */
export type TestFetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** An application that tests can call. */
export interface TestServer {
  /** Without a trailing slash. */
  readonly origin: string;
  readonly fetch: TestFetch;
  /** Resolves when no work that requests left behind is in flight. */
  idle(): Promise<void>;
}

/** The default origin of applications that are called in process. */
const IN_PROCESS_ORIGIN = "http://hark.test";

/** Serves an application in this process, without a socket. */
export function serveInProcess(
  app: FetchHandler,
  origin: string = IN_PROCESS_ORIGIN,
  bindings: object = {},
): TestServer {
  const { context, idle } = trackWork();
  return {
    origin,
    fetch: async (input, init) =>
      await app.fetch(new Request(toUrl(input, origin), init), bindings, context),
    idle,
  };
}

/** Serves an application on a free port of 127.0.0.1, for tests of sockets. Disposing waits for open responses. */
export function serveOnLoopback(app: FetchHandler): TestServer & AsyncDisposable {
  const { context, idle } = trackWork();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => app.fetch(request, {}, context),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  let closed: Promise<void> | undefined;
  return {
    origin,
    fetch: (input, init) => fetch(toUrl(input, origin), init),
    idle,
    [Symbol.asyncDispose]: () => closed ??= server.shutdown(),
  };
}

/** Appended and not resolved, so that a path such as `//x` stays a path. */
function toUrl(input: string | URL, origin: string): string | URL {
  return typeof input === "string" && input.startsWith("/") ? `${origin}${input}` : input;
}

function trackWork() {
  const inFlight = new Set<Promise<unknown>>();
  const context: HandlerContext = {
    waitUntil(work) {
      const tracked = work.finally(() => inFlight.delete(tracked));
      inFlight.add(tracked);
    },
    passThroughOnException() {},
    props: {},
  };
  return {
    context,
    async idle(): Promise<void> {
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
    },
  };
}
