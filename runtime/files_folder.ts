import type { BlobStore } from "../domain/ports/blob_store.ts";
import { ConfigError } from "./config.ts";

/**
 * Opens the folder of `FILES_DIR`. A Worker has no folders and does not load what opens one.
 *
 * @throws ConfigError when the folder is not writable
 */
export async function openFilesFolder(folder: string | undefined): Promise<BlobStore | undefined> {
  if (folder === undefined) return undefined;
  const { createDiskBlobs } = await import("../adapters/blobs/disk.ts");
  try {
    return await createDiskBlobs(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`FILES_DIR cannot be written to: ${reason}`, { cause });
  }
}
