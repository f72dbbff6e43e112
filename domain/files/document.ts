/** Files that are sent by e-mail as links, as they are stored. */
import type { DocumentId, NotificationId } from "../ids.ts";
import type { FileExtension } from "./file_types.ts";
import type { DocumentRef } from "./link.ts";
import { DAY_MS } from "../time/durations.ts";

/** Bytes in the type that Web APIs such as `Blob` accept. */
export type FileBytes = Uint8Array<ArrayBuffer>;

/**
 * How long a staged document (stored, and not yet referenced by an accepted notification) is kept, in milliseconds.
 * After that retention deletes it.
 */
export const STAGED_MS = DAY_MS;
/**
 * How long the database row of a document is kept after its file is deleted, in milliseconds: meanwhile the page behind
 * its link says that the file existed.
 */
export const RECORD_RETENTION_MS = 52 * 7 * DAY_MS;

/** A staged document that an accepted notification references now. */
export interface KeptDocument {
  readonly id: DocumentId;
  /** When its file is deleted, epoch milliseconds. */
  readonly expiresAt: number;
}

/** A document (a file that an e-mail links to) as the page behind its link shows it. */
export interface StoredDocument extends DocumentRef {
  readonly notificationId: NotificationId;
  readonly serviceName: string;
  /** Whether the service is active. The page does not offer the documents of an archived service. */
  readonly serviceActive: boolean;
  /** The name that the sender gave; `null` when it gave none, or the file is deleted. */
  readonly name: string | null;
  readonly type: FileExtension;
  /** In bytes. */
  readonly size: number;
  /** Whether the page asks for the recipient's address before it offers the file. */
  readonly confirmEmail: boolean;
  /** When its file is deleted, epoch milliseconds. */
  readonly expiresAt: number;
  /** Whether its file has been deleted. */
  readonly isGone: boolean;
}

/**
 * The result of an attempt to confirm the address of a document's recipient: it is the recipient's (`same`), it is not
 * (`other`), or it was not compared because all attempts of the time window are used up (`too-many`; the window's begin
 * is in epoch milliseconds).
 */
export type AddressAttempt =
  | { readonly outcome: "same" }
  | { readonly outcome: "other" }
  | { readonly outcome: "too-many"; readonly windowBeganAt: number };
