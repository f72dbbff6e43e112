import { type Context, Hono } from "hono";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { ReceiptRefusal } from "../../domain/delivery/receipt.ts";
import type { ReceiptReader } from "../../domain/ports/receipt_reader.ts";
import { BODY_FAULT_MESSAGES, BODY_RETRY_AFTER_S, readBytes } from "../http/body.ts";
import type { AppEnv } from "../http/context.ts";
import { noteRefusedCredential } from "../http/security_events.ts";
import { internalError, methodNotAllowed } from "../http/plain_errors.ts";
import {
  isStoreUnavailable,
  setStoreRetryAfter,
  STORE_UNAVAILABLE_MESSAGE,
} from "../http/store_unavailable.ts";

/** Maximum size of a receipt: a bounce may quote part of the message. */
export const MAX_RECEIPT_BYTES = 256 * 1024;

/** Ports of {@link createReceipts}. */
export interface ReceiptPorts {
  readonly clock: Clock;
  readonly receipts: ReceiptStore;
  /** Receipt readers by provider; the key is the last segment of the address. */
  readonly readers: Readonly<Record<string, ReceiptReader>>;
}

/**
 * Creates the routes that providers report to, `POST /receipts/{provider}`. A receipt is processed only after its signature
 * or password is verified, and is stored before the response.
 */
export function createReceipts({ clock, receipts, readers }: ReceiptPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) =>
    isStoreUnavailable(error) ? refuse(c, { kind: "store-unavailable" }) : internalError(c)
  );
  for (const [name, reader] of Object.entries(readers)) {
    app.post(`/receipts/${name}`, async (c) => {
      const url = new URL(c.req.url);
      const read = await reader.readReceipts({
        url: url.pathname + url.search,
        headers: c.req.raw.headers,
        readBody: () => readBytes(c, MAX_RECEIPT_BYTES),
      });
      if (!read.ok) return refuse(c, read.refusal);
      await receipts.receive(read.value, clock.now());
      return c.json({ result: "success" });
    });
    app.all(`/receipts/${name}`, methodNotAllowed);
  }
  return app;
}

function refuse(
  c: Context,
  refusal: ReceiptRefusal | { readonly kind: "store-unavailable" },
): Response {
  switch (refusal.kind) {
    case "unauthorised":
      noteRefusedCredential(c, "receipt", refusal.kind, true);
      // 401, never 403: Postmark stops calling after a 403.
      return c.json({ error: "Unauthorized" }, 401, { "WWW-Authenticate": "Basic" });
    case "too-large":
      return c.json({ error: "The body is too large" }, 413);
    case "broken-off":
      return c.json({ error: BODY_FAULT_MESSAGES[refusal.kind] }, 400);
    case "bodies-too-large":
      return c.json({ error: BODY_FAULT_MESSAGES[refusal.kind] }, 503, {
        "Retry-After": String(BODY_RETRY_AFTER_S),
      });
    case "store-unavailable":
      // The provider calls again: a receipt that was stored nevertheless is stored once.
      setStoreRetryAfter(c);
      return c.json({ error: STORE_UNAVAILABLE_MESSAGE }, 503);
    case "malformed":
      return c.json({ error: refusal.detail }, 400);
  }
}
