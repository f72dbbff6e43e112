import type { Log } from "../../domain/ports/log.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";

/** Max codes of receipts that one process logs, each once: a signed receipt can have any code. */
export const MAX_LOGGED_CODES = 200;

/**
 * Wraps the store of receipts: logs each code of a received receipt that the code table of its provider lacks (event
 * `unlisted-code`), so that the table can be completed. A process logs each code once, and {@link MAX_LOGGED_CODES}
 * codes at most. The receipts are stored unchanged.
 */
export function logUnlistedCodes<S extends Pick<ReceiptStore, "receive">>(
  receipts: S,
  log: Log,
): S {
  const logged = new Set<string>();
  return {
    ...receipts,
    async receive(received, now) {
      for (const { provider, code, isUnlistedCode } of received) {
        if (isUnlistedCode !== true || code === undefined) continue;
        const name = `${provider} ${code}`;
        if (logged.has(name) || logged.size >= MAX_LOGGED_CODES) continue;
        logged.add(name);
        log({ event: "unlisted-code", provider, code });
      }
      await receipts.receive(received, now);
    },
  };
}
