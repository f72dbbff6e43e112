import assert from "node:assert/strict";
import { createCircuitBreaker } from "../../../../adapters/libsql/connection/circuit_breaker.ts";

const TIMEOUT_MS = 1_000;

/** A circuit breaker over a clock that the test moves. */
function breakerWithClock() {
  let at = 0;
  const circuit = createCircuitBreaker(TIMEOUT_MS, () => at);
  const wait = (ms: number) => void (at += ms);
  return {
    circuit,
    wait,
    /** A call that is not answered for a time. */
    timeOut(ms = TIMEOUT_MS) {
      const call = circuit.begin();
      wait(ms);
      call.unanswered();
    },
  };
}

const OPEN = { name: "StoreUnavailable", code: "CIRCUIT_OPEN" };

Deno.test("CircuitBreaker: lets one call try after a time-out, and all when that is answered", () => {
  const { circuit, timeOut } = breakerWithClock();
  timeOut();
  const trying = circuit.begin();
  assert.throws(() => circuit.begin(), OPEN);
  trying.answered();
  circuit.begin();
  circuit.begin();
});

Deno.test("CircuitBreaker: lets the next call try when the one that tried was not answered", () => {
  const { circuit, timeOut, wait } = breakerWithClock();
  timeOut();
  timeOut();
  circuit.begin();
  assert.throws(() => circuit.begin(), OPEN);
  wait(TIMEOUT_MS - 1);
  assert.throws(() => circuit.begin(), OPEN, "it may still be under way");
  wait(1);
  circuit.begin();
});

Deno.test("CircuitBreaker: stays closed when another call was answered since the one that timed out began", () => {
  const { circuit, wait } = breakerWithClock();
  const [slow, quick] = [circuit.begin(), circuit.begin()];
  quick.answered();
  wait(TIMEOUT_MS);
  slow.unanswered();
  circuit.begin();
  circuit.begin();
});

Deno.test("CircuitBreaker: stays closed when the call had less than half of the time", () => {
  for (const [ms, isOpen] of [[TIMEOUT_MS / 2 - 1, false], [TIMEOUT_MS / 2, true]] as const) {
    const { circuit, timeOut } = breakerWithClock();
    timeOut(ms);
    circuit.begin();
    if (isOpen) assert.throws(() => circuit.begin(), OPEN);
    else circuit.begin();
  }
});

Deno.test("CircuitBreaker: is closed by the answer to a call that it did not hold back", () => {
  const { circuit, timeOut } = breakerWithClock();
  timeOut();
  circuit.begin();
  circuit.observe().answered();
  circuit.begin();
  circuit.begin();
});
