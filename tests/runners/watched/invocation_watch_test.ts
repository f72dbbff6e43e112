import assert from "node:assert/strict";
import {
  call,
  countDelivered,
  countPut,
  readCounts,
  watch,
  watchMethods,
} from "./invocation_watch.ts";

const answer = () => Promise.resolve(new Response("[1]"));

Deno.test("call: counts as open until the body of its answer has been read or cancelled", async () => {
  const endings: readonly ((response: Response) => Promise<unknown>)[] = [
    (response) => response.json(),
    (response) => response.text(),
    (response) => response.arrayBuffer(),
    async (response) => await response.body?.cancel(),
    async (response) => {
      for await (const chunk of response.body ?? []) assert.equal(chunk.byteLength, 3);
    },
    async (response) => {
      const reader = response.body?.getReader();
      while ((await reader?.read())?.done === false);
    },
  ];
  for (const end of endings) {
    await watch(async () => {
      // One that stays open would be added to the next.
      for (let n = 0; n < 3; n++) await end(await call(answer));
    });
  }
  assert.deepEqual(readCounts().most, { connections: 1, calls: 3 });
});

Deno.test("call: counts the calls of one invocation together, also those that fail, and each invocation by itself", async () => {
  const refuse = () => Promise.reject(new TypeError("refused"));
  await watch(() => assert.rejects(call(refuse)));
  const seven = () => Promise.all(Array.from({ length: 7 }, () => call(answer)));
  const responses = await Promise.all([watch(seven), watch(seven)]);
  assert.deepEqual(readCounts().most, { connections: 7, calls: 7 });
  for (const response of responses.flat()) await response.body?.cancel();
});

Deno.test("watchMethods: counts each call of a binding, and passes on its arguments", async () => {
  const bucket = {
    name: "files",
    get(key: string) {
      return Promise.resolve(`${this.name}/${key}`);
    },
  };
  const { get } = watchMethods(bucket, ["get"]);
  assert.equal(
    await watch(async () => {
      for (let n = 0; n < 8; n++) await get?.("a");
      return await get?.("b");
    }),
    "files/b",
  );
  assert.equal(readCounts().most.calls, 9);
});

Deno.test("countPut: counts a message with a delay when it is delivered, once", () => {
  const before = readCounts().queue.put;
  countPut([{ body: 1 }, { body: 2, delaySeconds: 60 }]);
  assert.equal(readCounts().queue.put - before, 1);
  countDelivered(1, 1);
  countDelivered(2, 2);
  assert.equal(readCounts().queue.put - before, 1);
  countDelivered(2, 1);
  countDelivered(2, 1);
  assert.equal(readCounts().queue.put - before, 2);
});
