/**
 * Reads a spreadsheet in a process of its own and prints the cost as JSON.
 *
 * Arguments: the file, and how many times to read it at once.
 */
import process from "node:process";
import { readSheet } from "../../adapters/spreadsheets/read_sheet.ts";

/** The cost of reading, printed to standard output. */
export interface ReadingCost {
  /** The code of the fault of each reading; `null` when it was read. */
  readonly codes: readonly (string | null)[];
  readonly rows: number;
  /** Milliseconds of CPU, other threads included. */
  readonly cpuMs: number;
  /** How many bytes the peak of the resident memory is above its size before. */
  readonly peakBytes: number;
}

/** The peak of the resident memory in bytes, which Linux keeps. */
async function readPeakBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

async function readOnce(path: string): Promise<{ code: string | null; rows: number }> {
  const file = await Deno.open(path);
  let rows = 0;
  for await (const batch of readSheet(file.readable, {}, new AbortController().signal)) {
    if (!batch.ok) return { code: batch.refusal.kind, rows };
    rows += batch.value.length;
  }
  return { code: null, rows };
}

if (import.meta.main) {
  const [path = "", times = "1"] = Deno.args;
  const before = await readPeakBytes();
  const cpuBefore = process.cpuUsage();
  const readings = await Promise.all(Array.from({ length: Number(times) }, () => readOnce(path)));
  const { user, system } = process.cpuUsage(cpuBefore);
  const cost: ReadingCost = {
    codes: readings.map(({ code }) => code),
    rows: readings.reduce((sum, { rows }) => sum + rows, 0),
    cpuMs: (user + system) / 1_000,
    peakBytes: await readPeakBytes() - before,
  };
  console.log(JSON.stringify(cost));
}
