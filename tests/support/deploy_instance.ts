/**
 * An instance of Deno Deploy in a test: has `Deno.cron`, whose jobs SIGUSR1 runs, and loads the entry point that
 * `DEPLOY_ENTRY` names. It prints a line for each registered job, and one when a run has ended.
 */
const jobs: (() => void | Promise<void>)[] = [];
const print = (entry: object) => console.log(JSON.stringify(entry));

Object.defineProperty(Deno, "cron", {
  value(name: string, schedule: string, job: () => void | Promise<void>) {
    jobs.push(job);
    print({ event: "cron-registered", name, schedule });
  },
});
Deno.addSignalListener("SIGUSR1", async () => {
  for (const job of jobs) await job();
  print({ event: "cron-ended" });
});
await import(Deno.env.get("DEPLOY_ENTRY") ?? "");
