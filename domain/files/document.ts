/** Files that were sent by e-mail, as they are kept. */
import type { DocumentId, NotificationId } from "../ids.ts";
import type { FileExtension } from "./file_types.ts";
import type { DocumentRef } from "./link.ts";
import { DAY_MS } from "../time/durations.ts";

/** Bytes as Web APIs take them. */
export type FileBytes = Uint8Array<ArrayBuffer>;

/** How long a document is held for the notification that it was stored for. */
export const STAGED_MS = DAY_MS;
/** How long it is known that there was a document, after its file has gone. */
export const REMEMBERED_MS = 52 * 7 * DAY_MS;

/** A staged document that its notification has come for. */
export interface KeptDocument {
  readonly id: DocumentId;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A document as its link shows it. */
export interface StoredDocument extends DocumentRef {
  readonly notificationId: NotificationId;
  readonly serviceName: string;
  /** An archived service's documents are blocked. */
  readonly serviceActive: boolean;
  /** As the sender gave it; `null` when it gave none, or the file has gone. */
  readonly name: string | null;
  readonly type: FileExtension;
  /** In bytes. */
  readonly size: number;
  /** Whether the recipient's address is asked for first. */
  readonly confirmEmail: boolean;
  readonly expiresAt: number;
  /** Whether its file has been deleted. */
  readonly isGone: boolean;
}

/** What came of an attempt to name a document's recipient. */
export type AddressAttempt =
  | { readonly outcome: "same" }
  | { readonly outcome: "other" }
  | { readonly outcome: "too-many"; readonly windowBeganAt: number };
