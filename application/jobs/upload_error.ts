import type { JsonLimitFault } from "../../domain/json/read_json.ts";

/** Why the body of an upload cannot be read. */
export type UploadFault =
  /** The client stopped sending before the end. */
  | { readonly kind: "interrupted" }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  /** The body is not the `multipart/form-data` that its content type announces. */
  | { readonly kind: "not-multipart" }
  /** The form has no file, or another field or file beside it. */
  | { readonly kind: "not-one-file" }
  /** The bodies of all requests together are as large as the process allows; the client may try again. */
  | { readonly kind: "bodies-too-large" }
  | { readonly kind: "not-json" }
  | JsonLimitFault;

/**
 * Thrown while the body of an upload is read. The use cases of `createUploads` catch it and return its fault as a
 * refusal.
 */
export class UploadError extends Error {
  override readonly name = "UploadError";
  readonly fault: UploadFault;

  constructor(fault: UploadFault) {
    super(fault.kind);
    this.fault = fault;
  }
}
