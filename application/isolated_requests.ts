/**
 * Whether a request may neither wait for another one nor be counted with it, as on Workers: the work of a request ends
 * there with the request, at any `await`, and what it holds is never given back.
 */
export function isRequestIsolated(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}
