/** The limit of the streams that a recipient has open. */
import type { StreamTiming } from "./stream.ts";

/** The most streams that one recipient may have open at one process. Each window or tab with the inbox has one. */
export const MAX_STREAMS_PER_RECIPIENT = 10;

/** The place of an open stream. */
interface StreamPlace {
  /** Notes that the client has read. */
  onRead(): void;
  /** Releases the place, once. */
  onEnd(): void;
}

/**
 * Counts the open streams of each recipient. One that has not been read for so long that it must have ended is not
 * counted: a Worker's request whose client disconnects runs nothing more.
 */
export function createStreamLimit(
  { heartbeatMs, stallMs }: Pick<StreamTiming, "heartbeatMs" | "stallMs">,
  elapsed: () => number = () => performance.now(),
) {
  const goneMs = 2 * (heartbeatMs + stallMs);
  const open = new Map<string, Map<StreamPlace, number>>();

  function placesOf(person: string): Map<StreamPlace, number> {
    const places = open.get(person) ?? new Map<StreamPlace, number>();
    for (const [place, readAt] of places) {
      if (elapsed() - readAt > goneMs) places.delete(place);
    }
    return places;
  }

  return {
    /** @param person as `personText` returns it @returns `undefined` when the recipient has the most it may have */
    acquire(person: string): StreamPlace | undefined {
      const places = placesOf(person);
      if (places.size >= MAX_STREAMS_PER_RECIPIENT) return undefined;
      const place: StreamPlace = {
        onRead() {
          if (places.has(place)) places.set(place, elapsed());
        },
        onEnd() {
          places.delete(place);
          if (places.size === 0 && open.get(person) === places) open.delete(person);
        },
      };
      open.set(person, places.set(place, elapsed()));
      return place;
    },
  };
}
