/** Wrappers that count in the metrics what the log, the stores and the sending of callbacks do. */
import { meaningOf } from "../../domain/callbacks/callback_result.ts";
import type { Metrics } from "../../domain/metrics/metrics.ts";
import type { Accept, AcceptResult, AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Log, LogEntry } from "../../domain/ports/log.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { SendCallback } from "../callbacks/send_callback.ts";

/**
 * Wraps the log: the result writes each line to `log` and counts it. Of attempts (event `attempt`) it also records the
 * duration; requests (event `request`) are not counted.
 */
export function observeLog(log: Log, metrics: Metrics): Log {
  return (entry) => {
    log(entry);
    if (entry.event === "attempt") observeAttempt(metrics, entry);
    else if (entry.event !== "request") {
      metrics.count("hark_log_lines_total", { event: String(entry.event) });
    }
  };
}

function observeAttempt(metrics: Metrics, { channel, provider, outcome, ms }: LogEntry): void {
  const labels = { channel: String(channel), provider: String(provider) };
  metrics.count("hark_attempts_total", { ...labels, outcome: String(outcome) });
  metrics.observe("hark_attempt_seconds", labels, Number(ms) / 1_000);
}

/** Wraps the store: the result also counts each notification that it accepts, by channel and kind of key. */
export function observeAccepts(accepts: AcceptStore, metrics: Metrics): AcceptStore {
  const note = (
    { notification: { channel, keyKind } }: Accept,
    result: AcceptResult | undefined,
  ) => {
    if (result?.kind === "accepted") {
      metrics.count("hark_accepted_total", { channel, key_kind: keyKind });
    }
  };
  return {
    ...accepts,
    async accept(accept) {
      const result = await accepts.accept(accept);
      note(accept, result);
      return result;
    },
    async acceptMany(many) {
      const results = await accepts.acceptMany(many);
      for (const [index, accept] of many.entries()) note(accept, results[index]);
      return results;
    },
  };
}

/**
 * Wraps the sending of callbacks: the result also counts the calls by their outcome. For each call that the endpoint
 * took, it records how many seconds after the event that was.
 */
export function observeCallbacks(
  send: SendCallback,
  clock: { now(): number },
  metrics: Metrics,
): SendCallback {
  return async (secrets, message) => {
    const result = await send(secrets, message);
    const outcome = meaningOf(result);
    metrics.count("hark_callbacks_total", { outcome });
    if (outcome === "done" && message.at !== undefined) {
      metrics.observe("hark_callback_lag_seconds", {}, (clock.now() - message.at) / 1_000);
    }
    return result;
  };
}

/**
 * Wraps the store: once receipts are stored, the result counts them by provider and kind. It records how many seconds
 * after the time in the receipt they came, if the receipt has one.
 */
export function observeReceipts(receipts: ReceiptStore, metrics: Metrics): ReceiptStore {
  return {
    ...receipts,
    async receive(received, now) {
      await receipts.receive(received, now);
      for (const { provider, kind, at } of received) {
        metrics.count("hark_receipts_total", { provider, kind });
        if (at !== undefined) {
          metrics.observe("hark_receipt_lag_seconds", { provider }, (now - at) / 1_000);
        }
      }
    },
  };
}
