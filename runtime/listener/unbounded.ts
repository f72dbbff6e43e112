/** A listener that bounds neither connections nor their times: `Deno.serve`. */
import { isHost, REFUSED_HOST } from "./host.ts";
import type { RequestHandler } from "./listener.ts";

/** The options of {@link serveUnbounded}. */
export interface UnboundedOptions {
  readonly port: number;
  /** All addresses by default. */
  readonly hostname?: string;
  readonly onListening: (port: number) => void;
}

/**
 * Listens on the address and answers requests with `handler`. Its `shutdown` takes no more requests, and resolves when
 * those under way are answered.
 *
 * @throws Deno.errors.AddrInUse and the like, when the address cannot be listened on
 */
export function serveUnbounded(
  { onListening, ...address }: UnboundedOptions,
  handler: RequestHandler,
): { shutdown(): Promise<void> } {
  const underWay = new Set<Promise<void>>();
  const server = Deno.serve(
    { ...address, onListen: ({ port }) => onListening(port) },
    (request, { completed, remoteAddr }) => {
      const answered = completed.catch(() => {}).finally(() => underWay.delete(answered));
      underWay.add(answered);
      return handler(request, {
        remoteAddress: "hostname" in remoteAddr ? remoteAddr.hostname : undefined,
      });
    },
  );
  async function answerAll(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }
  return {
    // Deno 2.5 waits for the first request of a connection that has sent none, however long that takes.
    shutdown: () => Promise.race([server.shutdown(), answerAll()]),
  };
}

/** Returns a handler that refuses requests without a valid `Host` header with 400, and hands on all others. */
export function withHost(handler: RequestHandler): RequestHandler {
  return (request, origin) =>
    isHost(request.headers.get("host") ?? undefined)
      ? handler(request, origin)
      : new Response(REFUSED_HOST, { status: 400 });
}
