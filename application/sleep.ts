/** Resolves after a time, or when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

/** Sleeps until `done`, and at most for a time. */
export async function sleepUntil(
  done: Promise<void>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const awake = new AbortController();
  await Promise.race([done, sleep(ms, AbortSignal.any([signal, awake.signal]))]);
  awake.abort();
}
