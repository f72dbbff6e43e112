/** A process that logs as a server does and then ends: the first argument says how, the second how many lines it logs. */
import { handleLastResort } from "../../runtime/process/last_resort.ts";
import { batchLog, exitProcess, writeLog } from "../../runtime/log.ts";

const [end, count = "1"] = Deno.args;
writeLog({ event: "before" });
batchLog();
for (let line = 1; line <= Number(count); line++) writeLog({ event: "line", line });
switch (end) {
  case "exitProcess":
    await exitProcess(3);
    break;
  case "Deno.exit":
    Deno.exit(3);
    break;
  case "uncaught error":
    handleLastResort(writeLog, (code) => void exitProcess(code));
    setTimeout(() => {
      throw new Error("uncaught");
    });
    break;
  case "flood":
    // More than the pipe and the buffer hold; the interval shows that this thread is not blocked.
    setInterval(() => {
      writeLog({ event: "flood", text: "x".repeat(100_000) });
      console.error("alive");
    }, 5);
}
