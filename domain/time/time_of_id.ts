/**
 * The time at which an id of version 7 (RFC 9562) was made, in epoch milliseconds. For another UUID it is a time without
 * meaning.
 */
export function timeOfId(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}
