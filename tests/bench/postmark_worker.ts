/** A Postmark that takes everything, in a thread of its own: what it does is not the bench's to pay for. */
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (call) => {
  const messages: readonly unknown[] = await call.json();
  return Response.json(messages.map(() => ({
    ErrorCode: 0,
    Message: "OK",
    MessageID: crypto.randomUUID(),
  })));
});
(self as unknown as Worker).postMessage(`http://127.0.0.1:${server.addr.port}`);
