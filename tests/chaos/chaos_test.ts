/** The short form of the other scenarios, and the rules of the ledger. `deno task chaos` runs all of them. */
import assert from "node:assert/strict";
import { formatLedger } from "./ledger.ts";
import type { Scenario } from "./scenario.ts";
import { OTHER_SCENARIOS, SCENARIOS } from "./scenarios.ts";
import { addTallies, countMessages, type EndedMessage, findBreaches } from "./tally.ts";

const SEED = 13;

for (const { name, title, inShort, run } of OTHER_SCENARIOS) {
  if (!inShort) continue;
  Deno.test(`${name}: loses nothing and sends no unexplained duplicate when ${title}`, async () => {
    const { tally, note } = await run({ seed: SEED, short: true });
    console.log(JSON.stringify(tally), note);
    assert.deepEqual(findBreaches(tally), []);
  });
}

const DELIVERED: EndedMessage = { status: "delivered", copies: 1, timeline: [] };
const NOTHING = { lost: 0, neverSent: 0, duplicated: 0, explained: 0 };

Deno.test("countMessages: counts what is lost, never sent, duplicated and explained", () => {
  const at = "2026-11-29T12:00:00Z";
  const marked = { at, kind: "attempt-started", possible_duplicate: true as const };
  assert.deepEqual(
    countMessages([
      DELIVERED,
      { ...DELIVERED, status: undefined },
      { ...DELIVERED, status: "sending" },
      { ...DELIVERED, copies: 0 },
      { ...DELIVERED, copies: 3, timeline: [marked] },
      { ...DELIVERED, copies: 2, timeline: [marked, { at, kind: "outcome", code: "not-found" }] },
    ]),
    { accepted: 6, delivered: 4, lost: 2, neverSent: 1, duplicated: 3, explained: 2 },
  );
});

Deno.test("findBreaches: refuses a loss, a message that was never sent, and a duplicate that is not explained", () => {
  const good = { accepted: 2, delivered: 2, ...NOTHING };
  assert.deepEqual(findBreaches(good), []);
  assert.deepEqual(findBreaches({ ...good, duplicated: 1, explained: 1 }), []);
  for (
    const bad of [
      { lost: 1 },
      { neverSent: 1 },
      { delivered: 1 },
      { duplicated: 1 },
      { accepted: 0, delivered: 0 },
    ]
  ) {
    assert.equal(findBreaches({ ...good, ...bad }).length, 1, JSON.stringify(bad));
  }
  assert.equal(addTallies([good, good]).accepted, 4);
});

Deno.test("SCENARIOS: have names that the command takes, each once", () => {
  const names = SCENARIOS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z0-9]+(?:-[a-z0-9]+)*$/);
});

Deno.test("formatLedger: sums the runs of a scenario, and shows why one failed", () => {
  const scenario: Scenario = {
    name: "example",
    title: "an example",
    inShort: true,
    run: () => Promise.reject(new Error("never called")),
  };
  const tally = { accepted: 2, delivered: 2, ...NOTHING };
  const good = { scenario, seed: 1, result: { tally, note: "nothing" } };
  const options = { short: false, date: "2026-11-29" };
  const row = (runs: Parameters<typeof formatLedger>[0]) =>
    formatLedger(runs, options).split("\n")[2]?.split("|").map((cell) => cell.trim()).slice(1, -1);
  const command = "`deno task chaos --scenario example --seed 1`";
  assert.deepEqual(row([good, { ...good, seed: 2 }]), [
    ...["an example", "1, 2", "4", "4", "0", "0", "0", "0", "nothing", command],
  ]);
  const failed = { ...good, seed: 2, result: { error: "it hung" } };
  assert.equal(row([good, failed])?.[8], "FAILED: it hung");
});
