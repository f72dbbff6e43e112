import type { AddressAttempt, FileBytes, StoredDocument } from "../files/document.ts";
import type { DocumentRef } from "../files/link.ts";
import type { PlannedDocument } from "../files/plan_files.ts";
import type { DocumentId, ServiceId } from "../ids.ts";

/** Stores the documents of e-mails, with their files. */
export interface DocumentStore {
  /**
   * Stores documents for a notification that is not accepted yet, each encrypted under its own key. They cannot be
   * fetched until an accepted notification references them. Retention deletes the others after `STAGED_MS`.
   *
   * @param recipient the notification's recipient, normalised
   */
  stage(
    serviceId: ServiceId,
    recipient: string,
    documents: readonly PlannedDocument[],
    now: number,
  ): Promise<void>;
  /** Deletes the documents among `ids` that no accepted notification references. */
  deleteUnclaimed(serviceId: ServiceId, ids: readonly DocumentId[]): Promise<void>;
  /** @returns `undefined` when the document does not exist or has another key; both cases take the same time */
  find(ref: DocumentRef, key: FileBytes): Promise<StoredDocument | undefined>;
  /**
   * Counts an attempt to confirm the recipient's address and checks it, within a rate limit.
   *
   * @returns `undefined` when the file was deleted
   */
  tryAddress(
    ref: DocumentRef,
    recipient: string,
    now: number,
  ): Promise<AddressAttempt | undefined>;
  /** Reads and decrypts the file. @returns `undefined` when it was deleted @throws when the key is not the document's */
  read(ref: DocumentRef, key: FileBytes): Promise<FileBytes | undefined>;
}
