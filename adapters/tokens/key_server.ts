/** Keeps the keys of one key server: when they are asked for again, how often at most, and how long they are good. */
import { parseJson } from "../../domain/json/parse_json.ts";
import { readPublicKeys } from "../../domain/access/access_token_keys.ts";
import { importKeySet, type KeySet, type KeySource } from "./key_set.ts";

/** How long keys are used before they are asked for again: as long may a withdrawn key still be taken. */
export const KEYS_FRESH_MS = 10 * 60_000;
/** How long keys are used while their server does not answer properly. */
export const KEYS_STALE_MS = 24 * 60 * 60_000;
/** The least time from a good answer until a token with an unknown key makes us ask again. */
export const KEYS_COOL_DOWN_MS = 30_000;
/** The least time from a failed attempt to the next. */
export const KEYS_RETRY_MS = 5_000;
/** How long an answer of a key server may take, its body included. */
const KEYS_TIMEOUT_MS = 5_000;
/** The most bytes of a key server's answer. */
export const MAX_KEYS_BYTES = 256 * 1024;

/** What a key server is reached with. */
export interface KeyServerDependencies {
  readonly fetch: typeof globalThis.fetch;
  /**
   * Whether each call does its own `fetch`: on Workers no request may wait for what another one has begun.
   * Elsewhere all that ask at the same time share one.
   */
  readonly fetchPerCall?: boolean;
  readonly timeoutMs?: number;
}

interface Kept {
  readonly set: KeySet;
  readonly text: string;
  readonly at: number;
}

/** The keys at an address. */
export function createKeyServer(
  url: string,
  { fetch, fetchPerCall = false, timeoutMs = KEYS_TIMEOUT_MS }: KeyServerDependencies,
): KeySource {
  let kept: Kept | undefined;
  let lastAttempt: { readonly at: number; readonly failed: boolean } | undefined;
  let pending: Promise<void> | undefined;

  async function ask(now: number): Promise<void> {
    const text = await fetchText(fetch, url, timeoutMs);
    const set = text === undefined || text === kept?.text ? kept?.set : await readKeySet(text);
    const failed = text === undefined || set === undefined;
    if (!failed) kept = { set, text, at: now };
    // Set at the end: whoever comes before is still to wait, or to ask for itself, and not to go without.
    lastAttempt = { at: now, failed };
  }

  async function refresh(now: number): Promise<void> {
    if (pending === undefined && lastAttempt !== undefined) {
      const rest = lastAttempt.failed ? KEYS_RETRY_MS : KEYS_COOL_DOWN_MS;
      if (!hasPassed(lastAttempt.at, rest, now)) return;
    }
    if (fetchPerCall) return await ask(now);
    await (pending ??= ask(now).finally(() => pending = undefined));
  }

  const keptFor = (ms: number, now: number) =>
    kept === undefined || hasPassed(kept.at, ms, now) ? undefined : kept.set;

  return {
    atHand: (now) => keptFor(KEYS_FRESH_MS, now),
    async newest(now) {
      await refresh(now);
      return keptFor(KEYS_STALE_MS, now);
    },
  };
}

/** Whether so much time lies between; a clock that was set back counts as much time, so that nothing rests for ever. */
function hasPassed(since: number, ms: number, now: number): boolean {
  return Math.abs(now - since) >= ms;
}

async function readKeySet(text: string): Promise<KeySet | undefined> {
  // A set without keys is taken at its word: it is how a server withdraws its last one.
  const read = readPublicKeys(parseJson(text));
  return read.ok ? await importKeySet(read.value.keys) : undefined;
}

/** The body of a 200, or `undefined` for whatever else becomes of the exchange. */
async function fetchText(
  fetch: typeof globalThis.fetch,
  url: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json, application/jwk-set+json" },
      // Never followed: the keys are trusted because of the address. Workers do not know "error".
      redirect: "manual",
      signal: deadline.signal,
    });
    if (response.status === 200 && response.body !== null) {
      return await readLimited(response.body);
    }
    await response.body?.cancel();
    return undefined;
  } catch {
    // No connection, a time-out, a broken body, bytes that are no UTF-8: the world's faults, each passing.
    return undefined;
  } finally {
    clearTimeout(timer);
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
