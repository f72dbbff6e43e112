/** The client of a libSQL server, called over HTTP. */
// Not the main export: that loads native code, which a server on a remote database has no permission for.
import { createClient } from "@libsql/client/http";
import type { DatabaseConfig } from "./config.ts";
import type { RemoteClient } from "./remote.ts";
import { fromRemote } from "./unavailable.ts";

/**
 * Creates a client. It has no limit of calls: a semaphore limits them before.
 *
 * @param timeoutMs how long each of its requests waits, in milliseconds
 */
export function connectToServer(
  { url, authToken, fetch: send = fetch }: DatabaseConfig,
  timeoutMs: number,
): RemoteClient {
  const client = createClient({
    url,
    concurrency: Number.MAX_SAFE_INTEGER,
    ...(authToken === undefined ? {} : { authToken }),
    fetch: (request: Request) =>
      send(new Request(request, { signal: AbortSignal.timeout(timeoutMs) })),
  });
  return {
    async batch(statements, mode) {
      try {
        return await client.batch([...statements], mode);
      } catch (error) {
        throw fromRemote(error);
      }
    },
    close: () => client.close(),
  };
}
