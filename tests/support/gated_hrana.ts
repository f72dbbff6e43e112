/** A libSQL server that can stop answering, over a real socket. */
import { createHrana } from "./hrana.ts";

/** A server whose answers a test holds back. */
export interface GatedHrana extends AsyncDisposable {
  readonly url: string;
  /** Executes requests from now on, and answers none. */
  hold(): void;
  /** Answers requests again, those that were held first. */
  release(): void;
}

/** Serves the database of a file. */
export function serveGated(path: string): GatedHrana {
  const hrana = createHrana(path);
  let gate: PromiseWithResolvers<void> | undefined;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      // Not the client's own signal: the server goes on when the client has left.
      const { url, method, headers } = request;
      const body = await request.arrayBuffer();
      const answer = await hrana.fetch(new Request(url, { method, headers, body }));
      await gate?.promise;
      return answer;
    },
  );
  function release(): void {
    gate?.resolve();
    gate = undefined;
  }
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    hold: () => gate ??= Promise.withResolvers(),
    release,
    async [Symbol.asyncDispose]() {
      release();
      await server.shutdown();
      await hrana.close();
    },
  };
}
