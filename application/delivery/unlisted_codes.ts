import type { Log } from "../../domain/ports/log.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";

/** Max codes of receipts that one process logs, each once: a signed receipt can have any code. */
export const MAX_LOGGED_CODES = 200;

/**
 * Logs the codes of receipts that the tables of their provider lack (event `unlisted-code`), each once in a process and
 * up to {@link MAX_LOGGED_CODES}, so that the tables can be completed.
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
