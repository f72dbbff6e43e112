/** Calls endpoints with `node:https`, which lets us choose the address that is connected to. */
import { lookup as lookUpName } from "node:dns";
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import type { CallFailure, CallResult } from "../../domain/callbacks/callback_result.ts";
import {
  type CallbackAllowance,
  type CallbackTarget,
  parseCallbackUrl,
} from "../../domain/callbacks/callback_url.ts";
import { isPublicAddress } from "../../domain/callbacks/public_address.ts";
import type { CallEndpoint } from "../../domain/ports/callback_caller.ts";
import { CALL_TIMEOUT_MS, MAX_ANSWER_BYTES } from "./call_limits.ts";

/** An address of a host name, as a resolver returns it; `family` is 4 or 6. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Options of {@link createNodeCaller}. */
export interface NodeCallerOptions {
  readonly allowance: CallbackAllowance;
  /** Returns every address of a host name, and rejects when it has none. By default the operating system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  readonly timeoutMs?: number;
}

/** Idle connections are closed earlier than most servers do it: Node's default is 5 seconds. */
const AGENT_OPTIONS = { keepAlive: true, timeout: 4_000, maxFreeSockets: 16 } as const;

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
 * the host name. Connections are kept for further calls.
 */
export function createNodeCaller(
  { allowance, resolve = resolveByDefault, timeoutMs = CALL_TIMEOUT_MS }: NodeCallerOptions,
): CallEndpoint {
  const agents = { "http:": new HttpAgent(AGENT_OPTIONS), "https:": new HttpsAgent(AGENT_OPTIONS) };

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
    return await call(target.value, headers, body);
  };

  function call(
    { url, isAllowed }: CallbackTarget,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<CallResult> {
    const { promise, resolve } = Promise.withResolvers<CallResult>();
    const isHttp = url.protocol === "http:";
    const content = new TextEncoder().encode(body);
    const request = (isHttp ? httpRequest : httpsRequest)(url, {
      method: "POST",
      headers: { ...headers, "content-length": String(content.length) },
      agent: agents[isHttp ? "http:" : "https:"],
      lookup: lookupFor(isAllowed),
    });
    let answered: CallResult | undefined;
    const end = (result: CallResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => {
      request.destroy(new CallTimedOut());
      // The status of an endpoint that never ends its body has come.
      end(answered ?? { failure: "timed-out" });
    }, timeoutMs);
    request.on("response", (response: IncomingMessage) => {
      const { statusCode = 0 } = response;
      const result = { status: statusCode, retryAfter: response.headers["retry-after"] };
      answered = result;
      let bytes = 0;
      response.on("data", (chunk: Uint8Array) => {
        bytes += chunk.length;
        if (bytes <= MAX_ANSWER_BYTES) return;
        request.destroy();
        end(result);
      });
      response.on("end", () => end(result));
      response.on("error", () => end(result));
      response.on("close", () => end(result));
    });
    request.on("error", (error: unknown) => end(answered ?? { failure: failureOf(error) }));
    request.on("close", () => end(answered ?? { failure: "connection-failed" }));
    request.end(content);
    return promise;
  }
}

/** Why a call failed. Deno's errors of TLS have no code. */
function failureOf(error: unknown): CallFailure {
  if (error instanceof AddressRefused) return "address-refused";
  if (error instanceof CallTimedOut) return "timed-out";
  if (!(error instanceof Error)) return "connection-failed";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^(?:ENOTFOUND|ENODATA|EAI_\w+)$/.test(code)) return "name-not-found";
  if (code.startsWith("HPE_")) return "answer-not-valid";
  return /certificate|self.signed|CERT_|_CERT|ALTNAME/i.test(`${code} ${error.message}`)
    ? "certificate-refused"
    : "connection-failed";
}
