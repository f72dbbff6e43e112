import type { JsonLimitFault } from "../../domain/json/read_json.ts";

/** Why the body of an upload cannot be read. */
export type UploadFault =
  | { readonly kind: "interrupted" }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "not-multipart" }
  | { readonly kind: "not-one-file" }
  | { readonly kind: "bodies-too-large" }
  | { readonly kind: "not-json" }
  | JsonLimitFault;

/**
 * Ends the reading of a body from inside its stream. `createUploads` catches it and returns the fault as a refusal.
 */
export class UploadError extends Error {
  override readonly name = "UploadError";
  readonly fault: UploadFault;

  constructor(fault: UploadFault) {
    super(fault.kind);
    this.fault = fault;
  }
}
