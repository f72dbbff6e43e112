import assert from "node:assert/strict";
import { serveUnbounded, withHost } from "../../../runtime/listener/unbounded.ts";
import { canBoundConnections } from "../../../runtime/start_listener.ts";

/** Serves on a free port of this machine. */
function serveHere(handler: Parameters<typeof serveUnbounded>[1]) {
  let port = 0;
  const server = serveUnbounded(
    { port: 0, hostname: "127.0.0.1", onListening: (bound) => port = bound },
    handler,
  );
  return { ...server, port };
}

/** Sends bytes on a connection of their own, and reads the answer to its end. */
async function exchange(port: number, text: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

Deno.test("canBoundConnections: true from Deno 2.7 on", () => {
  const versions = ["1.46.3", "2.5.6", "2.6.99", "2.7.0", "2.9.6", "3.0.0"];
  assert.deepEqual(versions.filter(canBoundConnections), ["2.7.0", "2.9.6", "3.0.0"]);
});

Deno.test("serveUnbounded: passes the client's address to the handler", async () => {
  const { port, shutdown } = serveHere((_, { remoteAddress }) => new Response(remoteAddress));
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "127.0.0.1");
  await shutdown();
});

Deno.test("serveUnbounded: shutdown waits for requests under way, not for a connection without any", async () => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const { port, shutdown } = serveHere(async () => {
    begun.resolve();
    await held.promise;
    return new Response("answered");
  });
  const idle = await Deno.connect({ hostname: "127.0.0.1", port });
  const answer = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
  await begun.promise;
  const order: string[] = [];
  const down = shutdown().then(() => order.push("down"));
  held.resolve();
  await Promise.all([down, answer.then((text) => order.unshift(text))]);
  assert.deepEqual(order, ["answered", "down"]);
  idle.close();
});

Deno.test("withHost: refuses a request whose Host header is not valid with 400", async () => {
  const { port, shutdown } = serveHere(withHost(() => new Response("reached")));
  const request = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  assert.match(await exchange(port, request("hark.example:80")), /^HTTP\/1\.1 200 [^]*reached$/);
  for (const host of ["a/b", "a b", "user@a", ""]) {
    const answer = await exchange(port, request(host));
    assert.match(answer, /^HTTP\/1\.1 400 /, host);
    assert.doesNotMatch(answer, /reached/, host);
  }
  await shutdown();
});
