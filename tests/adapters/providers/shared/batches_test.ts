import assert from "node:assert/strict";
import { type CallOutcome, sendInHalves } from "../../../../adapters/providers/shared/batches.ts";

const refusal = { kind: "rejected", permanent: false, code: "http-422" } as const;
const unknown = { kind: "retry", outcome: "unknown", code: "timeout" } as const;
const acceptedAs = (id: number) => ({ kind: "accepted", providerMessageId: String(id) }) as const;

/** Calls that are refused when they hold one of `faulty`. */
function caller(faulty: ReadonlySet<number>) {
  const calls: (readonly number[])[] = [];
  let inFlight = 0;
  const counted = { calls, most: 0 };
  const call = async (chunk: readonly number[]): Promise<CallOutcome> => {
    calls.push(chunk);
    counted.most = Math.max(counted.most, ++inFlight);
    await Promise.resolve();
    inFlight--;
    return chunk.some((item) => faulty.has(item)) ? refusal : chunk.map(acceptedAs);
  };
  return { counted, call };
}

Deno.test("sendInHalves: rejects only the messages at fault and keeps the order, at any concurrency", async () => {
  const chunks = [[0, 1, 2, 3, 4], [5, 6, 7], [], [8]];
  for (
    const faulty of [[], [3], [0, 6], [8], [0, 1, 2, 3, 4, 5, 6, 7, 8]].map((ids) => new Set(ids))
  ) {
    for (const concurrency of [1, 2, 4]) {
      const { call, counted } = caller(faulty);
      const outcomes = await sendInHalves(chunks, { concurrency, call, mayHalve: () => true });
      const expected = chunks.flat().map((id) => faulty.has(id) ? refusal : acceptedAs(id));
      assert.deepEqual(outcomes, expected);
      assert.ok(counted.most <= concurrency);
    }
  }
});

Deno.test("sendInHalves: sends halves concurrently, and in order when the concurrency is 1", async () => {
  const all = [[0, 1, 2, 3]];
  const { call, counted } = caller(new Set([0, 1, 2, 3]));
  await sendInHalves(all, { concurrency: 4, call, mayHalve: () => true });
  assert.equal(counted.most, 4);
  const send = caller(new Set([1]));
  await sendInHalves(all, { concurrency: 1, call: send.call, mayHalve: () => true });
  assert.deepEqual(send.counted.calls, [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3]]);
});

Deno.test("sendInHalves: does not halve a call when its refusal concerns no single message, or is to be retried", async () => {
  const cases = [[refusal, () => false], [unknown, () => true]] as const;
  for (const [outcome, mayHalve] of cases) {
    let calls = 0;
    const call = () => {
      calls++;
      return Promise.resolve(outcome);
    };
    assert.deepEqual(await sendInHalves([[1, 2]], { concurrency: 2, call, mayHalve }), [
      outcome,
      outcome,
    ]);
    assert.equal(calls, 1);
  }
});

Deno.test("sendInHalves: rejects with the error of a call", async () => {
  const call = () => Promise.reject(new TypeError("a bug"));
  await assert.rejects(
    sendInHalves([[1], [2]], { concurrency: 2, call, mayHalve: () => true }),
    TypeError,
  );
});
