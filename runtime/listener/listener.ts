/**
 * The HTTP listener of a process that faces clients by itself: `node:http`, since it bounds how long each step of a
 * connection takes and how many connections there are. `Deno.serve` does neither.
 */
import { errorName } from "../../domain/text/error_name.ts";
import { getRequestListener } from "@hono/node-server";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { boundAnswer } from "./bounded_answer.ts";
import { type ConnectionTimeouts } from "./connection_limits.ts";
import { createConnections, type ShedConnection } from "./connections.ts";
import { isHost, REFUSED_HOST } from "./host.ts";

/** How often the listener checks that connections are still accepted, in milliseconds. */
const PROBE_MS = 1_000;
/** How long an accepted connection may take to show up, in milliseconds. */
const PROBE_TIMEOUT_MS = 1_000;
/** How long it is given once more, since the event loop may have been busy when the time was over. */
const PROBE_GRACE_MS = 100;
/** Connections that are closed when the process has no descriptor left. */
const SHED_AT_EXHAUSTION = 50;

/** What a request's handler receives beside the request. */
export interface RequestOrigin {
  /** The address of the other end of the connection; `undefined` once it is closed. */
  readonly remoteAddress: string | undefined;
}

/** Answers a request. */
export type RequestHandler = (
  request: Request,
  origin: RequestOrigin,
) => Response | Promise<Response>;

/** How to listen. */
export interface ListenOptions {
  readonly port: number;
  readonly hostname: string;
  readonly maxConnections: number;
  readonly timeouts: ConnectionTimeouts;
  /**
   * How often the listener checks, by a connection to itself, that connections are accepted, in milliseconds; 1,000 by
   * default.
   */
  readonly probeMs?: number;
  readonly onListening: (port: number) => void;
  readonly onShed: (shed: ShedConnection) => void;
  /**
   * Called when connections are no longer accepted, with a short reason. The listener then closes some connections and
   * listens anew.
   */
  readonly onAcceptFailure: (reason: string) => void;
}

/** A listener that accepts connections. */
export interface Listener {
  readonly openConnections: number;
  /** Takes no more requests, closes idle connections, and resolves when requests under way are answered. */
  shutdown(): Promise<void>;
}

/**
 * Listens on the address and answers requests with `handler`. When connections are no longer accepted, as without file
 * descriptors, it listens anew. A request without exactly one valid `Host` header gets 400.
 *
 * @throws {NodeJS.ErrnoException} such as `EADDRINUSE` or `EACCES`, when the address cannot be listened on
 */
export async function listen(options: ListenOptions, handler: RequestHandler): Promise<Listener> {
  const { hostname, maxConnections, timeouts, onShed, onAcceptFailure } = options;
  const connections = createConnections({
    maxConnections,
    bodyChunkMs: timeouts.bodyChunkMs,
    answerChunkMs: timeouts.answerChunkMs,
    undisturbedMs: timeouts.undisturbedMs,
    slowBodyMs: timeouts.slowBodyMs,
    leastBodyRate: timeouts.leastBodyRate,
    now: () => performance.now(),
    onShed,
  });
  const answer = getRequestListener(
    (request, { incoming }) => handler(request, { remoteAddress: incoming.socket.remoteAddress }),
    // Its own `Response` keeps a text beside the native one, which need not be read back as a stream: 15 µs a request.
    { overrideGlobalObjects: true },
  );
  /** The client ports of connections accepted while a probe is under way; `undefined` while none is. */
  let accepted: Set<number> | undefined;
  let onAccepted = () => {};

  function create(): Server {
    const server = createServer({
      headersTimeout: timeouts.headMs,
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: timeouts.keepAliveMs,
      connectionsCheckingInterval: timeouts.checkMs,
    }, (request, response) => {
      if (!connections.begin(request, response)) return;
      if (!hasOneHost(request)) return refuseHost(response);
      boundAnswer(response);
      answer(request, response);
    });
    server.on("connection", (socket) => {
      connections.open(socket);
      accepted?.add(socket.remotePort ?? 0);
      onAccepted();
    });
    return server;
  }

  let server = create();
  const port = await bind(server, options.port, hostname);
  options.onListening(port);

  /** Connects to this very listener. @returns whether it, or another connection meanwhile, was accepted */
  function probe(): Promise<"accepted" | "not-accepted" | "no-descriptor"> {
    return new Promise((resolve) => {
      const seen = accepted = new Set<number>();
      const socket = connect({ port, host: loopbackOf(hostname) });
      const end = (outcome: "accepted" | "not-accepted" | "no-descriptor") => {
        clearTimeout(timer);
        accepted = undefined;
        onAccepted = () => {};
        socket.destroy();
        resolve(outcome);
      };
      // Either end may learn first that the connection is open.
      const check = () => {
        if (socket.localPort !== undefined && seen.has(socket.localPort)) end("accepted");
      };
      let timer = setTimeout(() => {
        // Where others are accepted, the probe's connection waits behind them, and listening anew would reset all of these.
        timer = setTimeout(() => end(seen.size > 0 ? "accepted" : "not-accepted"), PROBE_GRACE_MS);
      }, PROBE_TIMEOUT_MS);
      onAccepted = check;
      socket.on("connect", check);
      socket.on(
        "error",
        (error: NodeJS.ErrnoException) =>
          end(error.code === "ECONNREFUSED" ? "not-accepted" : "no-descriptor"),
      );
    });
  }

  let isProbing = false;
  async function checkAccepting(): Promise<void> {
    if (isProbing) return;
    isProbing = true;
    try {
      const outcome = await probe();
      if (outcome === "accepted") return;
      // The runtime ends its accept loop for good when the process has no descriptor left, and reports nothing.
      connections.closeWaiting(SHED_AT_EXHAUSTION);
      onAcceptFailure(outcome);
      const previous = server;
      previous.close();
      server = create();
      await bind(server, port, hostname);
    } catch (error) {
      onAcceptFailure(errorName(error));
    } finally {
      isProbing = false;
    }
  }

  const timers = [
    setInterval(() => connections.closeStalled(), timeouts.checkMs),
    setInterval(checkAccepting, options.probeMs ?? PROBE_MS),
  ];
  return {
    get openConnections() {
      return connections.size;
    },
    async shutdown() {
      for (const timer of timers) clearInterval(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      connections.closeIdle();
      await closed;
    },
  };
}

function bind(server: Server, port: number, hostname: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** The address that reaches a listener from its own machine. */
function loopbackOf(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  return hostname === "::" ? "::1" : hostname;
}

/** Whether the request has one `Host`, and a well-formed one. A proxy may route by another than the first of two. */
function hasOneHost({ headers, rawHeaders }: IncomingMessage): boolean {
  const names = rawHeaders.filter((_, at) => at % 2 === 0);
  const count = names.filter((name) => name.toLowerCase() === "host").length;
  return count === 1 && isHost(headers.host);
}

function refuseHost(response: ServerResponse): void {
  response.writeHead(400, { "Content-Type": "text/plain; charset=utf-8", "Connection": "close" });
  response.end(REFUSED_HOST);
}
