import type { Receipt, ReceiptRefusal } from "../delivery/receipt.ts";
import type { Result } from "../result.ts";

/** A provider's call to our receipt address, before anything in it is believed. */
export interface ReceiptRequest {
  /** Path and query as received: a signature may cover every character. */
  readonly url: string;
  readonly headers: Headers;
  /** For a reader that believes the rest: nothing is read of the calls of others. */
  readBody(): Promise<Result<Uint8Array<ArrayBuffer>, { readonly kind: "too-large" }>>;
}

/**
 * Understands one provider's receipts.
 *
 * Verifies first and parses after, so that nothing about the body of an unverified call is told. An event that
 * is genuine and means nothing to us is an empty list, to be answered 200, so that the provider does not repeat
 * it. The same call read twice gives the same dedupe keys.
 */
export interface ReceiptReader {
  readReceipts(request: ReceiptRequest): Promise<Result<readonly Receipt[], ReceiptRefusal>>;
}
