/** The test call: sends a made-up callback at once, so that a team sees whether its endpoint works. */
import type { CallbackRef } from "../../domain/callbacks/callback.ts";
import { testPayload } from "../../domain/callbacks/callback_payload.ts";
import { type CallResult, meaningOf } from "../../domain/callbacks/callback_result.ts";
import type { CallbackStore } from "../../domain/ports/callback_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendCallback } from "./send_callback.ts";
import { isRequestIsolated } from "../isolated_requests.ts";

/** How many test calls a process makes at once; a further one gets `busy`. Each lasts 10 seconds at most. */
export const MAX_TEST_CALLS = 4;

/** The result of a test call. `isDone` says whether the endpoint took it: it answered with a status from 200 to 299. */
export interface TestCallResult {
  readonly isDone: boolean;
  readonly result: CallResult;
  /** The body of the call, as JSON. */
  readonly body: string;
  readonly durationMs: number;
}

/**
 * Calls the endpoint of a callback once, with made-up data. It records nothing, and does not change whether the
 * endpoint counts as failing. A failed call is a result, not an error.
 *
 * @returns `undefined` when there is no such callback; `busy` when {@link MAX_TEST_CALLS} are in progress,
 * which are not counted on Workers
 */
export type TestCallback = (ref: CallbackRef) => Promise<TestCallResult | "busy" | undefined>;

/** Creates the function that makes the test calls of a process. */
export function createTestCallback(
  { callbacks, send, clock }: {
    readonly callbacks: Pick<CallbackStore, "getSecrets">;
    readonly send: SendCallback;
    readonly clock: Pick<Clock, "now" | "newId" | "monotonic">;
  },
): TestCallback {
  let calls = 0;

  async function call(ref: CallbackRef): Promise<TestCallResult | undefined> {
    const secrets = await callbacks.getSecrets(ref);
    if (secrets === undefined) return undefined;
    const startedAt = clock.monotonic();
    const body = JSON.stringify(testPayload(ref.kind, clock.now()));
    const id = `test_${clock.newId().replaceAll("-", "")}`;
    const result = await send(secrets, { id, body });
    const durationMs = Math.round(clock.monotonic() - startedAt);
    return { isDone: meaningOf(result) === "done", result, body, durationMs };
  }

  return async (ref) => {
    // One that is cut off would count for ever.
    if (isRequestIsolated()) return await call(ref);
    if (calls >= MAX_TEST_CALLS) return "busy";
    calls++;
    try {
      return await call(ref);
    } finally {
      calls--;
    }
  };
}
