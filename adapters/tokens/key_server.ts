/** Fetches and caches the keys of one key server. */
import { parseJson } from "../../domain/json/parse_json.ts";
import { readPublicKeys } from "../../domain/access/access_token_keys.ts";
import { enterCall } from "../invocation/invocation.ts";
import { importKeySet, type KeySet, type KeySource } from "./key_set.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/time/durations.ts";

/**
 * How long fetched keys are used before they are fetched again. A key that the server withdrew is accepted until then.
 */
export const KEYS_FRESH_MS = 10 * MINUTE_MS;
/**
 * How long after their fetch keys are used while the key server is unavailable; then all tokens are refused with 503.
 */
export const KEYS_STALE_MS = DAY_MS;
/** The shortest time between a successful fetch and the next. Until then a token with an unknown key is refused. */
export const KEYS_COOL_DOWN_MS = 30_000;
/** The shortest time between a failed fetch and the next. */
export const KEYS_RETRY_MS = 5_000;
/** The timeout of a fetch, including the body. */
const KEYS_TIMEOUT_MS = 5_000;
/** The largest response of a key server, in bytes; a larger one counts as a failed fetch. */
export const MAX_KEYS_BYTES = 256 * 1024;

/** The dependencies of {@link createKeyServer}. */
export interface KeyServerDependencies {
  readonly fetch: typeof globalThis.fetch;
  /**
   * Whether each call does its own `fetch`; by default, concurrent calls share one. Set it on Workers, where a request
   * may not wait for I/O that another request began.
   */
  readonly fetchPerCall?: boolean;
  /** The timeout of a fetch with its body; 5 seconds by default. */
  readonly timeoutMs?: number;
}

interface FetchedKeys {
  readonly set: KeySet;
  readonly text: string;
  readonly at: number;
}

/**
 * Creates the source of the keys at a URL, a JSON Web Key Set. Keys are fetched when they are needed, and cached. A
 * failed fetch does not throw: the last keys are used for up to {@link KEYS_STALE_MS}.
 */
export function createKeyServer(
  url: string,
  { fetch, fetchPerCall = false, timeoutMs = KEYS_TIMEOUT_MS }: KeyServerDependencies,
): KeySource {
  let fetched: FetchedKeys | undefined;
  let lastAttempt: { readonly at: number; readonly failed: boolean } | undefined;
  let pending: Promise<void> | undefined;

  async function fetchKeys(now: number): Promise<void> {
    const text = await fetchText(fetch, url, timeoutMs);
    const set = text === undefined || text === fetched?.text
      ? fetched?.set
      : await readKeySet(text);
    const failed = text === undefined || set === undefined;
    if (!failed) fetched = { set, text, at: now };
    // Set at the end, so that calls during the fetch wait for it, or do their own, instead of going on without keys.
    lastAttempt = { at: now, failed };
  }

  async function refresh(now: number): Promise<void> {
    if (pending === undefined && lastAttempt !== undefined) {
      const pauseMs = lastAttempt.failed ? KEYS_RETRY_MS : KEYS_COOL_DOWN_MS;
      if (!hasPassed(lastAttempt.at, pauseMs, now)) return;
    }
    if (fetchPerCall) return await fetchKeys(now);
    await (pending ??= fetchKeys(now).finally(() => pending = undefined));
  }

  const keysYoungerThan = (ms: number, now: number) =>
    fetched === undefined || hasPassed(fetched.at, ms, now) ? undefined : fetched.set;

  return {
    cached: (now) => keysYoungerThan(KEYS_FRESH_MS, now),
    async newest(now) {
      await refresh(now);
      return keysYoungerThan(KEYS_STALE_MS, now);
    },
  };
}

/**
 * Whether so much time has passed. A clock that was set back counts as time that passed, so that no wait lasts for
 * ever.
 */
function hasPassed(since: number, ms: number, now: number): boolean {
  return Math.abs(now - since) >= ms;
}

async function readKeySet(text: string): Promise<KeySet | undefined> {
  // An empty set is valid: it is how a server withdraws its last key.
  const read = readPublicKeys(parseJson(text));
  return read.ok ? await importKeySet(read.value.keys) : undefined;
}

/** Fetches the body of a 200 response; `undefined` for other responses and all failures. */
async function fetchText(
  fetch: typeof globalThis.fetch,
  url: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const deadline = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end: (() => void) | undefined;
  try {
    end = await enterCall("other");
    timer = setTimeout(() => deadline.abort(), timeoutMs);
    const response = await fetch(url, {
      headers: { accept: "application/json, application/jwk-set+json" },
      // Redirects are not followed: the keys are trusted because of their URL. Workers do not support "error".
      redirect: "manual",
      signal: deadline.signal,
    });
    if (response.status === 200 && response.body !== null) {
      return await readLimited(response.body);
    }
    await response.body?.cancel();
    return undefined;
  } catch {
    // A failed connection, a timeout, an incomplete body or bytes that are not UTF-8: all may be temporary.
    return undefined;
  } finally {
    clearTimeout(timer);
    end?.();
  }
}

async function readLimited(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > MAX_KEYS_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
