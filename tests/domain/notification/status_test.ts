import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { RECEIPT_KINDS } from "../../../domain/delivery/receipt.ts";
import {
  COMPLETED_STATUSES,
  FINAL_STATUSES,
  mayCorrect,
  mayMove,
  mayRedrive,
  movesInto,
  type Status,
  STATUS_TABLE,
  STATUSES,
  STATUSES_LEAVING_OUTBOX,
  statusOfReceipt,
  word2016,
} from "../../../domain/notification/status.ts";
import { CHANNELS } from "../../../domain/service/service.ts";

const anyStatus = fc.constantFrom(...STATUSES);

Deno.test("STATUS_TABLE: moves never lead back, so no walk through them visits a status twice", () => {
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

Deno.test("STATUS_TABLE: every status is `created` or can be reached from it", () => {
  for (const status of STATUSES) {
    assert.ok(status === "created" || mayMove("created", status), status);
  }
});

Deno.test("STATUS_TABLE: a final status is completed and leaves the outbox, and what follows a completed one is completed", () => {
  fc.assert(fc.property(anyStatus, (status) => {
    const { moves, completed, leavesOutbox } = STATUS_TABLE[status];
    if (moves.length === 0) assert.deepEqual([completed, leavesOutbox], [true, true], status);
    if (!completed) return;
    for (const next of moves) assert.ok(STATUS_TABLE[next].completed, `${status} → ${next}`);
  }));
});

Deno.test("FINAL_STATUSES: delivered, the three failures, cancelled and expired, and nothing follows them", () => {
  assert.deepEqual(FINAL_STATUSES, [
    "delivered",
    "temporary-failure",
    "permanent-failure",
    "technical-failure",
    "cancelled",
    "expired",
  ]);
  for (const status of FINAL_STATUSES) assert.deepEqual(STATUS_TABLE[status].moves, []);
  assert.equal(FINAL_STATUSES.includes("sent"), false);
});

Deno.test("mayCorrect: replaces a final status by a status that providers report only, and makes nothing unfinished again", () => {
  fc.assert(fc.property(anyStatus, anyStatus, (from, to) => {
    if (!mayCorrect(from, to)) return;
    assert.notEqual(from, to);
    assert.equal(mayMove(from, to), false);
    assert.ok(FINAL_STATUSES.includes(from) && FINAL_STATUSES.includes(to), `${from} → ${to}`);
    assert.notEqual(STATUS_TABLE[to].receipt, undefined);
  }));
  for (const from of FINAL_STATUSES) {
    assert.equal(mayCorrect(from, "delivered"), from !== "delivered");
  }
});

Deno.test("mayRedrive: puts technical-failure back to created, and nothing else", () => {
  fc.assert(fc.property(anyStatus, anyStatus, (from, to) => {
    assert.equal(mayRedrive(from, to), from === "technical-failure" && to === "created");
  }));
});

Deno.test("COMPLETED_STATUSES: the final ones and sent; STATUSES_LEAVING_OUTBOX: the final ones", () => {
  assert.deepEqual(COMPLETED_STATUSES, ["sent", ...FINAL_STATUSES]);
  assert.deepEqual(STATUSES_LEAVING_OUTBOX, FINAL_STATUSES);
});

Deno.test("movesInto: names just the statuses from which mayMove allows the move", () => {
  for (const to of STATUSES) {
    assert.deepEqual(movesInto(to), STATUSES.filter((from) => mayMove(from, to)));
  }
});

Deno.test("statusOfReceipt: leaves the status alone for a complaint and an unsubscription only", () => {
  const silent = RECEIPT_KINDS.filter((kind) => statusOfReceipt(kind) === undefined);
  assert.deepEqual(silent, ["complaint", "unsubscribed"]);
});

Deno.test("statusOfReceipt: one status at most for each kind of receipt", () => {
  for (const kind of RECEIPT_KINDS) {
    const statuses = STATUSES.filter((status) => STATUS_TABLE[status].receipt === kind);
    assert.deepEqual(statuses, [statusOfReceipt(kind)].filter((status) => status !== undefined));
  }
});

Deno.test("STATUS_TABLE: every status has a word in each API", () => {
  const words2016 = ["sent", "delivered", "failed", "bounce"];
  for (const status of STATUSES) {
    assert.match(STATUS_TABLE[status].v2, /^[a-z]+(?:-[a-z]+)*$/, status);
    for (const channel of CHANNELS) {
      assert.ok(words2016.includes(word2016(status, channel, false)), `${status} ${channel}`);
      assert.equal(word2016(status, channel, true), "complaint", `${status} ${channel}`);
    }
  }
});

Deno.test("word2016: gives the five words of the 2016 API, and a complaint instead of any status", () => {
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
