import assert from "node:assert/strict";
import {
  type BoundedCall,
  createCallBounds,
} from "../../../../adapters/libsql/connection/call_bounds.ts";

const never = () => new Promise<never>(() => {});
const TIMEOUT = { name: "StoreUnavailable", code: "TIMEOUT" };

/** Bounds over a clock that only calls move on. */
function boundsWithClock(budgetMs: number) {
  let at = 0;
  const bounds = createCallBounds(budgetMs, () => at);
  const taking = (ms: number) => () => {
    at += ms;
    return Promise.resolve("done");
  };
  return { bounds, taking };
}

Deno.test("withinRequest: rejects a call that takes longer than the budget, and tells the call", async () => {
  const bounds = createCallBounds(10);
  let asked: BoundedCall | undefined;
  const call = bounds.withinRequest(() =>
    bounds.foreground((call) => {
      asked = call;
      return never();
    })
  );
  await assert.rejects(call, TIMEOUT);
  assert.equal(asked?.isOver, true);
});

Deno.test("withinRequest: adds up the calls of a request, and begins none when the budget is used up", async () => {
  for (const [second, isBegun] of [[999, true], [1_000, false]] as const) {
    const { bounds, taking } = boundsWithClock(2_000);
    let begun = 0;
    const work = bounds.withinRequest(async () => {
      await bounds.foreground(taking(1_000));
      await bounds.foreground(taking(second));
      await bounds.foreground(() => Promise.resolve(begun++));
    });
    if (isBegun) await work;
    else await assert.rejects(work, TIMEOUT);
    assert.equal(begun, isBegun ? 1 : 0, `after ${second} ms`);
  }
});

Deno.test("background: gives each call of a long request the whole budget, until one has waited for all of it", async () => {
  const { bounds, taking } = boundsWithClock(2_000);
  await bounds.withinRequest(async () => {
    for (let calls = 0; calls < 5; calls++) {
      assert.equal(await bounds.background(taking(1_999)), "done");
    }
    assert.equal(await bounds.foreground(taking(1)), "done", "the request's own budget is left");
    await bounds.background(taking(2_000));
    await assert.rejects(bounds.background(taking(1)), TIMEOUT);
    await assert.rejects(bounds.foreground(taking(1)), TIMEOUT);
  });
});

Deno.test("foreground: waits however long it takes outside of a request, and after the request is answered", async () => {
  const { bounds, taking } = boundsWithClock(1);
  assert.equal(await bounds.foreground(taking(1_000)), "done");
  const answered = Promise.withResolvers<void>();
  let later: Promise<string> | undefined;
  await bounds.withinRequest(() => {
    later = answered.promise.then(async () => {
      await bounds.foreground(taking(1_000));
      return await bounds.foreground(taking(1_000));
    });
    return Promise.resolve();
  });
  answered.resolve();
  assert.equal(await later, "done");
});

Deno.test("together: is over when all of the calls that it is made for are", async () => {
  const bounds = createCallBounds(1_000);
  const calls = [{ isOver: false }, { isOver: false }];
  let shared: BoundedCall | undefined;
  await bounds.withinRequest(() =>
    bounds.together(calls, () =>
      bounds.foreground((call) => {
        shared = call;
        return Promise.resolve();
      }))
  );
  const seen = [shared?.isOver];
  for (const call of calls) {
    call.isOver = true;
    seen.push(shared?.isOver);
  }
  assert.deepEqual(seen, [false, false, true]);
});
