const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Waits; the signal ends it at once, and is to be looked at afterwards. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/** How long to wait after so many failures: ever longer, and never the same for all who lost a connection together. */
export function retryDelayMs(failures, firstMs = FIRST_RETRY_MS) {
  const first = Math.max(firstMs, FIRST_RETRY_MS);
  const ms = Math.min(LAST_RETRY_MS, first * 2 ** Math.max(0, failures - 1));
  return ms * (0.5 + Math.random() / 2);
}
