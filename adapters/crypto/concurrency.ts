/**
 * How many values are encrypted or decrypted at once: WebCrypto has few threads. Fewer while requests are being served,
 * which need those threads too.
 */
const CONCURRENCY = { busy: 6, idle: 64 } as const;

/**
 * Returns a `limit` for `mapLimit` over calls that encrypt or decrypt: 6 in flight while requests are being served,
 * else 64.
 *
 * @param isBusy whether requests are being served now
 */
export function cryptoLimit(isBusy: () => boolean): () => number {
  return () => CONCURRENCY[isBusy() ? "busy" : "idle"];
}
