import type { Channel } from "../service/service.ts";

/** Whom the rows of a list have been for. */
export interface SeenRecipients {
  /** @returns the first row that was for the same recipient; `undefined` when this is the first */
  see(recipient: string, row: number): number | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A text of its own: a part of another text, as cells are of the piece of the file that they came in, would keep all of
 * that in memory.
 */
function detach(text: string): string {
  return decoder.decode(encoder.encode(text));
}

/** Starts to look out for recipients that come twice, by their normalised form. */
export function createSeenRecipients(channel: Channel): SeenRecipients {
  const rows = new Map<string | number, number>();
  // The 15 digits that a telephone number has at most are a number that a double holds.
  const keyOf = channel === "sms" ? Number : detach;
  return {
    see(recipient, row) {
      const key = keyOf(recipient);
      const before = rows.get(key);
      if (before === undefined) rows.set(key, row);
      return before;
    },
  };
}
