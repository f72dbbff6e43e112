/** Files that are sent by e-mail as links, as they are stored. */
import type { DocumentId, NotificationId } from "../ids.ts";
import type { FileExtension } from "./file_types.ts";
import type { DocumentRef } from "./link.ts";

/** Bytes as Web APIs take them. */
export type FileBytes = Uint8Array<ArrayBuffer>;

/** How long a staged document waits for its notification to be accepted, in milliseconds. After that it is deleted. */
export const STAGED_MS = 86_400_000;
/** How long the record of a document is kept after its file is deleted, in milliseconds. */
export const RECORD_RETENTION_MS = 52 * 7 * 86_400_000;

/** A staged document whose notification is accepted, so that it is committed. */
export interface KeptDocument {
  readonly id: DocumentId;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A document as the page behind its link shows it. */
export interface StoredDocument extends DocumentRef {
  readonly notificationId: NotificationId;
  readonly serviceName: string;
  /** An archived service's documents are blocked. */
  readonly serviceActive: boolean;
  /** The name that the sender gave; `null` when it gave none, or the file is deleted. */
  readonly name: string | null;
  readonly type: FileExtension;
  /** In bytes. */
  readonly size: number;
  /** Whether the page asks for the recipient's address before it offers the file. */
  readonly confirmEmail: boolean;
  readonly expiresAt: number;
  /** Whether its file has been deleted. */
  readonly isGone: boolean;
}

/** The result of an attempt to confirm the address of a document's recipient. */
export type AddressAttempt =
  | { readonly outcome: "same" }
  | { readonly outcome: "other" }
  | { readonly outcome: "too-many"; readonly windowBeganAt: number };
