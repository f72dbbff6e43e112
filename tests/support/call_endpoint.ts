/**
 * Calls endpoints as a server does, in a process whose authorities `DENO_CERT` chooses: for each URL of its arguments, one
 * after the other, it prints the result as a line of JSON. Every name is that of this machine, and may be called. At the first address of a name nothing listens.
 */
import { createSocketCaller } from "../../adapters/callbacks/socket_caller.ts";

const call = createSocketCaller({
  allowance: { hosts: new Set(Deno.args.map((url) => new URL(url).host)), loopback: false },
  resolve: () =>
    Promise.resolve([{ address: "::1", family: 6 }, { address: "127.0.0.1", family: 4 }]),
});
for (const url of Deno.args) {
  const result = await call({ url, headers: { "content-type": "application/json" }, body: "{}" });
  console.log(JSON.stringify(result));
}
