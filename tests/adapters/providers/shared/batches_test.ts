import assert from "node:assert/strict";
import { type CallOutcome, sendInHalves } from "../../../../adapters/providers/shared/batches.ts";

const refusal = { kind: "rejected", permanent: false, code: "http-422" } as const;
const unknown = { kind: "retry", outcome: "unknown", code: "timeout" } as const;
const taken = (id: number) => ({ kind: "accepted", providerMessageId: String(id) }) as const;

/** Calls that are refused when they hold one of `blamed`. */
function caller(blamed: ReadonlySet<number>) {
  const calls: (readonly number[])[] = [];
  let underWay = 0;
  const counted = { calls, most: 0 };
  const call = async (part: readonly number[]): Promise<CallOutcome> => {
    calls.push(part);
    counted.most = Math.max(counted.most, ++underWay);
    await Promise.resolve();
    underWay--;
    return part.some((one) => blamed.has(one)) ? refusal : part.map(taken);
  };
  return { counted, call };
}

Deno.test("sendInHalves ends those to blame alone, in any number of lanes, and keeps the order", async () => {
  const parts = [[0, 1, 2, 3, 4], [5, 6, 7], [], [8]];
  for (
    const blamed of [[], [3], [0, 6], [8], [0, 1, 2, 3, 4, 5, 6, 7, 8]].map((ids) => new Set(ids))
  ) {
    for (const lanes of [1, 2, 4]) {
      const { call, counted } = caller(blamed);
      const outcomes = await sendInHalves(parts, { lanes, call, mayHalve: () => true });
      const expected = parts.flat().map((id) => blamed.has(id) ? refusal : taken(id));
      assert.deepEqual(outcomes, expected);
      assert.ok(counted.most <= lanes);
    }
  }
});

Deno.test("sendInHalves gives halves to all lanes, and makes calls in order where there is one lane", async () => {
  const all = [[0, 1, 2, 3]];
  const { call, counted } = caller(new Set([0, 1, 2, 3]));
  await sendInHalves(all, { lanes: 4, call, mayHalve: () => true });
  assert.equal(counted.most, 4);
  const one = caller(new Set([1]));
  await sendInHalves(all, { lanes: 1, call: one.call, mayHalve: () => true });
  assert.deepEqual(one.counted.calls, [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3]]);
});

Deno.test("sendInHalves leaves a call whole whose refusal is not for halving, and one to be tried again", async () => {
  const cases = [[refusal, () => false], [unknown, () => true]] as const;
  for (const [outcome, mayHalve] of cases) {
    let calls = 0;
    const call = () => {
      calls++;
      return Promise.resolve(outcome);
    };
    assert.deepEqual(await sendInHalves([[1, 2]], { lanes: 2, call, mayHalve }), [
      outcome,
      outcome,
    ]);
    assert.equal(calls, 1);
  }
});

Deno.test("sendInHalves passes on what a call throws", async () => {
  const call = () => Promise.reject(new TypeError("a bug"));
  await assert.rejects(
    sendInHalves([[1], [2]], { lanes: 2, call, mayHalve: () => true }),
    TypeError,
  );
});
