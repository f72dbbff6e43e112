import { type Context, Hono } from "hono";
import type { Clock, ReceiptStore } from "../../domain/ports.ts";
import type { ReceiptReader } from "../../domain/receipt_reader.ts";
import { type HarkEnv, limitBody } from "../http.ts";
import { methodNotAllowed } from "../legacy_errors.ts";

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
export function createReceipts({ clock, receipts, readers }: ReceiptPorts): Hono<HarkEnv> {
  const app = new Hono<HarkEnv>();
  const tooLarge = (c: Context) => c.json({ error: "The body is too large" }, 413);
  app.use("/receipts/*", limitBody(tooLarge, MAX_RECEIPT_BYTES));
  for (const [name, reader] of Object.entries(readers)) {
    app.post(`/receipts/${name}`, async (c) => {
      const url = new URL(c.req.url);
      const read = await reader.readReceipts({
        url: url.pathname + url.search,
        headers: c.req.raw.headers,
        rawBody: new Uint8Array(await c.req.arrayBuffer()),
      });
      if (!read.ok) {
        // 401, never 403: Postmark takes 403 as a wish not to be called again.
        return read.refusal.kind === "unauthorised"
          ? c.json({ error: "Unauthorized" }, 401, { "WWW-Authenticate": "Basic" })
          : c.json({ error: read.refusal.detail }, 400);
      }
      await receipts.receive(read.value, clock.now());
      return c.json({ result: "success" });
    });
    app.all(`/receipts/${name}`, methodNotAllowed);
  }
  return app;
}
