/**
 * A program that calls endpoints as a server does. `DENO_CERT` chooses the authorities that it trusts. It calls the URLs of
 * its arguments one after the other, and prints each result as a line of JSON. Every name may be called, and has two
 * addresses of this machine, of which nothing listens at the first.
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
