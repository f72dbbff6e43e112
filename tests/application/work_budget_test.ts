import assert from "node:assert/strict";
import {
  CPU_MS_A_MESSAGE,
  createInvocation,
  perInvocation,
  runInvocation,
  workBudget,
} from "../../adapters/invocation/invocation.ts";
import { SETTLEMENT_CALLS } from "../../adapters/invocation/call_queue.ts";
import { PLAN_LIMITS } from "../../adapters/invocation/plans.ts";
import { createCapacity, MAX_IN_FLIGHT } from "../../application/delivery/capacity.ts";
import {
  affordableMessages,
  ATTEMPT_MS,
  CALLS_A_CLAIM,
  CALLS_A_MESSAGE,
  INBOX_ATTEMPT_MS,
  RECORD_MS,
  suffices,
  UNLIMITED,
} from "../../application/work_budget.ts";
import type { WorkBudget } from "../../domain/ports/invocation.ts";
import { CHANNELS } from "../../domain/service/service.ts";

const budgetOf = (fields: Partial<WorkBudget>): WorkBudget => ({ ...UNLIMITED, ...fields });

Deno.test("affordableMessages: is what the calls, the time and the CPU time suffice for", () => {
  const calls = (left: number) => budgetOf({ callsLeft: () => left });
  const affordable = (budget: WorkBudget) => affordableMessages(budget, "email");
  assert.equal(affordable(UNLIMITED), Infinity);
  assert.equal(affordable(calls(CALLS_A_CLAIM + CALLS_A_MESSAGE - 1)), 0);
  assert.equal(affordable(calls(CALLS_A_CLAIM + CALLS_A_MESSAGE)), 1);
  assert.equal(affordable(calls(0)), 0);
  const time = (left: number) => budgetOf({ leftMs: () => left });
  for (const channel of CHANNELS) {
    const attemptMs = channel === "inbox" ? INBOX_ATTEMPT_MS : ATTEMPT_MS;
    assert.equal(affordableMessages(time(attemptMs + RECORD_MS - 1), channel), 0);
    assert.equal(affordableMessages(time(attemptMs + RECORD_MS), channel), Infinity);
  }
  assert.equal(affordable(budgetOf({ messagesLeft: () => 3 })), 3);
});

Deno.test("suffices: needs both the time and the calls", () => {
  const budget = budgetOf({ leftMs: () => 10, callsLeft: () => 2 });
  assert.equal(suffices(budget, { ms: 10, calls: 2 }), true);
  assert.equal(suffices(budget, { ms: 11, calls: 2 }), false);
  assert.equal(suffices(budget, { ms: 10, calls: 3 }), false);
});

Deno.test("createCapacity: reserves no more for all channels together than the invocation can send", () => {
  const clock = { now: () => 0 };
  const reserve = (budget: WorkBudget) => {
    const capacity = createCapacity(clock, () => undefined, undefined, budget);
    return capacity.reserve().map(({ most }) => most);
  };
  const many = CHANNELS.map(() => 10);
  assert.deepEqual(reserve(budgetOf({ messagesLeft: () => 10 * CHANNELS.length })), many);
  assert.deepEqual(reserve(budgetOf({ messagesLeft: () => 0 })), []);
  assert.deepEqual(reserve(budgetOf({ callsAtOnce: () => 6 })), CHANNELS.map(() => 24));
  assert.deepEqual(reserve(UNLIMITED), CHANNELS.map(() => MAX_IN_FLIGHT));
});

Deno.test("workBudget: is without limits outside of an invocation, and that of the plan within one", () => {
  const read = () => [workBudget.callsLeft(), workBudget.callsAtOnce(), workBudget.messagesLeft()];
  assert.deepEqual(read(), [Infinity, Infinity, Infinity]);
  assert.equal(workBudget.leftMs(), Infinity);
  for (const limits of Object.values(PLAN_LIMITS)) {
    const messages = limits.cpuMs / CPU_MS_A_MESSAGE;
    runInvocation(createInvocation("event", limits), () => {
      assert.deepEqual(read(), [limits.calls - SETTLEMENT_CALLS, limits.connections, messages]);
      assert.ok(workBudget.leftMs() <= limits.eventMs);
      workBudget.countMessages(2);
      assert.equal(workBudget.messagesLeft(), messages - 2);
    });
  }
});

Deno.test("workBudget: the time of a request runs from its answer on", () => {
  const invocation = createInvocation("request", PLAN_LIMITS.paid);
  runInvocation(invocation, () => {
    assert.equal(workBudget.leftMs(), Infinity);
    invocation.beginTail();
    assert.ok(workBudget.leftMs() <= PLAN_LIMITS.paid.tailMs);
  });
});

Deno.test("workBudget: what one invocation uses takes nothing from another", () => {
  const made = perInvocation(() => ({}));
  const [first, second] = [1, 2].map(() => createInvocation("event", PLAN_LIMITS.free));
  if (first === undefined || second === undefined) throw new Error("no invocation");
  runInvocation(first, () => workBudget.countMessages(5));
  runInvocation(first, () => assert.equal(affordableMessages(workBudget, "sms"), 0));
  runInvocation(second, () => assert.ok(affordableMessages(workBudget, "sms") > 0));
  assert.notEqual(runInvocation(first, made), runInvocation(second, made));
});
