/** What the main thread of a process costs, on Linux. */

/** The kernel's ticks a second, as `getconf CLK_TCK` prints it on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** The CPU time that the main thread of a process has used, in milliseconds; its precision is ten. */
export async function mainThreadCpuMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/task/${pid}/stat`);
  // The name, the second field, may contain blanks; it ends at the last bracket.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_PER_SECOND;
}
