/**
 * Whether a request may not wait for another request's promise, nor share a counter with it. That is so on Cloudflare
 * Workers: a request that ends there stops at any `await` and never runs what would release the counter.
 */
export function isRequestIsolated(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}
