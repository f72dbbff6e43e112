import type { ReceiptRefusal } from "../delivery/receipt.ts";
import type { IncomingText } from "../inbound/received_text.ts";
import type { Result } from "../result.ts";
import type { ReceiptRequest } from "./receipt_reader.ts";

/** The HTTP answer to a provider's call that delivered a text. */
export interface InboundAnswer {
  readonly contentType: string;
  readonly body: string;
}

/**
 * Verifies and parses the calls by which one provider delivers texts that people sent. It verifies before it parses, as
 * `ReceiptReader` does.
 */
export interface InboundReader {
  readText(request: ReceiptRequest): Promise<Result<IncomingText, ReceiptRefusal>>;
  /**
   * Returns the HTTP answer to the call of a text. `reply` is sent to the sender of the text; `undefined` sends nothing.
   * Either the answer makes the provider send it, or this calls the provider before it resolves: once, and only for a
   * text that is not repeated. Never rejects.
   *
   * @param isRepeated whether the provider had delivered the text before
   */
  presentReply(
    reply: string | undefined,
    text: IncomingText,
    isRepeated: boolean,
  ): InboundAnswer | Promise<InboundAnswer>;
}
