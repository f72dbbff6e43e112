import assert from "node:assert/strict";
import {
  createGuessCounter,
  GUESS_WINDOW_MS,
  MAX_COUNTED_NETWORKS,
} from "../../../application/access/guess_counter.ts";

Deno.test("createGuessCounter: counts each source by itself, for a window from its first failure", () => {
  const guesses = createGuessCounter();
  assert.equal(guesses.count("a", 0), 1);
  assert.equal(guesses.count("a", 1), 2);
  assert.equal(guesses.count("b", 1), 1);
  assert.equal(guesses.count("a", GUESS_WINDOW_MS - 1), 3);
  assert.equal(guesses.count("a", GUESS_WINDOW_MS), 1);
  assert.equal(guesses.count("a", 2 * GUESS_WINDOW_MS - 1), 2);
});

Deno.test("createGuessCounter: begins a new window when the clock was set back", () => {
  const guesses = createGuessCounter();
  assert.equal(guesses.count("a", 1), 1);
  assert.equal(guesses.count("a", 1), 2);
  assert.equal(guesses.count("a", 0), 1);
});

Deno.test("createGuessCounter: drops the source that has not failed for longest when it is full", () => {
  const guesses = createGuessCounter();
  for (let i = 0; i < MAX_COUNTED_NETWORKS; i++) guesses.count(`${i}`, 0);
  assert.equal(guesses.size, MAX_COUNTED_NETWORKS);
  assert.equal(guesses.count("0", 1), 2);
  guesses.count("another", 1);
  assert.equal(guesses.size, MAX_COUNTED_NETWORKS);
  assert.equal(guesses.count("0", 2), 3, "it failed since");
  assert.equal(guesses.count("1", 2), 1, "it was dropped");
});
