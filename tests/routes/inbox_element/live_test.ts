import assert from "node:assert/strict";
import { Client } from "../../../routes/inbox_element/client.js";
import { Live } from "../../../routes/inbox_element/live.js";
import { test } from "../../support/runner.ts";

const SOCKET_PATH = "/api/notifications/inbox/socket/3";
const STREAM = `retry: 1000\n\nid: 1\nevent: count\ndata: {}\n\nevent: socket\ndata: ${
  JSON.stringify({ path: SOCKET_PATH })
}\n\n`;

/** What becomes of one socket: it sends an event and closes with 1001, is refused, or closes with a code. */
type Fate = "works" | "refused" | number;

/** Runs the element's connection until each socket has met its fate and a stream stays open. @returns what it opened, in order */
async function follow(fates: readonly Fate[]): Promise<readonly string[]> {
  const opened: string[] = [];
  const stayed = Promise.withResolvers<void>();
  const rest = [...fates];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (request.headers.get("upgrade") === null) {
      opened.push("stream");
      if (rest.length === 0) stayed.resolve();
      return new Response(
        new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(STREAM)) }),
        { headers: { "Content-Type": "text/event-stream" } },
      );
    }
    const fate = rest.shift() ?? "refused";
    opened.push(String(fate));
    if (fate === "refused") return new Response(null, { status: 503 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = () => {
      if (fate === "works") socket.send("id: 2\nevent: count\ndata: {}\n\n");
      socket.close(fate === "works" ? 1001 : fate);
    };
    return response;
  });
  const origin = `127.0.0.1:${server.addr.port}`;
  class TestClient extends Client {
    override openSocket(path: string): WebSocket {
      return new WebSocket(`ws://${origin}${path}`);
    }
  }
  const client = new TestClient({
    base: `http://${origin}`,
    language: () => "en",
    provide: () => "token",
    canRenew: () => false,
    needsToken: () => true,
  });
  const live: Live = new Live(client, {
    opened() {},
    // Does not wait for the next attempt.
    failed: () => queueMicrotask(() => live.start()),
    take() {},
    unauthorised: () => stayed.reject(new Error("unauthorised")),
  });
  live.start();
  await stayed.promise;
  live.stop();
  return opened;
}

test.inside("Live: reads the stream when its first socket does not open", async () => {
  assert.deepEqual(await follow(["refused"]), ["stream", "refused", "stream"]);
});

test.inside("Live: tries a socket that has worked four times before it reads the stream", async () => {
  const fates: Fate[] = [
    ...["works", "refused", "refused", "refused"] as const,
    ...["works", "refused", "refused", "refused", "refused"] as const,
  ];
  assert.deepEqual(await follow(fates), ["stream", ...fates, "stream"]);
});

test.inside("Live: reads the stream at once when the server closes a socket for good", async () => {
  assert.deepEqual(await follow(["works", 4421]), ["stream", "works", "4421", "stream"]);
});
