/** Received texts of the sandbox: in development, a program or a person sends them as JSON, without a signature. */
import * as z from "zod/mini";
import type { ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import {
  MAX_PROVIDER_ID,
  MAX_RECEIVED_ADDRESS,
  MAX_RECEIVED_LENGTH,
  parseDigits,
} from "../../../domain/inbound/received_text.ts";
import { parseJson } from "../../../domain/json/parse_json.ts";
import type { InboundReader } from "../../../domain/ports/inbound_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";

const TextBody = z.strictObject({
  id: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_PROVIDER_ID))),
  from: z.string().check(z.minLength(1), z.maxLength(MAX_RECEIVED_ADDRESS)),
  to: z.string().check(z.maxLength(MAX_RECEIVED_ADDRESS)),
  message: z.string().check(z.maxLength(MAX_RECEIVED_LENGTH)),
});

/**
 * Creates the reader of simulated incoming texts: JSON `{"id", "from", "to", "message"}`, where `id` is optional and
 * `to` must be a telephone number. Any other body is refused as `malformed`. The answer is `{"reply"}`, with `null`
 * when there is no reply.
 *
 * @param name the provider's name, which the text repeats
 * @param newId makes the id of a text that has none
 */
export function createSandboxInbound(name: string, newId: () => string): InboundReader {
  return {
    async readText({ readBody }) {
      const body = await readBody();
      if (!body.ok) return body;
      const read = TextBody.safeParse(parseJson(new TextDecoder().decode(body.value)));
      if (!read.success) return malformed("Send JSON with from, to and message");
      const { id, from, to, message } = read.data;
      const number = parseDigits(to);
      if (number === undefined) return malformed("to is not a number");
      return ok({
        provider: name,
        providerMessageId: id ?? newId(),
        from: parseDigits(from) ?? from,
        to: number,
        message,
        handled: undefined,
      });
    },
    presentReply: (reply) => ({
      contentType: "application/json",
      body: JSON.stringify({ reply: reply ?? null }),
    }),
  };
}

function malformed(detail: string): Result<never, ReceiptRefusal> {
  return refuse({ kind: "malformed", detail });
}
