/** Callbacks in the JSON of the management API. */
import type { SignedCallback } from "../../../application/callbacks/manage_callbacks.ts";
import type { TestCallResult } from "../../../application/callbacks/test_callback.ts";
import type { Callback, LoggedDelivery } from "../../../domain/callbacks/callback.ts";
import { isProbed } from "../../../domain/callbacks/callback_result.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Converts a callback to JSON, without its bearer token and signing secrets. `state` is `active`, `paused` (it is
 * called later, after failures) or `disabled`; times are ISO 8601, UTC.
 *
 * @param now epoch milliseconds; decides whether a pause is over
 */
export function presentCallback(callback: Callback, now: number): Json {
  const { disabledAt, failures, pausedUntil = 0, replay, previousUntil = 0 } = callback;
  const isPaused = pausedUntil > now || isProbed({ failures, pausedUntil });
  return {
    kind: callback.kind,
    url: callback.url,
    state: disabledAt !== undefined ? "disabled" : isPaused ? "paused" : "active",
    failures,
    paused_until: pausedUntil > now ? toIso(pausedUntil) : null,
    disabled_at: toIso(disabledAt),
    position: callback.position,
    waiting: callback.waiting,
    replay: replay === undefined ? null : { next: replay.next, to: replay.to },
    previous_secret_until: previousUntil > now ? toIso(previousUntil) : null,
    created_at: toIso(callback.createdAt),
    updated_at: toIso(callback.updatedAt),
  };
}

/** Converts a callback to JSON, with the signing secret if it has a new one. */
export function presentSigned({ callback, secret }: SignedCallback, now: number): Json {
  const presented = presentCallback(callback, now);
  return secret === undefined ? presented : { ...presented, signing_secret: secret };
}

/**
 * Converts a delivery of a callback's log (one event with the calls that tried to report it) to JSON. Times are ISO
 * 8601, UTC; values that it does not have are `null`.
 */
export function presentDelivery(delivery: LoggedDelivery): Json {
  return {
    number: delivery.number,
    subject_id: delivery.subjectId,
    state: delivery.state,
    tries: delivery.tries,
    http_status: delivery.httpStatus ?? null,
    error: delivery.error ?? null,
    created_at: toIso(delivery.createdAt),
    tried_at: toIso(delivery.triedAt),
    next_try_at: toIso(delivery.dueAt),
  };
}

/**
 * Converts the result of a test call of an endpoint to JSON: `state` is `done` or `failed`, `error` is the fault or
 * `status-` with the HTTP status, `null` when the call succeeded.
 */
export function presentTest({ isDone, result, durationMs }: TestCallResult): Json {
  return {
    state: isDone ? "done" : "failed",
    http_status: "status" in result ? result.status : null,
    error: "failure" in result ? result.failure : isDone ? null : `status-${result.status}`,
    duration_ms: durationMs,
  };
}

function toIso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
