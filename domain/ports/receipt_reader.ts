import type { Receipt, ReceiptBodyFault, ReceiptRefusal } from "../delivery/receipt.ts";
import type { Result } from "../result.ts";

/** A call to a receipt address, the webhook at which a provider reports about messages; it is not verified yet. */
export interface ReceiptRequest {
  /** The path and query as received: a signature may cover every character. */
  readonly url: string;
  readonly headers: Headers;
  /**
   * Reads the body. A reader calls it after it has verified the headers, so that the body of a forged call is not read.
   */
  readBody(): Promise<Result<Uint8Array<ArrayBuffer>, ReceiptBodyFault>>;
}

/**
 * Verifies and parses the receipts of one provider: its reports about messages that it has accepted.
 *
 * It verifies before it parses, so that the response to an unverified call reveals nothing about its body. A genuine
 * event of a kind that Hark does not use gives an empty list; it is answered with 200, so that the provider does not
 * repeat it. Reading a call twice gives the same dedupe keys.
 */
export interface ReceiptReader {
  readReceipts(request: ReceiptRequest): Promise<Result<readonly Receipt[], ReceiptRefusal>>;
}
