import assert from "node:assert/strict";
import { CallsUsedUp } from "../../../adapters/invocation/call_queue.ts";
import {
  callBinding,
  createInvocation,
  enterCall,
  perInvocation,
  runInvocation,
  runSettlement,
  withPlatformLimit,
  workBudget,
} from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../adapters/invocation/plans.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { shareCommits } from "../../../adapters/libsql/connection/share_commits.ts";
import { createHrana } from "../../support/hrana.ts";

const inInvocation = <T>(work: () => T, onRefused?: (calls: number) => void): T =>
  runInvocation(createInvocation("request", PLAN_LIMITS.paid, onRefused), work);

const nextIteration = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("perInvocation: gives each invocation a value of its own, after its awaits too, and all outside one", async () => {
  let made = 0;
  const value = perInvocation(() => ++made);
  const inOne = () =>
    inInvocation(async () => {
      const first = value();
      await nextIteration();
      return [first, value()];
    });
  assert.deepEqual(await Promise.all([inOne(), inOne()]), [[1, 1], [2, 2]]);
  assert.deepEqual([value(), value()], [3, 3]);
});

Deno.test("perInvocation: remembers a value that is undefined", () => {
  let made = 0;
  const value = perInvocation(() => void made++);
  inInvocation(() => [value(), value()]);
  assert.equal(made, 1);
});

Deno.test("shareCommits: an invocation shares its commits, and waits for no commit of one that never ends", async () => {
  await using hrana = createHrana(":memory:");
  const db = await openDatabase({
    url: "http://db.internal",
    fetch: hrana.fetch,
    clientPerCall: true,
  });
  const groups: (readonly string[])[] = [];
  const end = Promise.withResolvers<void>();
  const commit = shareCommits(db, async (items: readonly string[]) => {
    groups.push(items);
    if (items[0]?.startsWith("cut off") === true) await end.promise;
    return items;
  });
  // More than may be under way at a time: a shared queue would be full of them.
  const cutOff: Promise<string>[] = [];
  for (let i = 0; i < 20; i++) {
    cutOff.push(inInvocation(() => commit(`cut off ${i}`)));
    await nextIteration();
  }
  groups.length = 0;
  const written = await inInvocation(() => Promise.all(["a", "b", "c"].map(commit)));
  assert.deepEqual(written, ["a", "b", "c"]);
  assert.deepEqual(groups, [["a", "b", "c"]]);
  end.resolve();
  await Promise.all(cutOff);
  db.close();
});

Deno.test("withPlatformLimit: after a call that the platform refuses no further one of the invocation begins", async () => {
  const refused: number[] = [];
  const noteRefused = (calls: number) => void refused.push(calls);
  const messages = [
    "Too many subrequests.",
    "Too many subrequests by single Worker invocation. To configure this limit, refer to …",
    "put: Too many API requests by single worker invocation.",
  ];
  for (const message of messages) {
    const refuse = () => Promise.reject(new Error(message));
    await inInvocation(async () => {
      const end = await enterCall("other");
      await assert.rejects(withPlatformLimit(refuse), CallsUsedUp);
      end();
      await assert.rejects(enterCall("other"), CallsUsedUp);
      await assert.rejects(runSettlement(() => enterCall("database")), CallsUsedUp);
    }, noteRefused);
    assert.deepEqual(refused.splice(0), [1]);
    await assert.rejects(withPlatformLimit(refuse), { message });
  }
  for (const error of [new TypeError("network"), new Error("Too many API requests")]) {
    const fail = () => withPlatformLimit(() => Promise.reject(error));
    await inInvocation(() => assert.rejects(fail(), error), noteRefused);
  }
  assert.deepEqual(refused, [], "outside of an invocation, and other errors");
});

Deno.test("callBinding: is one of the invocation's calls, and a call that the platform refuses was not made", async () => {
  const invocation = createInvocation("event", PLAN_LIMITS.free);
  await runInvocation(invocation, async () => {
    const before = workBudget.callsLeft();
    assert.equal(await callBinding(() => Promise.resolve("answer")), "answer");
    assert.equal(workBudget.callsLeft(), before - 1);
    const failed = new Error("lost");
    await assert.rejects(callBinding(() => Promise.reject(failed)), failed);
    const refuse = () => Promise.reject(new Error("Too many subrequests."));
    await assert.rejects(callBinding(refuse), CallsUsedUp);
    await assert.rejects(callBinding(() => assert.fail("the call is made")), CallsUsedUp);
  });
});
