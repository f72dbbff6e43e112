/** Accepts on a disk whose fsync is slower. */
import { makeFolder } from "../../support/process.ts";
import { type AcceptRow, measureAccepts, startAcceptContenders } from "./accept.ts";
import type { Rounds } from "./rounds.ts";

const DELAY_US = 5_000;
const CONNECTIONS = 32;
const SOURCE = new URL("./slow_fsync.c", import.meta.url).pathname;

/**
 * Measures accepts by servers into which a library is preloaded that delays each fsync.
 *
 * @returns `undefined` where there is no C compiler to build the library with
 */
export async function measureSlowFsync(
  rounds: Rounds,
  against: string | undefined,
): Promise<readonly AcceptRow[] | undefined> {
  await using folder = await makeFolder();
  const library = `${folder.path}/slow_fsync.so`;
  if (!await compile(library)) return undefined;
  const environment = { LD_PRELOAD: library, SLOW_FSYNC_US: String(DELAY_US) };
  await using servers = await startAcceptContenders({ against, environment });
  return await measureAccepts(servers, rounds, [CONNECTIONS]);
}

async function compile(library: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("cc", {
      args: ["-shared", "-fPIC", "-O2", "-o", library, SOURCE],
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
