import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  addOutcome,
  NO_OUTCOMES,
  outcomeOfReceipt,
  reportedStatus,
} from "../../domain/delivery/outcomes.ts";
import type { ReceiptKind } from "../../domain/delivery/receipt.ts";
import type { SendOutcome } from "../../domain/ports/provider.ts";
import type { Backend } from "./backends.ts";
import { ACCEPTED, end, start, statusOf, timeOut, unresolvedMessage } from "./correction_steps.ts";
import { countRows, newSender, openBench, receipt } from "./isolate.ts";

/** A receipt of a sampled sequence. */
interface Report {
  readonly attempt: number;
  readonly kind: ReceiptKind;
}

const KINDS = ["sending", "delivered", "temporary-failure", "permanent-failure"] as const;

/** The contract of the stores: reports in any order end in one status. */
export function correctionsOrderContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`corrections ${name} (${backend.name})`, run);

  test("receive, settle: end in one status for every order and repetition of receipts of several attempts", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    let run = 0;
    const isQuick = backend.name === "embedded, in memory";

    /** Makes two attempts of which the first was lost, and applies the facts in an order. */
    async function statusAfterFacts(
      channel: "sms" | "email",
      facts: readonly (Report | "answer")[],
      answer: SendOutcome,
    ) {
      const name = `run${run++}`;
      const ref = await unresolvedMessage(bench, sender, 1, { channel });
      const second = await start(bench);
      for (const [index, fact] of facts.entries()) {
        bench.time.now += 10;
        if (fact === "answer") {
          await end(bench, second, answer);
          continue;
        }
        const { attempt, kind } = fact;
        const said = receipt(`${name} ${attempt}`, kind, {
          ref,
          attempt,
          dedupeKey: `${name} ${index}`,
        });
        await bench.receipts.receive([said], bench.time.now);
      }
      await timeOut(bench);
      assert.equal(await countRows(bench.db, "outbox"), 0);
      return await statusOf(bench, ref);
    }

    const anyReport = fc.record({
      attempt: fc.constantFrom(1, 2),
      kind: fc.constantFrom(...KINDS),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("sms" as const, "email" as const),
        fc.uniqueArray(anyReport, {
          minLength: 1,
          maxLength: 4,
          selector: ({ attempt, kind }) => `${attempt} ${kind}`,
        }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        async (channel, reports, isRejected, random) => {
          const answer: SendOutcome = isRejected
            ? { kind: "rejected", permanent: false, code: "x" }
            : ACCEPTED(`accepted${run}`);
          const facts = [...reports, "answer" as const];
          const shuffled = [...facts, ...reports]
            .map((fact) => ({ fact, at: random.next().value ?? 0 }))
            .toSorted((a, b) => a.at - b.at).map(({ fact }) => fact);
          const once = shuffled.filter((fact, index) =>
            fact !== "answer" || shuffled.indexOf(fact) === index
          );
          const outcomes = reports.reduce((known, { attempt, kind }) => {
            const outcome = outcomeOfReceipt(kind);
            return outcome === undefined ? known : addOutcome(known, attempt, outcome, channel);
          }, isRejected ? addOutcome(NO_OUTCOMES, 2, "technical-failure", channel) : NO_OUTCOMES);
          const expected = reportedStatus(outcomes) ?? "temporary-failure";
          assert.equal(await statusAfterFacts(channel, facts, answer), expected);
          assert.equal(await statusAfterFacts(channel, once, answer), expected);
        },
      ),
      { numRuns: isQuick ? 80 : 8 },
    );
  });
}
