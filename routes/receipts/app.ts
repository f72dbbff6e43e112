import { type Context, Hono } from "hono";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { ReceiptRefusal } from "../../domain/delivery/receipt.ts";
import type { ReceiptReader } from "../../domain/ports/receipt_reader.ts";
import { readBytes } from "../http/body.ts";
import type { AppEnv } from "../http/context.ts";
import { methodNotAllowed } from "../http/plain_errors.ts";

/** The largest receipt: a bounce may quote a part of what bounced. */
export const MAX_RECEIPT_BYTES = 256 * 1024;

/** What the surface works with. */
export interface ReceiptPorts {
  readonly clock: Clock;
  readonly receipts: ReceiptStore;
  /** Who can read whose receipts, by the last part of the address. */
  readonly readers: Readonly<Record<string, ReceiptReader>>;
}

/**
 * Makes the addresses that providers report to, `POST /receipts/{provider}`. Nothing is believed before its
 * signature or password is verified; what is verified is on disk before it is answered.
 */
export function createReceipts({ clock, receipts, readers }: ReceiptPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
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

function refuse(c: Context, refusal: ReceiptRefusal): Response {
  switch (refusal.kind) {
    case "unauthorised":
      // 401, never 403: Postmark takes 403 as a wish not to be called again.
      return c.json({ error: "Unauthorized" }, 401, { "WWW-Authenticate": "Basic" });
    case "too-large":
      return c.json({ error: "The body is too large" }, 413);
    case "malformed":
      return c.json({ error: refusal.detail }, 400);
  }
}
