/** Notices that the process which started this one has ended, so that no server is left behind with its port. */

/** How often the parents are checked, in milliseconds. */
const CHECK_MS = 500;

/** Processes between this one and `npm exec` at most: `deno task`, a shell, and one to spare. */
const MAX_ANCESTORS = 4;

/** A process, as `/proc` describes it: its parent's id, and its command line with spaces between the arguments. */
export interface ProcessFacts {
  readonly parent: number;
  readonly commandLine: string;
}

/** Reads a process; `undefined` where it has ended or `/proc` cannot be read. */
export type ReadProcess = (pid: number) => ProcessFacts | undefined;

/** Reads a process from `/proc`. Deno allows that with all permissions only. */
export const readProcess: ReadProcess = (pid) => {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name, in parentheses, may contain spaces and parentheses itself.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 1).trim().split(" ")[1]);
    const commandLine = Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
    return { parent, commandLine };
  } catch {
    return undefined;
  }
};

/**
 * The ids of the processes from `pid` up to the `npm` or `npx` that started it; empty without one.
 *
 * At SIGTERM `npm exec` ends its shell alone, and what the shell has started goes on.
 */
export function findNpmAncestors(pid: number, read: ReadProcess): readonly number[] {
  const pids: number[] = [];
  let at = pid;
  for (let level = 0; level < MAX_ANCESTORS; level++) {
    const facts = read(at);
    if (facts === undefined) return [];
    pids.push(at);
    if (/^npm |^\S*node \S*\bnp[mx]\b/.test(facts.commandLine)) return pids;
    at = facts.parent;
  }
  return [];
}

/** Whether each process still is the child of the next one. */
export function areLinked(pids: readonly number[], read: ReadProcess): boolean {
  return pids.slice(1).every((parent, index) => read(pids[index] ?? 0)?.parent === parent);
}

/**
 * Calls `onEnded` once, at most {@link CHECK_MS} after the parent of this process ended.
 *
 * @returns a function that stops watching
 */
export function watchParent(onEnded: () => void): () => void {
  const parent = Deno.ppid;
  return watch(() => Deno.ppid === parent, onEnded);
}

/**
 * Calls `onEnded` once, at most {@link CHECK_MS} after the parent of this process ended, or one of the parent's parents
 * up to the `npm` or `npx` that started it. Without such an `npm`, only the parent is watched.
 *
 * @returns a function that stops watching
 */
export function watchAncestors(onEnded: () => void): () => void {
  const parent = Deno.ppid;
  const pids = findNpmAncestors(parent, readProcess);
  return watch(() => Deno.ppid === parent && areLinked(pids, readProcess), onEnded);
}

function watch(isThere: () => boolean, onEnded: () => void): () => void {
  const timer = setInterval(() => {
    if (isThere()) return;
    clearInterval(timer);
    onEnded();
  }, CHECK_MS);
  return () => clearInterval(timer);
}
