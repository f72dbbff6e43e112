import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { RECEIPT_KINDS } from "../../../domain/delivery/receipt.ts";
import {
  FINAL_STATUSES,
  isFinal,
  mayMove,
  MOVES,
  movesInto,
  RECEIPT_STATUS,
  type Status,
  STATUSES,
  word2016,
} from "../../../domain/notification/status.ts";

const anyStatus = fc.constantFrom(...STATUSES);

Deno.test("MOVES never lead back: no walk through them visits a status twice", () => {
  fc.assert(fc.property(anyStatus, fc.array(anyStatus, { maxLength: 30 }), (start, wishes) => {
    const visited: Status[] = [start];
    let status = start;
    for (const wish of wishes) {
      if (!mayMove(status, wish)) continue;
      assert.ok(!visited.includes(wish), `${visited.join(" → ")} → ${wish}`);
      visited.push(wish);
      status = wish;
    }
  }));
});

Deno.test("FINAL_STATUSES are delivered, the three failures, cancelled and expired, and nothing follows them", () => {
  assert.deepEqual(FINAL_STATUSES, [
    "delivered",
    "temporary-failure",
    "permanent-failure",
    "technical-failure",
    "cancelled",
    "expired",
  ]);
  for (const status of FINAL_STATUSES) assert.deepEqual(MOVES[status], []);
  assert.equal(isFinal("sent"), false);
});

Deno.test("movesInto names just the statuses from which mayMove says yes", () => {
  for (const to of STATUSES) {
    assert.deepEqual(movesInto(to), STATUSES.filter((from) => mayMove(from, to)));
  }
});

Deno.test("RECEIPT_STATUS leaves the status alone for a complaint and an unsubscription only", () => {
  const silent = RECEIPT_KINDS.filter((kind) => RECEIPT_STATUS[kind] === undefined);
  assert.deepEqual(silent, ["complaint", "unsubscribed"]);
});

Deno.test("word2016 speaks the seed's five words, and a complaint outweighs the status", () => {
  const cases: readonly [Status, "sms" | "email", boolean, string][] = [
    ["created", "sms", false, "sent"],
    ["sending", "email", false, "sent"],
    ["delivered", "sms", false, "delivered"],
    ["permanent-failure", "sms", false, "failed"],
    ["permanent-failure", "email", false, "bounce"],
    ["temporary-failure", "email", false, "bounce"],
    ["technical-failure", "email", false, "failed"],
    ["delivered", "email", true, "complaint"],
  ];
  for (const [status, channel, complained, word] of cases) {
    assert.equal(word2016(status, channel, complained), word, `${status} ${channel}`);
  }
});
