import { Hono } from "hono";
import type { ReceiveText } from "../../application/inbound/receive_text.ts";
import type { InboundReader } from "../../domain/ports/inbound_reader.ts";
import { readBytes } from "../http/body.ts";
import type { AppEnv } from "../http/context.ts";
import { internalError, methodNotAllowed } from "../http/plain_errors.ts";
import { isStoreUnavailable } from "../http/store_unavailable.ts";
import { refuseWebhook } from "../http/webhook_refusal.ts";

/** Maximum size of the body of a received text, in bytes. */
export const MAX_INBOUND_BYTES = 64 * 1024;

/** Dependencies of {@link createInbound}. */
export interface InboundPorts {
  readonly receiveText: ReceiveText;
  /** Readers of received texts by provider; the key is the last segment of `/inbound/{provider}`. */
  readonly readers: Readonly<Record<string, InboundReader>>;
}

/**
 * Creates the webhooks by which providers deliver texts that people sent, `POST /inbound/{provider}`. A text is processed
 * only after its signature was verified (401 otherwise), and is stored before the answer 200, which may hold a reply.
 */
export function createInbound({ receiveText, readers }: InboundPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) =>
    isStoreUnavailable(error) ? refuseWebhook(c, { kind: "store-unavailable" }) : internalError(c)
  );
  for (const [name, reader] of Object.entries(readers)) {
    app.post(`/inbound/${name}`, async (c) => {
      const url = new URL(c.req.url);
      const read = await reader.readText({
        url: url.pathname + url.search,
        headers: c.req.raw.headers,
        readBody: () => readBytes(c, MAX_INBOUND_BYTES),
      });
      if (!read.ok) return refuseWebhook(c, read.refusal);
      const { reply, isRepeated } = await receiveText(read.value);
      const { contentType, body } = await reader.presentReply(reply, read.value, isRepeated);
      return c.body(body, 200, { "Content-Type": contentType });
    });
    app.all(`/inbound/${name}`, methodNotAllowed);
  }
  return app;
}
