/** What the operating system knows of a process. Linux only: it reads `/proc`. */

/** CPU time that a server has used, in microseconds. */
export interface CpuTime {
  readonly main: number;
  readonly database: number;
  /** All threads, those two included. */
  readonly all: number;
}

/** Threads of Deno's web workers; Hark has one worker, for its database. */
const WORKER_THREAD = /^worker/;

/** Reads the CPU time of every thread. A thread that has ended is not counted. */
export function readCpu(pid: number): CpuTime {
  const used = { main: 0, database: 0, all: 0 };
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const task = `/proc/${pid}/task/${name}`;
    try {
      const [nanoseconds = "0"] = Deno.readTextFileSync(`${task}/schedstat`).split(" ");
      const us = Number(nanoseconds) / 1000;
      used.all += us;
      if (Number(name) === pid) used.main += us;
      else if (WORKER_THREAD.test(Deno.readTextFileSync(`${task}/comm`))) used.database += us;
    } catch (error) {
      // The thread has ended since the folder was listed.
      if (!isGone(error)) throw error;
    }
  }
  return used;
}

/** `ESRCH` has no class of its own. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Error && /No such process|os error 3\b/.test(error.message);
}

/** The CPU time between two reads. */
export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  return {
    main: after.main - before.main,
    database: after.database - before.database,
    all: after.all - before.all,
  };
}

/** Ticks of `/proc/stat` in a second. */
const TICKS_PER_SECOND = 100;
/**
 * Columns of `/proc/stat`: user, nice, system, and what other virtual machines took. Interrupts are left out: those of the
 * loopback device are the bench's own.
 */
const BUSY_COLUMNS = [0, 1, 2, 7] as const;

/** The CPU time that the whole machine has used, in microseconds. */
export function readMachineCpu(): number {
  const [line = ""] = Deno.readTextFileSync("/proc/stat").split("\n");
  const ticks = line.split(/\s+/).slice(1).map(Number);
  const busy = BUSY_COLUMNS.map((column) => ticks[column] ?? 0).reduce((sum, n) => sum + n, 0);
  return busy * 1e6 / TICKS_PER_SECOND;
}

/** Resident memory in megabytes: now, and the most so far. */
export function readMemory(pid: number): { readonly nowMb: number; readonly peakMb: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN) / 1000;
  return { nowMb: megabytes("VmRSS"), peakMb: megabytes("VmHWM") };
}

/** Makes the memory of now the most so far. */
export function resetPeakMemory(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The process's arguments that set flags of V8. */
export function readV8Flags(pid: number): readonly string[] {
  return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0")
    .filter((argument) => argument.startsWith("--v8-flags="));
}

/** The id of the only child of a process; `undefined` while it has none. */
export function findChild(parent: number): number | undefined {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The command's name, in brackets, may contain blanks.
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      const [, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(ppid) === parent) return Number(name);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return undefined;
}
