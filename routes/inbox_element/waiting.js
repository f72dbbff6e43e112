const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Waits. Resolves early when the signal is aborted; the caller checks the signal afterwards. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/**
 * The wait before the next attempt after `failures` failed ones, in milliseconds: exponential backoff with jitter, so
 * that clients that lost a connection together do not reconnect together.
 */
export function retryDelayMs(failures, firstMs = FIRST_RETRY_MS) {
  const first = Math.max(firstMs, FIRST_RETRY_MS);
  const ms = Math.min(LAST_RETRY_MS, first * 2 ** Math.max(0, failures - 1));
  return ms * (0.5 + Math.random() / 2);
}

/**
 * Calls `run` when the scripts of the page have run, at once if they have. Not after the signal was aborted. It may be
 * called twice.
 */
export function afterScripts(run, signal) {
  if (document.readyState === "complete") return run();
  document.addEventListener("DOMContentLoaded", run, { once: true, signal });
  addEventListener("load", run, { once: true, signal });
}
