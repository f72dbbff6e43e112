/** A server that answers each request with given bytes. */
import { callersNoticed } from "./client_connections.ts";

/** The server. */
export interface RawServer {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** For each request, the number of its connection. */
  readonly connections: readonly number[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** How the server answers. */
export interface RawAnswerOptions {
  /** The bytes of each write. By default all are written at once. */
  readonly size?: number;
  /** Whether the server ends the connection after the answer. */
  readonly isEnded?: boolean;
  /** Written after the answer again and again, until the other side has closed the connection. */
  readonly endless?: string;
}

/** Starts the server on a loopback port. A request must arrive in one piece. @param text the answer, in Latin-1 */
export function startRawServer(
  text: string,
  { size = text.length, isEnded = false, endless }: RawAnswerOptions = {},
): RawServer {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const more = endless === undefined ? undefined : new TextEncoder().encode(endless);
  const connections: number[] = [];
  const open = new Set<Deno.TcpConn>();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  async function writeAnswer(connection: Deno.TcpConn): Promise<void> {
    for (let at = 0; at < bytes.length; at += size) {
      await connection.write(bytes.subarray(at, at + size));
    }
    while (more !== undefined) await connection.write(more);
    if (isEnded) await connection.closeWrite();
  }
  async function serve(connection: Deno.TcpConn, number: number): Promise<void> {
    open.add(connection);
    try {
      while (await connection.read(new Uint8Array(10_000)) !== null) {
        connections.push(number);
        await writeAnswer(connection);
      }
    } catch (error) {
      // The other side closes the connection of an answer that it refuses.
      if (!(error instanceof Error) || !isEndOfConnection(error)) throw error;
    } finally {
      if (open.delete(connection)) connection.close();
    }
  }
  const served = (async () => {
    const all: Promise<void>[] = [];
    for await (const connection of listener) all.push(serve(connection, all.length));
    await Promise.all(all);
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/`,
    connections,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) {
        open.delete(connection);
        connection.close();
      }
      await served;
      await callersNoticed(listener.addr.port);
    },
  };
}

const isEndOfConnection = (error: Error) =>
  error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
  error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
  error instanceof Deno.errors.NotConnected;
