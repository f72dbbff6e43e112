import { Hono } from "hono";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { ReceiptReader } from "../../domain/ports/receipt_reader.ts";
import { readBytes } from "../http/body.ts";
import type { AppEnv } from "../http/context.ts";
import { internalError, methodNotAllowed } from "../http/plain_errors.ts";
import { isStoreUnavailable } from "../http/store_unavailable.ts";
import { refuseWebhook } from "../http/webhook_refusal.ts";

/** Maximum size of a receipt's body, in bytes. A bounce may quote part of the message. */
export const MAX_RECEIPT_BYTES = 256 * 1024;

const NOT_CONFIGURED = "This deployment has no provider of this name configured";

/** Dependencies of {@link createReceipts}. */
export interface ReceiptPorts {
  readonly clock: Clock;
  readonly receipts: ReceiptStore;
  /** Readers of receipts by provider; the key is the last segment of `/receipts/{provider}`. */
  readonly readers: Readonly<Record<string, ReceiptReader>>;
  /** The providers that Hark knows and this deployment has not configured, or does no longer. */
  readonly unconfigured: readonly string[];
  readonly log: Log;
}

/**
 * Creates the webhooks by which providers report what became of messages, `POST /receipts/{provider}`. A receipt is
 * processed only after its signature or password was verified (401 otherwise). Before the answer 200 it is stored, and
 * applied if its notification is known; one that a provider sends again is applied once. 400: a malformed body or one that
 * broke off; 413: a body over {@link MAX_RECEIPT_BYTES}; 503 with `Retry-After`: the store is unavailable, or too many
 * bodies come at once. An event that Hark does not use gets 200.
 *
 * 404 names the reason when the provider is not configured: messages that it had accepted may still wait for its
 * receipts. Calls of a known provider are logged then (`receipt-unconfigured`), once a process, since anybody can make
 * them.
 */
export function createReceipts(
  { clock, receipts, readers, unconfigured, log }: ReceiptPorts,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) =>
    isStoreUnavailable(error) ? refuseWebhook(c, { kind: "store-unavailable" }) : internalError(c)
  );
  for (const [name, reader] of Object.entries(readers)) {
    app.post(`/receipts/${name}`, async (c) => {
      const url = new URL(c.req.url);
      const read = await reader.readReceipts({
        url: url.pathname + url.search,
        headers: c.req.raw.headers,
        readBody: () => readBytes(c, MAX_RECEIPT_BYTES),
      });
      if (!read.ok) return refuseWebhook(c, read.refusal);
      await receipts.receive(read.value, clock.now());
      return c.json({ result: "success" });
    });
    app.all(`/receipts/${name}`, methodNotAllowed);
  }
  const logged = new Set<string>();
  app.all("/receipts/:provider", (c) => {
    const provider = unconfigured.find((name) => name === c.req.param("provider"));
    if (provider !== undefined && !logged.has(provider)) {
      logged.add(provider);
      log({ event: "receipt-unconfigured", provider });
    }
    return c.json({ error: NOT_CONFIGURED }, 404);
  });
  return app;
}
