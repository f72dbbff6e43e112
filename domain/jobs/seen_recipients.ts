import type { Channel } from "../service/service.ts";

/** The recipients of the rows so far, in memory, to find duplicates in one file. */
export interface SeenRecipients {
  /**
   * Records a recipient, which is compared exactly.
   *
   * @param recipient a valid one in its normalised form; for text messages 1 to 15 digits, because numbers are compared
   * @param row the row's number in a spreadsheet
   * @returns the first row with the same recipient, also for a third one; `undefined` when this row is the first
   */
  see(recipient: string, row: number): number | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The most bytes of a UTF-16 unit in UTF-8. */
const MAX_UNIT_BYTES = 3;
/** Takes the bytes of one recipient after the other: a buffer for each would be much to collect. */
const buffer = new Uint8Array(1_024);

/** Copies a string. A cell is a slice of the text that it was read from, and would keep all of that in memory. */
function copyString(text: string): string {
  if (text.length * MAX_UNIT_BYTES > buffer.length) return decoder.decode(encoder.encode(text));
  return decoder.decode(buffer.subarray(0, encoder.encodeInto(text, buffer).written));
}

/** Creates an empty record. */
export function createSeenRecipients(channel: Channel): SeenRecipients {
  const firstRows = new Map<string | number, number>();
  // A telephone number has at most 15 digits, which a double represents exactly.
  const keyOf = channel === "sms" ? Number : copyString;
  return {
    see(recipient, row) {
      const key = keyOf(recipient);
      const firstRow = firstRows.get(key);
      if (firstRow === undefined) firstRows.set(key, row);
      return firstRow;
    },
  };
}
