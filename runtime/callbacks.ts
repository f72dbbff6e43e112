/** Builds the callbacks to services: their worker, and what their routes need. */
import { callbackSigner } from "../adapters/callbacks/signing.ts";
import { perInvocation, workBudget } from "../adapters/invocation/invocation.ts";
import type { Encryption } from "../adapters/crypto/envelope_encryption.ts";
import type { AuditWriter } from "../adapters/libsql/accounts/audit_writer.ts";
import { createCallbackOutbox } from "../adapters/libsql/callbacks/callback_outbox.ts";
import { createCallbackStore } from "../adapters/libsql/callbacks/callbacks.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { createCallbackManagement } from "../application/callbacks/manage_callbacks.ts";
import { createCallbackPass } from "../application/callbacks/callback_pass.ts";
import {
  type CallbackWorker,
  createCallbackWorker,
} from "../application/callbacks/callback_worker.ts";
import { observeCallbacks } from "../application/metrics/observe.ts";
import { createCallbackSender } from "../application/callbacks/send_callback.ts";
import { createTestCallback } from "../application/callbacks/test_callback.ts";
import type { CallbackAllowance } from "../domain/callbacks/callback_url.ts";
import type { Metrics } from "../domain/metrics/metrics.ts";
import type { CallEndpoint } from "../domain/ports/callback_caller.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { EventLog } from "../domain/ports/event_log.ts";
import type { Log } from "../domain/ports/log.ts";
import type { CallbackPorts } from "../routes/manage/callbacks/ports.ts";

/** Dependencies of {@link openCallbacks}. */
export interface CallbackOptions {
  readonly db: Database;
  readonly encryption: Encryption;
  readonly audit: AuditWriter;
  readonly events: EventLog;
  readonly clock: Clock;
  /** The time that consumers have: they verify the time that a callback is signed with. */
  readonly outsideClock: Pick<Clock, "now">;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly allowance: CallbackAllowance;
  readonly callEndpoint: CallEndpoint;
}

/**
 * The callbacks of a process. A callback is a request that Hark sends to a service's endpoint when something happens.
 * `worker` sends those that are due, `ports` is for the management routes.
 */
export interface Callbacks {
  readonly worker: CallbackWorker;
  readonly ports: CallbackPorts;
}

/**
 * Builds the callbacks of a process over an open database. Starts nothing: no callback is sent before `worker` runs.
 */
export function openCallbacks(
  { db, encryption, audit, events, clock, outsideClock, log, metrics, allowance, callEndpoint }:
    CallbackOptions,
): Callbacks {
  const callbacks = createCallbackStore({ db, encryption, audit });
  const outbox = createCallbackOutbox({ db, encryption, clock });
  const send = createCallbackSender({
    call: callEndpoint,
    signer: callbackSigner,
    clock,
    outsideClock,
  });
  const runPass = createCallbackPass({
    clock,
    outbox,
    events,
    send: observeCallbacks(send, clock, metrics),
    log,
  });
  return {
    worker: createCallbackWorker({
      clock,
      outbox,
      runPass,
      log,
      budget: workBudget,
      perInvocation,
    }),
    ports: {
      callbacks,
      manage: createCallbackManagement({ clock, callbacks, signer: callbackSigner }),
      allowance,
      test: createTestCallback({ callbacks, send, clock }),
    },
  };
}
