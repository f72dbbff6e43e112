/** Connections to endpoints, by TCP or TLS. */
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { IDLE_CONNECTION_MS, MAX_IDLE_CONNECTIONS } from "./call_limits.ts";
import { AnswerCutOff } from "./http_answer.ts";

/** Where to connect to. */
export interface Destination {
  readonly isEncrypted: boolean;
  /** A name or an address without brackets. A certificate is checked for it. */
  readonly host: string;
  readonly port: number;
  /** Returns the addresses that may be connected to; it is not asked when `host` is an address. */
  readonly lookup: LookupFunction;
}

/** One connection. */
export interface Connection {
  /** Resolves when bytes can be written. @throws why the connection could not be opened */
  opened(): Promise<void>;
  write(bytes: Uint8Array): void;
  /** Returns further bytes; `undefined` when the server has ended the connection. @throws what `close` was given */
  read(): Promise<Uint8Array | undefined>;
  /** Ends the connection. @param reason the error of calls that wait */
  close(reason?: Error): void;
  /** Whether it is open, and the server has sent nothing that was not read. */
  isFresh(): boolean;
  /** Keeps it open for a while, without keeping the process alive. @param whenOver is called when it has ended */
  rest(whenOver: () => void): void;
  /** Ends its rest. */
  wake(): void;
}

/**
 * Encrypts a connection that is open. Not in one step with opening it: before 2.9 Deno then connects to the first address
 * of a name only, and an error of that ends the process.
 *
 * @param host the name or the address that the certificate must be for
 */
function encrypt(socket: Socket, host: string): Socket {
  return connectTls({
    socket,
    host,
    ALPNProtocols: ["http/1.1"],
    // An address is no name of a server (RFC 6066).
    ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, "") } : {}),
  });
}

/** The bytes that arrive, and the states that others wait for. */
interface Arrivals {
  push(bytes: Uint8Array): void;
  /** Says that bytes can be written. */
  open(): void;
  /** Ends it, the first time. @param reason the error of those who wait */
  end(reason?: Error): void;
  /** Whether nothing has arrived that was not read, and no more is known of an end. */
  isFresh(): boolean;
  whenOpen(): Promise<void>;
  next(): Promise<Uint8Array | undefined>;
}

/** @param onEnd is called once */
function createArrivals(onEnd: () => void): Arrivals {
  const arrived: Uint8Array[] = [];
  let over: { readonly reason: Error | undefined } | undefined;
  let isOpen = false;
  let changed = Promise.withResolvers<void>();
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  return {
    push(bytes) {
      arrived.push(bytes);
      change();
    },
    open() {
      isOpen = true;
      change();
    },
    end(reason) {
      if (over !== undefined) return;
      over = { reason };
      change();
      onEnd();
    },
    isFresh: () => over === undefined && arrived.length === 0,
    async whenOpen() {
      while (!isOpen && over === undefined) await changed.promise;
      if (over !== undefined) throw over.reason ?? new AnswerCutOff();
    },
    async next() {
      for (;;) {
        const bytes = arrived.shift();
        if (bytes !== undefined) return bytes;
        if (over?.reason !== undefined) throw over.reason;
        if (over !== undefined) return undefined;
        await changed.promise;
      }
    },
  };
}

/** Opens a connection. Its end is no error for the process, whatever the cause. */
function openConnection({ isEncrypted, host, port, lookup }: Destination): Connection {
  let opening: ReturnType<typeof setTimeout> | undefined;
  let onOver = () => {};
  const arrivals = createArrivals(() => {
    clearTimeout(opening);
    onOver();
  });
  const tcp = connectTcp({ host, port, lookup });
  let socket: Socket = tcp;
  const attend = (each: Socket) => {
    each.on("error", arrivals.end);
    for (const event of ["end", "close"]) {
      // An encrypted connection has its own end: what arrived before it is decrypted first.
      each.on(event, () => each === socket && arrivals.end());
    }
    each.on("timeout", () => each.destroy());
  };
  const receive = () => {
    // Deno 2.5 opens a connection before it says that the certificate is refused, and a write would hide that.
    opening = setTimeout(arrivals.open, 0);
  };
  attend(tcp);
  tcp.once("connect", () => {
    if (isEncrypted) {
      socket = encrypt(tcp, host);
      attend(socket);
      socket.once("secureConnect", receive);
    } else {
      receive();
    }
    socket.on("data", arrivals.push);
  });
  return {
    opened: arrivals.whenOpen,
    read: arrivals.next,
    write: (bytes) => void socket.write(bytes),
    close(reason) {
      arrivals.end(reason);
      socket.destroy();
      tcp.destroy();
    },
    isFresh: arrivals.isFresh,
    rest(whenOver) {
      onOver = whenOver;
      socket.setTimeout(IDLE_CONNECTION_MS);
      socket.unref();
    },
    wake() {
      onOver = () => {};
      socket.setTimeout(0);
      socket.ref();
    },
  };
}

/** The connections of a process. */
export interface Connections {
  /** Returns a connection that was kept, or a new one. */
  take(destination: Destination): Connection;
  /** Keeps a connection to the destination for a further call, after an answer that was read to its end. */
  keep(destination: Destination, connection: Connection): void;
}

/** Creates the pool: it keeps some connections of each destination for a short while. */
export function createConnections(): Connections {
  const resting = new Map<string, Set<Connection>>();
  const keyOf = ({ isEncrypted, host, port }: Destination) => `${isEncrypted} ${host} ${port}`;
  function forget(key: string, connection: Connection): void {
    const others = resting.get(key);
    others?.delete(connection);
    if (others?.size === 0) resting.delete(key);
  }
  return {
    take(destination) {
      const key = keyOf(destination);
      for (const connection of resting.get(key) ?? []) {
        forget(key, connection);
        connection.wake();
        if (connection.isFresh()) return connection;
        connection.close();
      }
      return openConnection(destination);
    },
    keep(destination, connection) {
      const key = keyOf(destination);
      const others = resting.get(key) ?? new Set();
      if (!connection.isFresh() || others.size >= MAX_IDLE_CONNECTIONS) return connection.close();
      resting.set(key, others.add(connection));
      connection.rest(() => forget(key, connection));
    },
  };
}
