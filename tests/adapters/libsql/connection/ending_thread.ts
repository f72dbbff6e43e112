/** A thread that opens, and ends at the first call. */
import { isOpening } from "../../../../adapters/libsql/connection/thread.ts";

globalThis.addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent) || !isOpening(event.data)) return;
  const { port } = event.data;
  port.onmessage = () => {
    throw new Error("the thread ends");
  };
  port.postMessage({ kind: "done", results: [] });
});
