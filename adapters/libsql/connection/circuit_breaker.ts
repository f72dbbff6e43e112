import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";

/** A call of the database that is on its way. Its caller reports how it ended. */
export interface ObservedCall {
  /** Call it once: the database answered, with a result or with the error of a statement. */
  answered(): void;
  /** Call it once: the database did not answer, or not in time. */
  unanswered(): void;
}

/**
 * While the database does not answer (the circuit is open), lets the calls of requests fail at once, except for one
 * at a time that tries whether it answers again.
 */
export interface CircuitBreaker {
  /**
   * Begins a call.
   *
   * @throws StoreUnavailable when the circuit is open and another call tries already
   */
  begin(): ObservedCall;
  /** Begins a call in any case, also while the circuit is open. An answer to it closes the circuit. */
  observe(): ObservedCall;
}

/**
 * Creates a circuit breaker, closed. It opens when a call was not answered in time and no other call was answered
 * since that one began: a single slow statement opens nothing while others are answered.
 *
 * @param timeoutMs for how long a call that tries keeps others from trying, in milliseconds. An unanswered call that
 * lasted for less than half of it opens nothing: it had little time
 * @param now a clock that never goes back, in milliseconds
 */
export function createCircuitBreaker(timeoutMs: number, now: () => number): CircuitBreaker {
  let answers = 0;
  let isOpen = false;
  let triedUntil = -Infinity;

  function observe(): ObservedCall {
    const answersBefore = answers;
    const since = now();
    return {
      answered() {
        answers++;
        isOpen = false;
        triedUntil = -Infinity;
      },
      unanswered() {
        triedUntil = -Infinity;
        if (answers === answersBefore && now() - since >= timeoutMs / 2) isOpen = true;
      },
    };
  }

  return {
    observe,
    begin() {
      if (!isOpen) return observe();
      if (now() < triedUntil) {
        throw new StoreUnavailable(
          "CIRCUIT_OPEN",
          "the database has not answered since a time-out",
        );
      }
      triedUntil = now() + timeoutMs;
      return observe();
    },
  };
}
