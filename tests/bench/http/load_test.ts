import assert from "node:assert/strict";
import { load, quantile, requestBytes } from "./load.ts";

Deno.test("load: reads answers with a length and in chunks, larger than its buffer, and counts them", async () => {
  const large = "é".repeat(50_000);
  let served = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const isChunked = served++ % 2 === 0;
    return new Response(isChunked ? new Blob([large]).stream() : large);
  });
  const bodies = new Set<string>();
  const result = await load({
    url: `http://127.0.0.1:${server.addr.port}`,
    connections: 2,
    until: { requests: 6 },
    status: 200,
    request: () => requestBytes("GET", "/", {}),
    onBody: (body) => bodies.add(body.replaceAll(/[^é]/g, "")),
  });
  assert.deepEqual([result.answered, served], [6, 6]);
  assert.deepEqual([...bodies], [large]);
});

Deno.test("load: throws when an answer has another status", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("no", { status: 429 }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const request = () => requestBytes("POST", "/", { "A": "b" }, "body");
  await assert.rejects(
    load({ url, connections: 1, until: { requests: 1 }, status: 200, request }),
    /429 instead of 200: no/,
  );
});

Deno.test("quantile: returns the value below which a share of the values lies", () => {
  const values = [5, 1, 4, 2, 3];
  assert.deepEqual([0, 0.5, 0.99, 1].map((share) => quantile(values, share)), [1, 3, 4, 5]);
});
