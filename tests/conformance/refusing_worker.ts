/**
 * The Worker on a platform that refuses an invocation's calls beyond `TEST_CALLS`, whatever its plan is. `GET
 * /test/refused` counts the refused ones.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createWorker } from "../../runtime/worker.ts";

const invocations = new AsyncLocalStorage<{ left: number }>();
const plainFetch = globalThis.fetch;
let refused = 0;
globalThis.fetch = async (...call) => {
  const invocation = invocations.getStore();
  if (invocation === undefined || invocation.left-- > 0) return await plainFetch(...call);
  refused++;
  throw new Error("Too many subrequests by single Worker invocation.");
};

const { handlers } = createWorker();

export default {
  ...handlers,
  scheduled: (...call: Parameters<typeof handlers.scheduled>) =>
    invocations.run({ left: Number(call[1].TEST_CALLS) }, () => handlers.scheduled(...call)),
  fetch: async (...call: Parameters<typeof handlers.fetch>) =>
    new URL(call[0].url).pathname === "/test/refused"
      ? Response.json(refused)
      : await handlers.fetch(...call),
};
