/**
 * How many values are encrypted or decrypted at once: WebCrypto has few threads. Fewer while requests are being served,
 * which need those threads too.
 */
const CONCURRENCY = { busy: 6, idle: 64 } as const;

/** The present bound of {@link CONCURRENCY}, for `mapLimit`. */
export function cryptoLimit(isBusy: () => boolean): () => number {
  return () => CONCURRENCY[isBusy() ? "busy" : "idle"];
}
