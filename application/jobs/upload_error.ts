/** What is wrong with the body of an upload itself. */
export type BodyFault =
  | { readonly kind: "interrupted" }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "not-multipart" }
  | { readonly kind: "not-one-file" }
  | { readonly kind: "not-json" };

/** The words for each. */
export const BODY_FAULTS = {
  interrupted: "The upload broke off before its end",
  "too-large": "The upload is too large",
  "not-multipart": "The body is not multipart/form-data as its content type says",
  "not-one-file": "Send one file as the form's only field; all else is asked in the address",
  "not-json": "The body is not JSON",
} as const satisfies Record<BodyFault["kind"], string>;

/** A body that is given up in the midst of reading it; `createUploads` hands the fault on as a value. */
export class UploadError extends Error {
  readonly fault: BodyFault;

  constructor(fault: BodyFault) {
    super(fault.kind);
    this.name = "UploadError";
    this.fault = fault;
  }
}
