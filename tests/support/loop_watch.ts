/**
 * Watches the event loop of the process that loads it before its program. It prints a line for each time that the loop was
 * held, with the CPU time of the main thread meanwhile: that does not grow when other processes have the CPU.
 */

/** Holds under this are not printed, in milliseconds. */
const LEAST_REPORTED_MS = 15;

const encoder = new TextEncoder();
const buffer = new Uint8Array(128);
const schedule = Deno.openSync(`/proc/self/task/${Deno.pid}/schedstat`);

/** The CPU time of the main thread, in milliseconds. */
function cpuMs(): number {
  schedule.seekSync(0, Deno.SeekMode.Start);
  const length = schedule.readSync(buffer) ?? 0;
  return Number(new TextDecoder().decode(buffer.subarray(0, length)).split(" ", 1)[0]) / 1e6;
}

let at = performance.now();
let cpu = cpuMs();
const timer = setInterval(() => {
  const cpuNow = cpuMs();
  const now = performance.now();
  const held = { cpu_ms: Math.round(cpuNow - cpu), wall_ms: Math.round(now - at) };
  cpu = cpuNow;
  at = now;
  if (held.cpu_ms < LEAST_REPORTED_MS) return;
  Deno.stdout.writeSync(encoder.encode(JSON.stringify({ event: "loop-held", ...held }) + "\n"));
}, 1);
Deno.unrefTimer(timer);
