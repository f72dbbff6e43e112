import type { FileBytes } from "../files/document.ts";

/**
 * Stores the encrypted files of e-mails, by id, on disk or in an object store. The bytes are always ciphertext.
 *
 * Ids consist of ASCII letters, digits, `-` and the separator `/` between two segments. With any other id every method
 * rejects with a `RangeError`.
 */
export interface BlobStore {
  /**
   * Stores all of the bytes or none. They are durable when it returns. A second call with the same id replaces them.
   */
  put(id: string, bytes: FileBytes): Promise<void>;
  /** @returns `undefined` when nothing is stored under the id */
  get(id: string): Promise<FileBytes | undefined>;
  /**
   * Deletes the bytes of several ids, in one call of an object store. An id under which nothing is stored is not an
   * error. One that cannot be deleted does not block the others.
   *
   * @returns the errors of those that could not be deleted, by their ids
   */
  delete(ids: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
}
