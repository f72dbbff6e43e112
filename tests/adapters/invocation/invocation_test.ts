import assert from "node:assert/strict";
import { CallsUsedUp } from "../../../adapters/invocation/call_queue.ts";
import {
  createInvocation,
  enterCall,
  perInvocation,
  runInvocation,
  runSettlement,
  withPlatformLimit,
} from "../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../adapters/invocation/plans.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { shareCommits } from "../../../adapters/libsql/connection/share_commits.ts";
import { createHrana } from "../../support/hrana.ts";

const inInvocation = <T>(work: () => T): T =>
  runInvocation(createInvocation("request", PLAN_LIMITS.paid), work);

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
  let error: Error = new Error("Too many subrequests.");
  const send = withPlatformLimit(() => Promise.reject(error), (calls) => void refused.push(calls));
  await inInvocation(async () => {
    const end = await enterCall("other");
    await assert.rejects(send("https://provider.example"), CallsUsedUp);
    end();
    await assert.rejects(enterCall("other"), CallsUsedUp);
    await assert.rejects(runSettlement(() => enterCall("database")), CallsUsedUp);
  });
  assert.deepEqual(refused, [1]);
  await assert.rejects(send("https://provider.example"), error);
  error = new TypeError("network");
  await inInvocation(() => assert.rejects(send("https://provider.example"), error));
  assert.equal(refused.length, 1, "outside of an invocation, and other errors");
});
