/** A server that accepts every call like Postmark, in a thread of its own, so that its work is not measured. */
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (call) => {
  const messages: readonly unknown[] = await call.json();
  return Response.json(messages.map(() => ({
    ErrorCode: 0,
    Message: "OK",
    MessageID: crypto.randomUUID(),
  })));
});
(self as unknown as Worker).postMessage(`http://127.0.0.1:${server.addr.port}`);
