/** Opens connections to endpoints, by TCP or TLS. */
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Where to connect to. */
export interface Destination {
  readonly isEncrypted: boolean;
  /** A name or an address without brackets. A certificate is checked for it. */
  readonly host: string;
  readonly port: number;
  /** Returns the addresses that may be connected to; it is not asked when `host` is an address. */
  readonly lookup: LookupFunction;
}

/** The error of a connection that does not open in time. */
export class OpeningTimedOut extends Error {
  override readonly name = "OpeningTimedOut";
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

/**
 * Opens a connection. Its errors are no errors of the process, also later.
 *
 * @throws why it could not be opened; {@link OpeningTimedOut} after `timeoutMs`
 */
export function openConnection(
  { isEncrypted, host, port, lookup }: Destination,
  timeoutMs: number,
): Promise<Socket> {
  const tcp = connectTcp({ host, port, lookup });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const fail = (error: Error) => {
    reject(error);
    tcp.destroy();
  };
  const timer = setTimeout(() => fail(new OpeningTimedOut()), timeoutMs);
  const attend = (socket: Socket) => {
    socket.on("error", fail);
    socket.once("close", () => fail(new Error("The connection was closed.")));
  };
  attend(tcp);
  tcp.once("connect", () => {
    if (!isEncrypted) return resolve(tcp);
    const socket = encrypt(tcp, host);
    attend(socket);
    // Deno 2.5 opens a connection before it says that the certificate is refused.
    socket.once("secureConnect", () => setTimeout(() => resolve(socket), 0));
  });
  return promise.finally(() => clearTimeout(timer));
}
