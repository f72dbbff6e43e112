/** The machine that measures. */

/** The processor, the memory and the system, as part of a sentence. */
export function describeHardware(): string {
  const cpuInfo = Deno.readTextFileSync("/proc/cpuinfo");
  const model = /^model name\s*: (.+)$/m.exec(cpuInfo)?.[1] ?? "unknown processor";
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores of ${model}, ${memory} GB, Linux ` +
    `${Deno.osRelease()}, Deno ${Deno.version.deno}`;
}

/** One sentence on the processor, the memory, the system and the time. */
export function describeMachine(): string {
  const [load] = Deno.loadavg();
  return `Measured on ${new Date().toISOString().slice(0, 10)}: ${describeHardware()}, a file ` +
    `with \`synchronous=FULL\`; a load of ${load?.toFixed(1)} from other programs at the start.`;
}
