/** Estimates the difference between two clocks from samples, each bounded by its round trip. No I/O, no clock. */

/** One reading of a remote clock, in milliseconds. */
export interface TimeSample {
  /** The local monotonic clock before the request was sent. */
  readonly sentAt: number;
  /** The local monotonic clock after the response arrived. */
  readonly receivedAt: number;
  /** The remote clock while the request was served, in whole milliseconds. */
  readonly remoteMs: number;
}

/** An estimate of what to add to the local monotonic clock. */
export interface TimeOffset {
  /**
   * Takes a sample into account. It is ignored when the best sample is more exact, not older than {@link
   * BEST_SAMPLE_MS}, and does not exclude it.
   */
  observe(sample: TimeSample): void;
  /** Milliseconds to add; `undefined` before the first sample. Wrong by at most half of the best sample's round trip. */
  readonly value: number | undefined;
}

/** How long the best sample is kept: clocks drift apart by some milliseconds a minute. */
export const BEST_SAMPLE_MS = 60_000;
/** The remote clock's resolution: it has read this much less than its time at most. */
const RESOLUTION_MS = 1;

/**
 * Creates an estimate without samples. A sample proves that the offset lies between two bounds, which are a round trip
 * apart. The estimate is the middle of the narrowest sample of the last minute. A sample that excludes it replaces it: a
 * clock was set, or one of the two stood still.
 */
export function createTimeOffset(): TimeOffset {
  let best: { readonly width: number; readonly observedAt: number } | undefined;
  let value: number | undefined;
  return {
    observe({ sentAt, receivedAt, remoteMs }) {
      const least = remoteMs - receivedAt;
      const most = remoteMs + RESOLUTION_MS - sentAt;
      const width = most - least;
      const isExcluded = value !== undefined && (value < least || value > most);
      const isNarrower = best === undefined || width <= best.width ||
        receivedAt - best.observedAt > BEST_SAMPLE_MS;
      if (!isExcluded && !isNarrower) return;
      best = { width, observedAt: receivedAt };
      value = least + width / 2;
    },
    get value() {
      return value;
    },
  };
}
