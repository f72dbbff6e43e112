/** The SQL of a notification's next status against the rules of the domain. */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  addOutcome,
  NO_OUTCOMES,
  openForAttempt,
  OUTCOME_LETTERS,
  OUTCOME_ORDER,
  statusAfter,
} from "../../../domain/delivery/outcomes.ts";
import { mayRedrive, STATUSES } from "../../../domain/notification/status.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { withNextStatus } from "../../../adapters/libsql/notifications/outcome_sql.ts";
import { BACKENDS } from "../../contracts/backends.ts";
import { accepted, newSender, openBench } from "../../contracts/isolate.ts";

const LAST_ATTEMPT = 3;

/** A decision of Hark, or what a provider said with the status that it asks for. */
const anyFact = fc.oneof(
  fc.record({ wish: fc.option(fc.constantFrom(...STATUSES)), outcome: fc.constant(null) }),
  fc.constantFrom(...OUTCOME_ORDER.sms).map((outcome) => ({
    wish: outcome === "accepted" ? "sending" as const : outcome,
    outcome,
  })),
);

const anyCase = fc.record({
  fact: anyFact,
  channel: fc.constantFrom(...CHANNELS),
  present: fc.constantFrom(...STATUSES),
  before: fc.option(fc.string({ unit: fc.constantFrom(..." atxpd"), minLength: 1, maxLength: 4 })),
  attempt: fc.integer({ min: 0, max: LAST_ATTEMPT }),
  started: fc.integer({ min: 0, max: LAST_ATTEMPT }),
  task: fc.constantFrom("deliver", "expire"),
  unresolved: fc.constantFrom(0, 1),
});

Deno.test("withNextStatus: decides as statusAfter and addOutcome for any status, outcomes and attempt", async () => {
  const [backend] = BACKENDS;
  if (backend === undefined) throw new Error("there is no backend");
  await using bench = await openBench(backend);
  await accepted(bench, await newSender(bench));
  await fc.assert(
    fc.asyncProperty(anyCase, async (plan) => {
      const { channel, present, before, attempt, started, task, unresolved } = plan;
      const { wish, outcome } = plan.fact;
      const letter = outcome === null ? null : OUTCOME_LETTERS[outcome];
      const results = await bench.db.write([
        {
          sql: "UPDATE notifications SET channel = ?, status = ?, outcomes = ?",
          args: [channel, present, before],
        },
        {
          sql: "UPDATE outbox SET attempts = ?, task = ?, unresolved = ?",
          args: [started, task, unresolved],
        },
        {
          sql: withNextStatus(
            `SELECT n.service_id, n.id AS notification_id, ?1 AS status, 1 AS at, '{}' AS change,
              NULL AS added, ?2 AS outcome, ?3 AS attempt FROM notifications AS n`,
            { outcomesOf: "receipts" },
          ),
          args: [wish, letter, attempt],
        },
      ]);
      const row = results.at(-1)?.rows[0];
      const known = before ??
        (present === "delivered" ? " d" : present === "permanent-failure" ? " p" : NO_OUTCOMES);
      const outcomes = outcome === null
        ? before ?? ""
        : addOutcome(known, attempt, outcome, channel);
      assert.equal(row?.outcomes ?? "", outcomes);
      const counted = task === "deliver" || unresolved === 1 ? started : 0;
      const newest = Math.max((before ?? "").length - 1, counted);
      const expected = wish === null
        ? undefined
        : statusAfter(present, { status: wish, outcome: outcome ?? undefined }, outcomes, newest);
      assert.equal(row?.next ?? undefined, expected);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("withNextStatus: a redrive follows STATUS_TABLE and openForAttempt, and leaves all others as they are", async () => {
  const [backend] = BACKENDS;
  if (backend === undefined) throw new Error("there is no backend");
  await using bench = await openBench(backend);
  await accepted(bench, await newSender(bench));
  await fc.assert(
    fc.asyncProperty(anyCase, fc.constantFrom(...STATUSES), async (plan, wish) => {
      const { present, before, attempt } = plan;
      const results = await bench.db.write([
        { sql: "UPDATE notifications SET status = ?, outcomes = ?", args: [present, before] },
        {
          sql: withNextStatus(
            `SELECT n.service_id, n.id AS notification_id, ?1 AS status, 1 AS at, '{}' AS change,
              NULL AS added, ?2 AS attempt FROM notifications AS n`,
            { redrives: true },
          ),
          args: [wish, attempt],
        },
      ]);
      const row = results.at(-1)?.rows[0];
      const isRedriven = mayRedrive(present, wish);
      assert.equal(row?.next, isRedriven ? wish : null);
      const outcomes = isRedriven ? openForAttempt(before ?? NO_OUTCOMES, attempt) : before;
      assert.equal(row?.outcomes, outcomes);
    }),
    { numRuns: 1_000 },
  );
});
