/**
 * The Worker, with consumers of the queue that are ended at random points: before a call of the database or a provider,
 * or after it, when its answer is lost. `CHAOS_SEED` and `CHAOS_SHARE` decide which; `GET /chaos/consumers` counts them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createWorker } from "../../runtime/worker.ts";
import { createRandom } from "../support/random.ts";

/** About how many calls a consumer makes: those of the database, and one of the provider. */
const CALLS = 8;

/** A consumer that is to be ended. */
interface Doomed {
  /** The number of the call at which it ends. */
  readonly endsAt: number;
  readonly isAfterCall: boolean;
  calls: number;
  end(): void;
}

const doomed = new AsyncLocalStorage<Doomed | undefined>();
const plainFetch = globalThis.fetch;
globalThis.fetch = async (...call) => {
  const consumer = doomed.getStore();
  if (consumer === undefined || ++consumer.calls !== consumer.endsAt) {
    return await plainFetch(...call);
  }
  if (consumer.isAfterCall) await (await plainFetch(...call)).arrayBuffer();
  consumer.end();
  return await new Promise<never>(() => {});
};

const { handlers: worker } = createWorker();
const count = { consumers: 0, ended: 0 };
let random: (() => number) | undefined;

/** Ends a share of the consumers. The platform ends what an invocation does when its handler has ended. */
async function consume(...[batch, env, context]: Parameters<typeof worker.queue>): Promise<void> {
  random ??= createRandom(Number(env.CHAOS_SEED));
  count.consumers++;
  if (random() >= Number(env.CHAOS_SHARE)) return await worker.queue(batch, env, context);
  const ended = Promise.withResolvers<never>();
  const consumer: Doomed = {
    endsAt: 1 + Math.floor(random() * CALLS),
    isAfterCall: random() < 0.5,
    calls: 0,
    end() {
      count.ended++;
      ended.reject(new Error("the consumer was ended"));
    },
  };
  await doomed.run(
    consumer,
    () => Promise.race([worker.queue(batch, env, context), ended.promise]),
  );
}

export default {
  ...worker,
  queue: consume,
  fetch: async (...call: Parameters<typeof worker.fetch>) =>
    new URL(call[0].url).pathname === "/chaos/consumers"
      ? Response.json(count)
      : await worker.fetch(...call),
};
