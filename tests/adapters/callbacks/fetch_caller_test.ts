import assert from "node:assert/strict";
import { CallsUsedUp } from "../../../adapters/invocation/call_queue.ts";
import { createFetchCaller } from "../../../adapters/callbacks/fetch_caller.ts";
import { startCallbackReceiver } from "../../support/stand_ins/callback_receiver.ts";
import { REFUSED_URLS } from "../../domain/callbacks/hostile_urls.ts";

const LOOPBACK = { hosts: new Set<string>(), loopback: true };
const REQUEST = {
  headers: {
    "content-type": "application/json",
    authorization: "Bearer 0123456789",
    "webhook-timestamp": "1700000000",
    "webhook-signature": "v1,x",
  },
  body: "{}",
};

Deno.test("createFetchCaller: calls no hostile URL", async () => {
  const call = createFetchCaller(
    { hosts: new Set(), loopback: false },
    () => assert.fail("a call was made"),
  );
  for (const url of REFUSED_URLS) {
    assert.deepEqual(await call({ ...REQUEST, url }), { failure: "address-refused" }, url);
  }
});

Deno.test("createFetchCaller: follows no redirect, and passes status and Retry-After on", async () => {
  await using receiver = await startCallbackReceiver();
  receiver.answer = () => ({
    status: 302,
    headers: { location: `${receiver.url}again`, "retry-after": "7" },
  });
  const call = createFetchCaller(LOOPBACK, fetch);
  const result = await call({ ...REQUEST, url: receiver.url });
  assert.deepEqual(result, { status: 302, retryAfter: "7" });
  assert.equal(receiver.calls.length, 1);
});

Deno.test("createFetchCaller: stops to read an endless answer, and reports a connection that fails", async () => {
  await using receiver = await startCallbackReceiver();
  receiver.answer = () => (response) => {
    response.writeHead(200);
    const write = () => {
      while (response.write(new Uint8Array(16_384)));
    };
    response.on("drain", write);
    write();
  };
  const call = createFetchCaller(LOOPBACK, fetch);
  assert.deepEqual(await call({ ...REQUEST, url: receiver.url }), {
    status: 200,
    retryAfter: undefined,
  });
  const refused = await createFetchCaller(LOOPBACK, () => Promise.reject(new CallsUsedUp()))({
    ...REQUEST,
    url: receiver.url,
  });
  assert.deepEqual(refused, { failure: "not-called" });
  receiver.answer = () => (response) => void response.destroy();
  const failed = await call({ ...REQUEST, url: receiver.url });
  assert.deepEqual(failed, { failure: "connection-failed" });
});
