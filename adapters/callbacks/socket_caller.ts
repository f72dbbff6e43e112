/**
 * Calls endpoints by HTTP/1.1 with undici, over connections that this module opens, because no other HTTP client of Deno
 * lets us choose the address on all supported versions (decision 066).
 */
import { lookup as lookUpName } from "node:dns";
import type { LookupFunction } from "node:net";
import { setImmediate } from "node:timers";
import type { CallFailure, CallResult } from "../../domain/callbacks/callback_result.ts";
import { type CallbackAllowance, parseCallbackUrl } from "../../domain/callbacks/callback_url.ts";
import { isPublicAddress } from "../../domain/callbacks/public_address.ts";
import type { CallEndpoint } from "../../domain/ports/callback_caller.ts";
import {
  CALL_TIMEOUT_MS,
  IDLE_CONNECTION_MS,
  MAX_ANSWER_BYTES,
  MAX_CONNECTIONS,
  MAX_HEAD_BYTES,
  MAX_INTERIM_ANSWERS,
  OPENING_SHARE,
} from "./call_limits.ts";
import { openConnection, OpeningTimedOut } from "./connector.ts";
import type { Agent } from "./undici.ts";

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

/** The error of more than {@link MAX_INTERIM_ANSWERS}. */
class TooManyInterimAnswers extends Error {
  override readonly name = "TooManyInterimAnswers";
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
  let loaded: Promise<Agent> | undefined;

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

  async function connect(origin: string) {
    const target = parseCallbackUrl(origin, allowance);
    if (!target.ok) throw new AddressRefused();
    const { isAllowed, url } = target.value;
    const isEncrypted = url.protocol === "https:";
    return await openConnection({
      isEncrypted,
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? isEncrypted ? 443 : 80 : Number(url.port),
      lookup: lookupFor(isAllowed),
    }, timeoutMs * OPENING_SHARE);
  }

  async function loadAgent(): Promise<Agent> {
    const { Agent } = await import("./undici.ts");
    return new Agent({
      connect({ protocol, host = "" }, callback) {
        connect(`${protocol}//${host}`).then(
          (socket) => callback(null, socket),
          (error) => callback(error, null),
        );
      },
      allowH2: false,
      connections: MAX_CONNECTIONS,
      pipelining: 1,
      maxHeaderSize: MAX_HEAD_BYTES,
      maxResponseSize: MAX_ANSWER_BYTES,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // The timeout of the whole call is ours.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  return async ({ url, headers, body }) => {
    const target = parseCallbackUrl(url, allowance);
    if (!target.ok) return { failure: "address-refused" };
    const agent = await (loaded ??= loadAgent());
    return await post(agent, target.value.url, toHeaders(headers), body, timeoutMs);
  };
}

/** The headers of a call are ASCII without line breaks. */
function toHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replaceAll(/[^\t\x20-\x7e]/g, "?"),
    ]),
  );
}

function post(
  agent: Agent,
  { origin, pathname, search }: URL,
  headers: Record<string, string>,
  body: string,
  timeoutMs: number,
): Promise<CallResult> {
  const { promise, resolve } = Promise.withResolvers<CallResult>();
  let answered: CallResult | undefined;
  let interim = 0;
  let over: Error | undefined;
  let abort = (_reason: Error) => {};
  const fail = (error: Error) => resolve(answered ?? { failure: failureOf(error) });
  const timer = setTimeout(() => {
    over = new CallTimedOut();
    abort(over);
    // The request may wait for its connection still.
    fail(over);
  }, timeoutMs);
  agent.dispatch({ origin, path: `${pathname}${search}`, method: "POST", headers, body }, {
    onRequestStart(controller) {
      abort = (reason) => controller.abort(reason);
      if (over !== undefined) abort(over);
    },
    onResponseStart(_controller, status, { "retry-after": retryAfter }) {
      if (status >= 200) {
        const first = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
        answered = { status, retryAfter: first?.trim() };
      } else if (++interim > MAX_INTERIM_ANSWERS) {
        abort(new TooManyInterimAnswers());
      }
    },
    onResponseData() {},
    onResponseEnd() {
      const result: CallResult = answered ?? { failure: "connection-failed" };
      // The next call can have this connection by then: undici waits for a turn of the event loop.
      setImmediate(() => setImmediate(() => resolve(result)));
    },
    // The status of an endpoint that never ends its body, or cuts it, has come.
    onResponseError: (_controller, error) => fail(error),
  });
  return promise.finally(() => clearTimeout(timer));
}

/** Undici's errors of answers that are not valid. Its `SocketError` is one too where it says so. */
const NOT_VALID =
  /^(?:HTTPParserError|HeadersOverflowError|ResponseContentLengthMismatchError|AssertionError|TooManyInterimAnswers)\b|^SocketError: bad /;

/** Why a call failed. Deno's errors of TLS have no code. */
function failureOf(error: unknown): CallFailure {
  if (error instanceof AddressRefused) return "address-refused";
  if (error instanceof CallTimedOut || error instanceof OpeningTimedOut) return "timed-out";
  if (!(error instanceof Error)) return "connection-failed";
  if (NOT_VALID.test(`${error.name}: ${error.message}`)) return "answer-not-valid";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^(?:ENOTFOUND|ENODATA|EAI_\w+)$/.test(code)) return "name-not-found";
  return /certificate|self.signed|CERT_|_CERT|ALTNAME/i.test(`${code} ${error.message}`)
    ? "certificate-refused"
    : "connection-failed";
}
