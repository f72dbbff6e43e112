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

/** How to reach Diia. */
export interface DiiaConfig {
  /** `https://api2t.diia.gov.ua`, or another server's. */
  readonly baseUrl: string;
  /** The secret that Diia gave its partner. It stands in an address, so that no address may be logged. */
  readonly partnerToken: string;
  /** Whose addresses this Diia has; defaults to `registries`. */
  readonly paths?: DiiaPaths;
  /** For each call; defaults to {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** What a way out through Diia is given. */
export interface DiiaDependencies extends ProviderDependencies {
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Where a distribution is asked after: how far it is, and what became of each recipient. */
export const DIIA_PATHS = {
  /** As the registries platform's documents have them. */
  registries: {
    status: (id: string) => `/api/v1/notification/distribution/push/${id}/status`,
    results: (id: string) => `/api/v1/notification/distribution/push/${id}`,
  },
  /** As Diia's published gateway has them. */
  gateway: {
    status: (id: string) => `/api/v1/notification/distribution/${id}/status`,
    results: (id: string) => `/api/v1/notification/distribution/push/${id}/status`,
  },
} as const satisfies Record<string, Record<"status" | "results", (id: string) => string>>;

/** The forms of Diia's addresses. */
export type DiiaPaths = keyof typeof DIIA_PATHS;

/** How many calls one batch of messages, or one round of asking after them, has under way. */
export const MAX_DIIA_CALLS = 4;

/** The most characters of an id that Diia gives; in truth they have 24. */
export const MAX_DIIA_ID_LENGTH = 200;

/** A call to Diia's API: a path below its address, and a body of JSON where there is one. */
export interface DiiaCall {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

/** Calls Diia's API as a partner. Nothing that it gives holds a token. */
export type DiiaClient = (
  call: DiiaCall,
  signal: AbortSignal,
) => Promise<Result<ProviderReply, RetryOutcome>>;

/**
 * Makes a client. A call whose token is refused is made once more with another one: that call did nothing, and
 * nobody but Diia knows when a token is withdrawn.
 */
export function createDiiaClient(
  { baseUrl, partnerToken, timeoutMs = PROVIDER_TIMEOUT_MS }: DiiaConfig,
  { fetch, now }: DiiaDependencies,
): DiiaClient {
  const root = baseUrl.replace(/\/+$/, "");
  const tokens = createDiiaTokens({
    ask: (signal) =>
      ask(fetch, `${root}/api/v1/auth/partner/${encodeURIComponent(partnerToken)}`, {
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
    const token = await tokens.take(signal);
    if (!token.ok) return token;
    const headers = {
      "Authorization": `Bearer ${token.value}`,
      "Content-Type": "application/json",
      "Accept": "application/json",
    };
    const reply = await withinTime(timeoutMs, signal, (signal) =>
      ask(fetch, `${root}${path}`, {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body }),
      }));
    // Nor is a token kept by which a call was not answered: the next call asks for one first, and while Diia is down it
    // ends there, surely not made. Were it made its outcome would not be known, and it could not be repeated for long.
    const isUnanswered = reply.ok ? reply.value.status >= 500 : reply.refusal.code !== "aborted";
    if (isUnanswered || (reply.ok && reply.value.status === 401)) tokens.drop(token.value);
    return reply;
  }
}

async function ask(
  fetch: ProviderDependencies["fetch"],
  url: string,
  init: RequestInit,
): Promise<ProviderReply> {
  const headers = new Headers(init.headers);
  // On a connection that was used before, Deno sends a request again, a POST too, when it breaks: a second push.
  headers.set("Connection", "close");
  // Not followed: the token would go along.
  const response = await fetch(url, { ...init, headers, redirect: "manual" });
  return {
    status: response.status,
    retryAfter: response.headers.get("Retry-After") ?? undefined,
    body: parseJson(await response.text()),
  };
}

/** Statuses that Diia answers a wrong request with, though elsewhere an operator could mend what they mean. */
const REFUSALS: readonly number[] = [403, 404];

/** What an answer means that is no success: as everywhere, but for an unknown template (404) and a missing scope. */
export function outcomeOfRefusal(reply: ProviderReply): RejectedOutcome | RetryOutcome {
  if (REFUSALS.includes(reply.status)) {
    return { kind: "rejected", permanent: false, code: `http-${reply.status}` };
  }
  return outcomeOfStatus(reply);
}

/** Whether an answer is a success. */
export function isSuccess({ status }: ProviderReply): boolean {
  return status >= 200 && status < 300;
}
