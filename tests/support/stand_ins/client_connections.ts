/**
 * The connections of this process's callers of endpoints. Undici keeps a timer of an idle connection until it has noticed that
 * the server closed it, which can be after the test: the test would leak that timer.
 */
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** The open connections by the port of their server, with what waits for the last of them to close. */
const open = new Map<number, { readonly sockets: Set<Socket>; readonly closed: (() => void)[] }>();

/** Undici publishes each connection that it opened, after it has attached its own listeners. */
subscribe("undici:client:connected", (message) => {
  if (!isConnected(message)) return;
  const { socket, connectParams } = message;
  const port = Number(connectParams.port);
  const at = open.get(port) ?? { sockets: new Set(), closed: [] };
  open.set(port, at);
  at.sockets.add(socket);
  socket.once("close", () => {
    at.sockets.delete(socket);
    if (at.sockets.size > 0) return;
    open.delete(port);
    for (const resolve of at.closed) resolve();
  });
});

/** Waits until this process's callers have noticed that a server on loopback has closed its connections. */
export async function callersNoticed(port: number): Promise<void> {
  const at = open.get(port);
  if (at === undefined) return;
  // Undici lets the process end while a connection is idle: the event loop would not wait for it.
  for (const socket of at.sockets) socket.ref();
  await new Promise<void>((resolve) => at.closed.push(resolve));
}

interface Connected {
  readonly socket: Socket;
  readonly connectParams: { readonly port: string | number };
}

function isConnected(message: unknown): message is Connected {
  return typeof message === "object" && message !== null && "socket" in message &&
    "connectParams" in message;
}
