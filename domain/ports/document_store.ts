import type { AddressAttempt, FileBytes, StoredDocument } from "../files/document.ts";
import type { DocumentRef } from "../files/link.ts";
import type { PlannedDocument } from "../files/plan_files.ts";
import type { DocumentId, ServiceId } from "../ids.ts";

/** Documents with their files. */
export interface DocumentStore {
  /**
   * Stores documents for a notification that is not accepted yet, each encrypted under its own key. Nobody can fetch
   * them before an accept takes them up; those that none takes up within `STAGED_MS` are deleted.
   *
   * @param recipient the notification's recipient, normalised
   */
  stage(
    serviceId: ServiceId,
    recipient: string,
    documents: readonly PlannedDocument[],
    now: number,
  ): Promise<void>;
  /** Deletes those of the documents that no accept has taken up. */
  deleteUnclaimed(serviceId: ServiceId, ids: readonly DocumentId[]): Promise<void>;
  /** @returns `undefined` when there is no such document, or the key is not its own: in the same time */
  find(ref: DocumentRef, key: FileBytes): Promise<StoredDocument | undefined>;
  /** Counts an attempt to name the recipient, and judges it when there is room; `undefined` when it has gone. */
  tryAddress(
    ref: DocumentRef,
    recipient: string,
    now: number,
  ): Promise<AddressAttempt | undefined>;
  /** Opens the file; `undefined` when it has gone. @throws when the key is not the document's */
  read(ref: DocumentRef, key: FileBytes): Promise<FileBytes | undefined>;
}
