/** Serves the floor as a process of its own, behind the listener of `deno task start`. */
import { startListener } from "../../../runtime/start_listener.ts";
import { openFloor } from "../floor.ts";

const floor = await openFloor("floor.db", {
  key: Deno.env.get("FLOOR_KEY") ?? "",
  rowBytes: Number(Deno.env.get("FLOOR_ROW_BYTES")),
});
const listener = await startListener({
  config: { port: 0, host: "127.0.0.1", maxConnections: 700 },
  log: () => {},
  descriptorLimit: undefined,
  onListening: (port) => console.log(JSON.stringify({ event: "listening", port })),
}, (request) => floor.app.fetch(request));
Deno.addSignalListener("SIGTERM", async () => {
  await listener.shutdown();
  floor.close();
  Deno.exit(0);
});
