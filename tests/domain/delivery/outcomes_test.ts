import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  endWithoutReceipt,
  failPermanently,
  finishWithoutAttempt,
  NO_FURTHER_WORK,
  settleAttempt,
} from "../../../domain/delivery/attempt_result.ts";
import {
  addOutcome,
  type AttemptOutcome,
  newestFailure,
  NO_OUTCOMES,
  openForAttempt,
  OUTCOME_ORDER,
  outcomeOfReceipt,
  outcomeOfResult,
  type Outcomes,
  reportedStatus,
  statusAfter,
  type StatusFact,
} from "../../../domain/delivery/outcomes.ts";
import { RECEIPT_KINDS } from "../../../domain/delivery/receipt.ts";
import {
  FINAL_STATUSES,
  mayCorrect,
  mayMove,
  type Status,
  statusOfReceipt,
} from "../../../domain/notification/status.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";

interface Report {
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
}

const OUTCOMES = OUTCOME_ORDER.sms;
const LAST_ATTEMPT = 3;
const anyReport = fc.record({
  attempt: fc.integer({ min: 0, max: LAST_ATTEMPT }),
  outcome: fc.constantFrom(...OUTCOMES),
});
const anyChannel = fc.constantFrom(...CHANNELS);

function toOutcomes(reports: readonly Report[], channel: Channel): Outcomes {
  return reports.reduce(
    (outcomes, { attempt, outcome }) => addOutcome(outcomes, attempt, outcome, channel),
    NO_OUTCOMES,
  );
}

/** A report, or one of the ways in which Hark ends a notification. */
type Fact = { readonly report: Report } | { readonly decision: Status };

/** A notification in memory: as the store, one status and the outcomes. */
function apply(facts: readonly Fact[], channel: Channel, newest: number) {
  let status: Status = "created";
  let outcomes = NO_OUTCOMES;
  const changes: Status[] = [];
  for (const fact of facts) {
    if ("report" in fact) {
      const { attempt, outcome } = fact.report;
      outcomes = addOutcome(outcomes, attempt, outcome, channel);
    }
    const wish: StatusFact = "report" in fact
      ? {
        status: fact.report.outcome === "accepted" ? "sending" : fact.report.outcome,
        outcome: fact.report.outcome,
      }
      : { status: fact.decision, outcome: undefined };
    const next = statusAfter(status, wish, outcomes, newest);
    if (next === undefined) continue;
    assert.ok(mayMove(status, next) || mayCorrect(status, next), `${status} → ${next}`);
    changes.push(next);
    status = next;
  }
  return { status, outcomes, changes };
}

const ENDS = ["temporary-failure", "technical-failure", "cancelled", "expired"] as const;

/** An end by Hark, and reports that can come with it: what a provider has accepted is neither cancelled nor expired. */
const anyEnd = fc.record({
  decision: fc.constantFrom(...ENDS),
  reports: fc.array(anyReport, { maxLength: 6 }),
}).map(({ decision, reports }) => ({
  decision,
  reports: reports.filter(({ outcome }) => outcome !== "accepted" || mayMove("sending", decision)),
}));

Deno.test("statusAfter: ends in one status for every order, repetition and interleaving of reports and of Hark's end", () => {
  fc.assert(
    fc.property(
      anyChannel,
      anyEnd,
      fc.infiniteStream(fc.nat()),
      fc.boolean(),
      (channel, { reports, decision }, random, isRepeated) => {
        const facts: Fact[] = [...reports.map((report) => ({ report })), { decision }];
        const shuffled = shuffle([...facts, ...isRepeated ? facts : []], random);
        const expected = reportedStatus(toOutcomes(reports, channel)) ?? decision;
        assert.equal(apply(facts, channel, LAST_ATTEMPT).status, expected);
        assert.equal(apply(shuffled, channel, LAST_ATTEMPT).status, expected);
      },
    ),
    { numRuns: 3_000 },
  );
});

Deno.test("statusAfter: settles at once when all facts come again, so that no repetition makes a status oscillate", () => {
  fc.assert(fc.property(
    anyChannel,
    anyEnd,
    (channel, { reports, decision }) => {
      const facts: Fact[] = [...reports.map((report) => ({ report })), { decision }];
      const once = apply(facts, channel, LAST_ATTEMPT);
      const thrice = apply([...facts, ...facts, ...facts], channel, LAST_ATTEMPT);
      assert.deepEqual(thrice.status, once.status);
      // A change needs an outcome of an attempt that grows: their number is bounded.
      const bound = 1 + OUTCOMES.length * (LAST_ATTEMPT + 1);
      assert.ok(thrice.changes.length <= bound + 1, thrice.changes.join(", "));
    },
  ));
});

function shuffle<T>(items: readonly T[], random: Iterator<number>): readonly T[] {
  const left = [...items];
  const shuffled: T[] = [];
  while (left.length > 0) {
    const at = (random.next().value ?? 0) % left.length;
    shuffled.push(...left.splice(at, 1));
  }
  return shuffled;
}

Deno.test("addOutcome: keeps the strongest outcome of each attempt, and touches no other attempt", () => {
  fc.assert(fc.property(anyChannel, fc.array(anyReport), (channel, reports) => {
    const outcomes = toOutcomes(reports, channel);
    assert.equal(toOutcomes(reports.toReversed(), channel), outcomes);
    assert.equal(toOutcomes([...reports, ...reports], channel), outcomes);
    assert.ok(outcomes.length <= LAST_ATTEMPT + 1);
  }));
  assert.equal(addOutcome(" a", 3, "delivered", "sms"), " a d");
  assert.equal(addOutcome(" a d", 1, "permanent-failure", "sms"), " p d");
});

/** The receipts of one attempt, in both orders, and the status that they end in. */
const PAIRS: readonly [Channel, AttemptOutcome, AttemptOutcome, Status][] = [
  ["email", "delivered", "permanent-failure", "permanent-failure"],
  ["email", "delivered", "technical-failure", "technical-failure"],
  ["email", "delivered", "temporary-failure", "delivered"],
  ["email", "temporary-failure", "permanent-failure", "permanent-failure"],
  ["sms", "delivered", "permanent-failure", "delivered"],
  ["sms", "delivered", "temporary-failure", "delivered"],
  ["sms", "delivered", "technical-failure", "delivered"],
  ["sms", "temporary-failure", "permanent-failure", "permanent-failure"],
  ["diia", "delivered", "permanent-failure", "delivered"],
];

for (const [channel, one, other, status] of PAIRS) {
  Deno.test(`statusAfter: ends as ${status} when the same attempt of ${channel} is reported as ${one} and ${other}`, () => {
    for (const outcomes of [[one, other], [other, one]]) {
      const facts = outcomes.map((outcome) => ({ report: { attempt: 1, outcome } }));
      assert.equal(apply(facts, channel, 1).status, status);
    }
  });
}

Deno.test("statusAfter: delivered of any attempt wins, and a failure counts for the newest attempt only", () => {
  const report = (attempt: number, outcome: AttemptOutcome): Fact => ({
    report: { attempt, outcome },
  });
  for (const channel of CHANNELS) {
    const first = report(1, "permanent-failure");
    assert.equal(apply([first], channel, 2).status, "created", "a second attempt is under way");
    assert.equal(apply([first, report(2, "accepted")], channel, 2).status, "sending");
    for (
      const facts of [
        [first, report(2, "accepted"), report(2, "delivered")],
        [report(1, "delivered"), report(2, "permanent-failure")],
        [report(2, "permanent-failure"), report(1, "delivered")],
        [report(0, "delivered"), report(2, "temporary-failure")],
      ]
    ) assert.equal(apply(facts, channel, 2).status, "delivered");
    const both = [first, report(2, "temporary-failure")];
    assert.equal(apply(both, channel, 2).status, "temporary-failure");
    assert.equal(apply(both.toReversed(), channel, 2).status, "temporary-failure");
  }
});

Deno.test("statusAfter: a decision of Hark replaces no final status, and any report of the end replaces it", () => {
  for (const decision of ENDS) {
    for (const outcome of OUTCOMES.filter((outcome) => outcome !== "accepted")) {
      const report = { report: { attempt: 1, outcome } };
      assert.equal(apply([{ decision }, report], "sms", 3).status, outcome);
      assert.equal(apply([report, { decision }], "sms", 1).status, outcome);
    }
    const accepted: Fact = { report: { attempt: 1, outcome: "accepted" } };
    assert.equal(apply([{ decision }, accepted], "sms", 1).status, decision);
  }
  for (const status of FINAL_STATUSES) {
    const hark: StatusFact = { status: "temporary-failure", outcome: undefined };
    assert.equal(statusAfter(status, hark, " p", 1), undefined, status);
  }
});

Deno.test("reportedStatus: undefined until a provider reported the end of an attempt", () => {
  for (const outcomes of ["", NO_OUTCOMES, " a", " a a"]) {
    assert.equal(reportedStatus(outcomes), undefined);
    assert.ok(newestFailure(outcomes) < 1);
  }
  assert.equal(newestFailure(" pta "), 2);
});

Deno.test("outcomeOfReceipt: undefined for a complaint and an unsubscription only", () => {
  for (const kind of RECEIPT_KINDS) {
    assert.equal(outcomeOfReceipt(kind) === undefined, statusOfReceipt(kind) === undefined, kind);
  }
  assert.equal(outcomeOfReceipt("sent"), "accepted");
  assert.equal(outcomeOfReceipt("delivered"), "delivered");
});

Deno.test("outcomeOfResult: tells the provider's answer from decisions of Hark", () => {
  const settle = (outcome: Parameters<typeof settleAttempt>[1], acceptedAt = 0) =>
    outcomeOfResult(settleAttempt(
      {
        number: 1,
        provider: "post",
        channel: "sms",
        acceptedAt,
        international: false,
        unresolved: false,
      },
      outcome,
      0,
      0,
    ));
  assert.equal(settle({ kind: "accepted", providerMessageId: "m" }), "accepted");
  assert.equal(
    settle({ kind: "accepted", providerMessageId: "m", delivered: true }),
    "delivered",
  );
  assert.equal(settle({ kind: "rejected", permanent: true, code: "1" }), "permanent-failure");
  assert.equal(settle({ kind: "rejected", permanent: false, code: "1" }), "technical-failure");
  for (const outcome of ["not-sent", "unknown"] as const) {
    assert.equal(settle({ kind: "retry", outcome, code: "1" }), undefined);
    assert.equal(settle({ kind: "retry", outcome, code: "1" }, -1e9), undefined, "given up");
  }
  for (
    const result of [
      NO_FURTHER_WORK,
      endWithoutReceipt(),
      finishWithoutAttempt("technical-failure", "x"),
      failPermanently("expired", "too-late", true, 0),
    ]
  ) assert.equal(outcomeOfResult(result), undefined);
});

Deno.test("openForAttempt: no failure of an earlier attempt ends the message again, and delivered of any does", () => {
  fc.assert(fc.property(fc.array(anyReport), anyReport, anyChannel, (reports, late, channel) => {
    const nextAttempt = LAST_ATTEMPT + 1;
    const outcomes = openForAttempt(toOutcomes(reports, channel), nextAttempt);
    assert.equal(outcomes.length, nextAttempt + 1);
    assert.equal(openForAttempt(outcomes, nextAttempt), outcomes, "twice is once");
    const after = addOutcome(outcomes, late.attempt, late.outcome, channel);
    if (late.outcome === "accepted" || reportedStatus(after) === "delivered") return;
    const next = statusAfter(
      "created",
      { status: late.outcome, outcome: late.outcome },
      after,
      after.length - 1,
    );
    assert.equal(next, undefined);
  }));
});
