import { runFullDisk, runLocks } from "./storage_faults.ts";
const t = performance.now();
console.log(await (Deno.args[0] === "l" ? runLocks : runFullDisk)({ seed: 1, short: true }));
console.log(performance.now() - t);
