import assert from "node:assert/strict";
import { ALL_HEALTHY, selectProvider } from "../../../domain/delivery/select_provider.ts";

const FIRST = { name: "first" };
const SECOND = { name: "second" };
const THIRD = { name: "third" };

Deno.test("selectProvider: returns the first candidate when all are healthy", () => {
  assert.equal(selectProvider([FIRST, SECOND], ALL_HEALTHY), FIRST);
  assert.equal(selectProvider([SECOND, FIRST], ALL_HEALTHY), SECOND);
});

Deno.test("selectProvider: returns the second candidate when the first is failing", () => {
  const facts = { failing: new Set(["first"]) };
  assert.equal(selectProvider([FIRST, SECOND, THIRD], facts), SECOND);
  assert.equal(selectProvider([THIRD, FIRST], facts), THIRD);
});

Deno.test("selectProvider: returns the first candidate when all are failing", () => {
  const facts = { failing: new Set(["first", "second"]) };
  assert.equal(selectProvider([FIRST, SECOND], facts), FIRST);
  assert.equal(selectProvider([SECOND], facts), SECOND);
});

Deno.test("selectProvider: returns undefined without candidates", () => {
  assert.equal(selectProvider([], ALL_HEALTHY), undefined);
});
