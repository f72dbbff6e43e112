import type { AddressAttempt, FileBytes, StoredDocument } from "../files/document.ts";
import type { DocumentRef } from "../files/link.ts";
import type { PlannedDocument } from "../files/plan_files.ts";
import type { DocumentId, ServiceId } from "../ids.ts";

/** Stores the files that e-mails link to: each as a document (a database row) with its encrypted bytes. */
export interface DocumentStore {
  /**
   * Stores documents for a notification that is not accepted yet, each encrypted under its own key. They cannot be
   * fetched until an accepted notification references them. Retention deletes the others after `STAGED_MS`.
   *
   * @param recipient the notification's recipient, normalised; only a keyed hash of it is stored
   * @param now epoch milliseconds
   */
  stage(
    serviceId: ServiceId,
    recipient: string,
    documents: readonly PlannedDocument[],
    now: number,
  ): Promise<void>;
  /**
   * Deletes, of the documents with these ids, those that no accepted notification references: its accept was rejected.
   */
  deleteUnclaimed(serviceId: ServiceId, ids: readonly DocumentId[]): Promise<void>;
  /**
   * Reads a document by its link, for the page behind it.
   *
   * @param key the decoded key of the link
   * @returns the document, also when its file is deleted; `undefined` when it does not exist or has another key: both
   * cases take the same time
   */
  find(ref: DocumentRef, key: FileBytes): Promise<StoredDocument | undefined>;
  /**
   * Counts an attempt to confirm the address of the document's recipient, and compares it. Over `ADDRESS_ATTEMPTS`
   * nothing is compared.
   *
   * @param recipient the normalised address that a visitor typed
   * @param now epoch milliseconds
   * @returns `undefined` when the file was deleted
   */
  tryAddress(
    ref: DocumentRef,
    recipient: string,
    now: number,
  ): Promise<AddressAttempt | undefined>;
  /**
   * Reads and decrypts the file.
   *
   * @param key the decoded key of the link
   * @returns `undefined` when the file was deleted
   * @throws when the key is not the document's
   */
  read(ref: DocumentRef, key: FileBytes): Promise<FileBytes | undefined>;
}
