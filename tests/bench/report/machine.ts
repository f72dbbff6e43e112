/** The machine that measures. */

/** One sentence on the processor, the memory, the system and the time. */
export function describeMachine(): string {
  const cpuInfo = Deno.readTextFileSync("/proc/cpuinfo");
  const model = /^model name\s*: (.+)$/m.exec(cpuInfo)?.[1] ?? "unknown processor";
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const [load] = Deno.loadavg();
  return `Measured on ${new Date().toISOString().slice(0, 10)}: ${navigator.hardwareConcurrency} ` +
    `cores of ${model}, ${memory} GB, Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}, a file ` +
    `with \`synchronous=FULL\`; a load of ${load?.toFixed(1)} from other programs at the start.`;
}
