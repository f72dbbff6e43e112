/**
 * A sequence number that no inbox reaches. Changes since it are none, and the client gets the event `reset`: for a
 * client whose last event id is not one of this API.
 */
export const UNKNOWN_SEQUENCE = 999_999_999_999_999;

/** Parses a client's last event id: `undefined` for none, and {@link UNKNOWN_SEQUENCE} for one that is no number. */
export function parseSequence(id: string | undefined): number | undefined {
  if (id === undefined) return undefined;
  return /^[0-9]{1,15}$/.test(id) ? Number(id) : UNKNOWN_SEQUENCE;
}
