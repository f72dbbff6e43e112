import type { Result } from "../../../domain/result.ts";
import { createDiiaTokens } from "./token.ts";
import {
  outcomeOfStatus,
  PROVIDER_TIMEOUT_MS,
  type ProviderDependencies,
  type ProviderReply,
  type RejectedOutcome,
  type RetryOutcome,
  withinTime,
} from "../shared/http_exchange.ts";
import { parseJson } from "../../../domain/json/parse_json.ts";

/** How to reach Diia, the Ukrainian state's mobile app, which shows push notifications. */
export interface DiiaConfig {
  /** The server's URL, such as `https://api2t.diia.gov.ua`. */
  readonly baseUrl: string;
  /** The partner's secret, with which an access token is requested. It is part of that URL, so never log URLs. */
  readonly partnerToken: string;
  /** Which paths the server has; the default is `registries`. */
  readonly paths?: DiiaPaths;
  /** The timeout of a call in milliseconds; the default is {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** The dependencies of {@link createDiiaClient}. */
export interface DiiaDependencies extends ProviderDependencies {
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * The paths at which a distribution (one push call, for many recipients) is polled: its progress, and its recipients'
 * results. Two documents of Diia differ in them.
 */
export const DIIA_PATHS = {
  /** As documented by the registries platform. */
  registries: {
    status: (id: string) => `/api/v1/notification/distribution/push/${id}/status`,
    results: (id: string) => `/api/v1/notification/distribution/push/${id}`,
  },
  /** As in Diia's published gateway. */
  gateway: {
    status: (id: string) => `/api/v1/notification/distribution/${id}/status`,
    results: (id: string) => `/api/v1/notification/distribution/push/${id}/status`,
  },
} as const satisfies Record<string, Record<"status" | "results", (id: string) => string>>;

/** A key of {@link DIIA_PATHS}. */
export type DiiaPaths = keyof typeof DIIA_PATHS;

/** Max calls to Diia in flight, for each batch of messages and for each poll. */
export const MAX_DIIA_CALLS = 4;

/** Max characters of an id from Diia; in practice they have 24. */
export const MAX_DIIA_ID_LENGTH = 200;

/** A call to Diia's API: a path below the base URL, and a JSON body if the call has one. */
export interface DiiaCall {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

/**
 * Calls Diia's API with the partner's access token. An error status is a reply as well; the refusal is the outcome of a
 * call that got no reply, or for which there was no token. Neither contains a token.
 */
export type DiiaClient = (
  call: DiiaCall,
  signal: AbortSignal,
) => Promise<Result<ProviderReply, RetryOutcome>>;

/**
 * Creates a client, which requests access tokens itself and caches them. A call that is answered with 401 is repeated
 * once with a new token: the refused call had no effect, and the token may have been revoked before its expiry.
 */
export function createDiiaClient(
  { baseUrl, partnerToken, timeoutMs = PROVIDER_TIMEOUT_MS }: DiiaConfig,
  { fetch, now }: DiiaDependencies,
): DiiaClient {
  const root = baseUrl.replace(/\/+$/, "");
  const tokens = createDiiaTokens({
    request: (signal) =>
      exchange(fetch, `${root}/api/v1/auth/partner/${encodeURIComponent(partnerToken)}`, {
        headers: { "Accept": "application/json" },
        signal,
      }),
    timeoutMs,
    now,
  });

  return async (call, signal) => {
    const first = await callOnce(call, signal);
    return first.ok && first.value.status === 401 ? await callOnce(call, signal) : first;
  };

  async function callOnce(
    { method, path, body }: DiiaCall,
    signal: AbortSignal,
  ): Promise<Result<ProviderReply, RetryOutcome>> {
    const token = await tokens.get(signal);
    if (!token.ok) return token;
    const headers = {
      "Authorization": `Bearer ${token.value}`,
      "Content-Type": "application/json",
      "Accept": "application/json",
    };
    const reply = await withinTime(
      timeoutMs,
      signal,
      (signal) =>
        exchange(fetch, `${root}${path}`, {
          method,
          headers,
          signal,
          ...(body === undefined ? {} : { body }),
        }),
    );
    // After a call without an answer the token is dropped too. The next call then requests a token first: while Diia is
    // down it fails there, surely not sent. A push would have an unknown outcome, and few of those may be repeated.
    const isUnanswered = reply.ok ? reply.value.status >= 500 : reply.refusal.code !== "aborted";
    if (isUnanswered || (reply.ok && reply.value.status === 401)) tokens.drop(token.value);
    return reply;
  }
}

async function exchange(
  fetch: ProviderDependencies["fetch"],
  url: string,
  init: RequestInit,
): Promise<ProviderReply> {
  const headers = new Headers(init.headers);
  // Not on a reused connection: when Diia closes an idle one just as a push goes out, the outcome is unknown. Few such
  // pushes may be repeated, the first of them after 15 minutes.
  headers.set("Connection", "close");
  // A redirect is not followed: it would forward the token.
  const response = await fetch(url, { ...init, headers, redirect: "manual" });
  return {
    status: response.status,
    retryAfter: response.headers.get("Retry-After") ?? undefined,
    body: parseJson(await response.text()),
  };
}

/** Statuses that Diia uses for invalid requests; at other providers they mean errors that an operator can fix. */
const REQUEST_ERRORS: readonly number[] = [403, 404];

/**
 * The outcome of a reply with an error status. 403 (missing scope) and 404 (unknown template) are final rejections;
 * every other status has the outcome of {@link outcomeOfStatus}.
 */
export function outcomeOfRefusal(reply: ProviderReply): RejectedOutcome | RetryOutcome {
  if (REQUEST_ERRORS.includes(reply.status)) {
    return { kind: "rejected", permanent: false, code: `http-${reply.status}` };
  }
  return outcomeOfStatus(reply);
}

/** Whether the reply's status is 2xx. */
export function isSuccess({ status }: ProviderReply): boolean {
  return status >= 200 && status < 300;
}
