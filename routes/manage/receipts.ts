import { Hono } from "hono";
import * as z from "zod/mini";
import { MAX_UNMATCHED_LISTED } from "../../domain/ports/receipt_store.ts";
import type { AppEnv } from "../http/context.ts";
import { describe } from "../http/openapi.ts";
import type { ManagePorts } from "./ports.ts";
import { query } from "./validation.ts";

/** The longest id of a message and name of a provider in the query, in UTF-16 units. */
export const MAX_MESSAGE_ID = 255;

const word = z.string().check(z.minLength(1), z.maxLength(MAX_MESSAGE_ID));

/**
 * Creates the route that lists the receipts of a message that no notification has, such as a test message of
 * `deno task receipts`.
 */
export function createReceiptRoutes({ receipts }: Pick<ManagePorts, "receipts">) {
  return new Hono<AppEnv>().get(
    "/",
    describe("List the receipts of a provider’s message that no notification has", {
      200:
        `The receipts, the first first, at most ${MAX_UNMATCHED_LISTED}. They are kept for 7 days`,
    }),
    query(z.strictObject({ provider: word, message_id: word })),
    async (c) => {
      const { provider, message_id } = c.req.valid("query");
      const found = await receipts.listUnmatched(provider, message_id);
      return c.json({
        receipts: found.map(({ kind, receivedAt }) => ({
          kind,
          received_at: new Date(receivedAt).toISOString(),
        })),
      });
    },
  );
}
