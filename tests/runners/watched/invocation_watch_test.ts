import assert from "node:assert/strict";
import { countCall, readCounts, watchInvocation, watchMethods } from "./invocation_watch.ts";

const answer = () => Promise.resolve(new Response("[1]"));

Deno.test("countCall: counts as open until the body of its answer has been read or cancelled", async () => {
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
    await watchInvocation(async () => {
      // One that stays open would be added to the next.
      for (let n = 0; n < 3; n++) await end(await countCall(answer));
    });
  }
  assert.deepEqual(readCounts().most, { connections: 1, calls: 3 });
});

Deno.test("countCall: counts the calls of one invocation together, also those that fail, and each invocation by itself", async () => {
  const refuse = () => Promise.reject(new TypeError("refused"));
  await watchInvocation(() => assert.rejects(countCall(refuse)));
  const seven = () => Promise.all(Array.from({ length: 7 }, () => countCall(answer)));
  const responses = await Promise.all([watchInvocation(seven), watchInvocation(seven)]);
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
    await watchInvocation(async () => {
      for (let n = 0; n < 8; n++) await get?.("a");
      return await get?.("b");
    }),
    "files/b",
  );
  assert.equal(readCounts().most.calls, 9);
});
