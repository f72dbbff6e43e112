/** Why a file is not taken. `type` is an extension with its dot, or a MIME type where there was no file name. */
export type FileFault =
  | { readonly kind: "not-base64" }
  | { readonly kind: "empty" }
  | { readonly kind: "too-large" }
  | { readonly kind: "name-too-long" }
  | { readonly kind: "no-extension" }
  | { readonly kind: "unsupported-type"; readonly type: string };

/** What the peer's document service says of each fault (facts/notify.md 1.8). */
export const FILE_FAULT_MESSAGES = {
  "not-base64": "Document is not base64 encoded",
  "empty": "Document must not be empty",
  "too-large": "Uploaded file exceeds file size limit",
  "name-too-long": "`filename` cannot be longer than 100 characters",
  "no-extension": "`filename` must end with a file extension. For example, filename.csv",
} as const satisfies Record<Exclude<FileFault["kind"], "unsupported-type">, string>;
