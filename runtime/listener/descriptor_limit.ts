/** How many file descriptors the process may have, and how many connections that leaves room for. */
import { RESERVED_DESCRIPTORS } from "./connection_limits.ts";

/**
 * Reads the process's limit of open files, the soft one.
 *
 * @returns `undefined` when there is none or it cannot be read: on systems without `/proc`, and without permission to
 *   read it
 */
export async function readDescriptorLimit(): Promise<number | undefined> {
  try {
    return parseDescriptorLimit(await Deno.readTextFile("/proc/self/limits"));
  } catch {
    return undefined;
  }
}

/** Parses the soft limit from the text of `/proc/self/limits`; `undefined` when it is `unlimited` or absent. */
export function parseDescriptorLimit(limits: string): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/**
 * Returns how many connections the process can have: `wanted`, or fewer when the descriptor limit has no space for
 * them. It keeps descriptors for the rest of the process: {@link RESERVED_DESCRIPTORS}, or half of a limit that is
 * smaller than twice that. `limit` is `undefined` when it is not known; then `wanted` is returned.
 */
export function fitConnections(wanted: number, limit: number | undefined): number {
  if (limit === undefined) return wanted;
  const reserved = Math.min(RESERVED_DESCRIPTORS, Math.floor(limit / 2));
  return Math.min(wanted, Math.max(1, limit - reserved));
}
