/**
 * Calls endpoints by HTTP/1.1 over sockets, because no HTTP client of Deno lets us choose the address on all supported
 * versions (decision 066).
 */
import { lookup as lookUpName } from "node:dns";
import type { LookupFunction } from "node:net";
import type { CallFailure, CallResult } from "../../domain/callbacks/callback_result.ts";
import {
  type CallbackAllowance,
  type CallbackTarget,
  parseCallbackUrl,
} from "../../domain/callbacks/callback_url.ts";
import { isPublicAddress } from "../../domain/callbacks/public_address.ts";
import type { CallEndpoint } from "../../domain/ports/callback_caller.ts";
import { CALL_TIMEOUT_MS } from "./call_limits.ts";
import { createConnections, type Destination } from "./connections.ts";
import { AnswerNotValid, readAnswer } from "./http_answer.ts";

/** An address of a host name, as a resolver returns it; `family` is 4 or 6. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Options of {@link createSocketCaller}. */
export interface SocketCallerOptions {
  readonly allowance: CallbackAllowance;
  /** Returns every address of a host name, and rejects when it has none. By default the operating system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  readonly timeoutMs?: number;
}

/** The error of a name of which an address may not be reached. */
class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** The error of a call that takes too long. */
class CallTimedOut extends Error {
  override readonly name = "CallTimedOut";
}

function resolveByDefault(hostname: string): Promise<readonly ResolvedAddress[]> {
  return new Promise((resolve, reject) =>
    lookUpName(
      hostname,
      { all: true },
      (error, addresses) => error === null ? resolve(addresses) : reject(error),
    )
  );
}

/**
 * Creates the function that POSTs callbacks, for one process. A host name is resolved once for a connection, and the
 * connection goes to one of these addresses, so that no second look-up can lead elsewhere. If any of them is not
 * public, the call fails with `address-refused`, unless `allowance` permits the host. The certificate is checked for
 * the host name. Connections are kept for further calls. Redirects are not followed.
 */
export function createSocketCaller(
  { allowance, resolve = resolveByDefault, timeoutMs = CALL_TIMEOUT_MS }: SocketCallerOptions,
): CallEndpoint {
  const connections = createConnections();

  function lookupFor(isAllowed: boolean): LookupFunction {
    return (hostname, { all }, callback) => {
      resolve(hostname).then(
        (addresses) => {
          const [first] = addresses;
          const isRefused = !isAllowed &&
            addresses.some(({ address }) => !isPublicAddress(address));
          if (first === undefined || isRefused) throw new AddressRefused();
          if (all === true) callback(null, addresses.map((address) => ({ ...address })));
          else callback(null, first.address, first.family);
        },
      ).catch((error) => callback(error, "", 0));
    };
  }

  return async ({ url, headers, body }) => {
    const target = parseCallbackUrl(url, allowance);
    if (!target.ok) return { failure: "address-refused" };
    const request = toRequest(target.value.url, headers, body);
    return await call(toDestination(target.value), request);
  };

  function toDestination({ url, isAllowed }: CallbackTarget): Destination {
    const isEncrypted = url.protocol === "https:";
    return {
      isEncrypted,
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? isEncrypted ? 443 : 80 : Number(url.port),
      lookup: lookupFor(isAllowed),
    };
  }

  async function call(destination: Destination, request: Uint8Array): Promise<CallResult> {
    const connection = connections.take(destination);
    const timer = setTimeout(() => connection.close(new CallTimedOut()), timeoutMs);
    let answered: CallResult | undefined;
    let isReusable = false;
    try {
      await connection.opened();
      connection.write(request);
      isReusable = await readAnswer(connection.read, (head) => answered = head);
    } catch (error) {
      // The status of an endpoint that never ends its body has come.
      return answered ?? { failure: failureOf(error) };
    } finally {
      clearTimeout(timer);
      if (isReusable) connections.keep(destination, connection);
      else connection.close();
    }
    return answered ?? { failure: "connection-failed" };
  }
}

/** Writes a POST request (RFC 9112). The headers of the call are ASCII without line breaks. */
function toRequest(
  { host, pathname, search }: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): Uint8Array {
  const content = new TextEncoder().encode(body);
  const lines = Object.entries({
    host,
    connection: "keep-alive",
    ...headers,
    "content-length": String(content.length),
  }).map(([name, value]) => `${name}: ${value.replaceAll(/[^\t\x20-\x7e]/g, "?")}\r\n`);
  const head = new TextEncoder().encode(
    `POST ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`,
  );
  const request = new Uint8Array(head.length + content.length);
  request.set(head);
  request.set(content, head.length);
  return request;
}

/** Why a call failed. Deno's errors of TLS have no code. */
function failureOf(error: unknown): CallFailure {
  if (error instanceof AddressRefused) return "address-refused";
  if (error instanceof CallTimedOut) return "timed-out";
  if (error instanceof AnswerNotValid) return "answer-not-valid";
  if (!(error instanceof Error)) return "connection-failed";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^(?:ENOTFOUND|ENODATA|EAI_\w+)$/.test(code)) return "name-not-found";
  return /certificate|self.signed|CERT_|_CERT|ALTNAME/i.test(`${code} ${error.message}`)
    ? "certificate-refused"
    : "connection-failed";
}
