import { endWithoutReceipt, settlePoll } from "../../domain/delivery/attempt_result.ts";
import type { Receipt } from "../../domain/delivery/receipt.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ClaimedRow } from "../../domain/ports/outbox.ts";
import type { Provider } from "../../domain/ports/provider.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import { ATTEMPT_TIMEOUT_MS, type Attempts } from "./attempts.ts";
import type { IsolateFailures } from "./isolate_failures.ts";

/**
 * Handles claimed outbox rows whose message a provider has accepted, but without a final receipt (the provider's report
 * whether the message was delivered). Its methods never reject: a row whose work fails is claimed again later.
 */
export interface AwaitReceipts {
  /**
   * Asks the provider that accepted the messages what became of them, in one call, stores the receipts that it returns,
   * and schedules the next poll of the messages that are not final. When `provider` is `undefined` or the call fails,
   * all are polled again later.
   */
  poll(provider: Provider | undefined, rows: readonly ClaimedRow[]): Promise<void>;
  /** Ends notifications for which no receipt arrived in time, with the status `temporary-failure`. */
  expire(rows: readonly ClaimedRow[]): Promise<void>;
}

/**
 * Creates the part of the dispatcher that handles rows which wait for receipts. It asks the providers for them, passes
 * them to `receipts`, and ends notifications whose receipts do not arrive in time. Receipts that a provider sends
 * unasked do not pass through it.
 */
export function createAwaitReceipts(
  { clock, receipts }: {
    readonly clock: Clock;
    readonly receipts: Pick<ReceiptStore, "receive">;
  },
  { settle }: Pick<Attempts, "settle">,
  isolateFailures: IsolateFailures,
): AwaitReceipts {
  return {
    async poll(provider, rows) {
      const ids = rows.flatMap(({ providerMessageId }) => providerMessageId ?? []);
      const received = await pollProvider(provider, ids);
      const [first] = rows;
      if (received.length > 0 && first !== undefined) {
        await isolateFailures(first.notification, () => receipts.receive(received, clock.now()));
      }
      const now = clock.now();
      await Promise.all(rows.map(({ lease, notification }) =>
        isolateFailures(notification, () => {
          const sinceMs = now - (notification.sentAt ?? notification.createdAt);
          // This also deletes the rows of notifications that a receipt has just completed.
          return settle(lease, undefined, settlePoll(sinceMs, now));
        })
      ));
    },
    async expire(rows) {
      const result = endWithoutReceipt();
      await Promise.all(
        rows.map(({ lease, notification }) =>
          isolateFailures(notification, () => settle(lease, undefined, result))
        ),
      );
    },
  };
}

async function pollProvider(
  provider: Provider | undefined,
  ids: readonly string[],
): Promise<readonly Receipt[]> {
  if (provider?.poll === undefined) return [];
  try {
    return await provider.poll(ids, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS));
  } catch {
    // The rows are polled again later.
    return [];
  }
}
