/** How much work still fits into what an invocation of a serverless platform may do. */
import type { PerInvocation, WorkBudget } from "../domain/ports/invocation.ts";
import type { Channel } from "../domain/service/service.ts";

/** The budget of a process that serves by itself. */
export const UNLIMITED: WorkBudget = {
  leftMs: () => Infinity,
  callsLeft: () => Infinity,
  callsAtOnce: () => Infinity,
  messagesLeft: () => Infinity,
  countMessages: () => {},
};

/** Makes one value for all callers, as in a process that serves by itself. */
export const inOneProcess: PerInvocation = (create) => {
  const value = create();
  return () => value;
};

/** What an invocation must have left to begin a piece of work. Times are in milliseconds. */
export interface Needs {
  readonly ms: number;
  readonly calls: number;
}

/** Whether the budget has left what a piece of work needs. */
export function suffices(budget: WorkBudget, { ms, calls }: Needs): boolean {
  return budget.leftMs() >= ms && budget.callsLeft() >= calls;
}

/** What accepting the rows of one chunk of a job needs: they are planned, encrypted and written in a few steps. */
export const A_CHUNK: Needs = { ms: 10_000, calls: 24 };
/**
 * The time that is left for the result of an attempt to be recorded, in milliseconds: longer than the pauses between its
 * tries.
 */
export const RECORD_MS = 5_000;
/** The time of an attempt, in milliseconds: a call of a provider takes 10 seconds at most. */
export const ATTEMPT_MS = 10_000;
/**
 * The time of an attempt for an inbox, in milliseconds: it is a write of the database, safe to repeat when it is cut off.
 */
export const INBOX_ATTEMPT_MS = 2_000;
/** The calls of a claim, whatever it finds: the claim itself, starts, results and receipts, tries included. */
export const CALLS_A_CLAIM = 16;
/**
 * The most calls of one claimed message: its service and its template are read, its provider is called, the result is
 * recorded, and receipts are that came with it or before it. Most messages share most of these calls.
 */
export const CALLS_A_MESSAGE = 6;
/** The most calls of one claimed message whose provider takes batches: its template is read. */
export const CALLS_A_BATCHED_MESSAGE = 1;

/** The calls that the messages of a channel cost. */
interface ClaimCost {
  readonly channel: Channel;
  /** The calls of each message. */
  readonly callsEach: number;
  /** The calls that messages of all channels will still make that are claimed already. */
  readonly callsUnderWay: number;
}

/** How many messages of a channel can be claimed, sent and settled within the rest of the budget. */
export function affordableMessages(
  budget: WorkBudget,
  { channel, callsEach, callsUnderWay }: ClaimCost,
): number {
  const attemptMs = channel === "inbox" ? INBOX_ATTEMPT_MS : ATTEMPT_MS;
  if (budget.leftMs() < attemptMs + RECORD_MS) return 0;
  const calls = budget.callsLeft() - CALLS_A_CLAIM - callsUnderWay;
  return Math.max(0, Math.min(Math.floor(calls / callsEach), budget.messagesLeft()));
}
