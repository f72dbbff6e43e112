/**
 * Why a file of a request is refused. `type` is the extension of its name with a dot, or without a file name the MIME
 * type that was detected.
 */
export type FileFault =
  | { readonly kind: "not-base64" }
  | { readonly kind: "empty" }
  | { readonly kind: "too-large" }
  | { readonly kind: "name-too-long" }
  | { readonly kind: "no-extension" }
  | { readonly kind: "unsupported-type"; readonly type: string };

/** The message of each fault, in the words of GOV.UK Notify's document-download API. */
export const FILE_FAULT_MESSAGES = {
  "not-base64": "Document is not base64 encoded",
  "empty": "Document must not be empty",
  "too-large": "Uploaded file exceeds file size limit",
  "name-too-long": "`filename` cannot be longer than 100 characters",
  "no-extension": "`filename` must end with a file extension. For example, filename.csv",
} as const satisfies Record<Exclude<FileFault["kind"], "unsupported-type">, string>;
