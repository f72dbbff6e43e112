/** Where a Worker keeps the files that are sent by e-mail. */
import { createR2Blobs, isR2Bucket } from "../../adapters/blobs/r2.ts";
import type { BlobStore } from "../../domain/ports/blob_store.ts";
import { ConfigError } from "../config.ts";

/**
 * Opens the bucket of the binding `FILES`. @returns `undefined` without it: files are refused
 *
 * @throws ConfigError when the binding is something else
 */
export function openFilesBucket(binding: unknown): BlobStore | undefined {
  if (binding === undefined) return undefined;
  if (!isR2Bucket(binding)) {
    throw new ConfigError("FILES must be the binding of an R2 bucket (r2_buckets)");
  }
  return createR2Blobs(binding);
}
