/** Why a file is refused. `type` is an extension with its dot, or a MIME type when there is no file name. */
export type FileFault =
  | { readonly kind: "not-base64" }
  | { readonly kind: "empty" }
  | { readonly kind: "too-large" }
  | { readonly kind: "name-too-long" }
  | { readonly kind: "no-extension" }
  | { readonly kind: "unsupported-type"; readonly type: string };

/** The messages of GOV.UK Notify's document-download API. */
export const FILE_FAULT_MESSAGES = {
  "not-base64": "Document is not base64 encoded",
  "empty": "Document must not be empty",
  "too-large": "Uploaded file exceeds file size limit",
  "name-too-long": "`filename` cannot be longer than 100 characters",
  "no-extension": "`filename` must end with a file extension. For example, filename.csv",
} as const satisfies Record<Exclude<FileFault["kind"], "unsupported-type">, string>;
