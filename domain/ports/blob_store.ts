import type { FileBytes } from "../files/document.ts";

/**
 * Bytes under names. Whoever holds them sees ciphertext only.
 *
 * Ids are made of letters, digits, `-` and `/`, which parts them; anything else throws.
 */
export interface BlobStore {
  /** Stores all of the bytes or none; durable when it returns. The same id again replaces them. */
  put(id: string, bytes: FileBytes): Promise<void>;
  /** @returns `undefined` when there is nothing under the id */
  get(id: string): Promise<FileBytes | undefined>;
  /** Again without effect. */
  delete(id: string): Promise<void>;
}
