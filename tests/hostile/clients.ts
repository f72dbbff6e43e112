/** Clients at the level of TCP, and the memory of a process, for tests that try to stop a server. */

/** The memory that a process has in use, in megabytes. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN) / 1024;
}

/** The processes that a process has started. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
  const listed = text.trim().split(" ").filter(Boolean).map(Number);
  if (listed.length > 0) return listed;
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    const parent = stat.slice(stat.lastIndexOf(")") + 1).trim().split(" ")[1];
    if (Number(parent) === pid) found.push(Number(name));
  }
  return found;
}

/** Connections that are kept open. */
export interface Crowd extends AsyncDisposable {
  /** Opens connections, each of which sends the text and nothing more. */
  add(count: number, text: string): Promise<void>;
}

/** Creates an empty crowd of connections to a server on loopback. Disposing closes them. */
export function createCrowd(url: string): Crowd {
  const port = Number(new URL(url).port);
  const connections: Deno.TcpConn[] = [];
  return {
    async add(count, text) {
      const bytes = new TextEncoder().encode(text);
      for (let opened = 0; opened < count; opened++) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port });
        connections.push(connection);
        // The server may have closed it already.
        if (bytes.length > 0) await connection.write(bytes).catch(() => {});
      }
    },
    [Symbol.asyncDispose]() {
      for (const connection of connections.splice(0)) connection.close();
      return Promise.resolve();
    },
  };
}

/** Asks for `/healthz` on a new connection. @returns the milliseconds until the answer was there */
export async function askHealth(url: string, timeoutMs: number): Promise<number> {
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const timer = setTimeout(() => connection.close(), timeoutMs);
  try {
    await connection.write(
      new TextEncoder().encode(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      ),
    );
    const buffer = new Uint8Array(1024);
    const length = await connection.read(buffer);
    const text = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
    if (!text.startsWith("HTTP/1.1 200")) throw new Error(`it answered: ${text}`);
    return performance.now() - startedAt;
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // The timer has closed it.
    }
  }
}
