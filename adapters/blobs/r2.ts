import type { BlobStore } from "../../domain/ports/blob_store.ts";
import { toChunks } from "../chunks.ts";
import { hasMethods } from "../has_methods.ts";
import { callBinding } from "../invocation/invocation.ts";
import { refuseCall } from "../invocation/refuse_call.ts";
import { checkBlobId } from "./blob_id.ts";

/**
 * The part of a Cloudflare R2 binding that is used (developers.cloudflare.com/r2/api/workers/workers-api-reference).
 */
export interface R2Bucket {
  put(key: string, value: Uint8Array): Promise<unknown>;
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  delete(keys: string[]): Promise<void>;
}

/** Max keys that R2 deletes in one call. */
const MAX_DELETED_KEYS = 1_000;

/** Whether a binding of a Worker's environment is an R2 bucket. A KV namespace has no `head`, and all other methods. */
export function isR2Bucket(value: unknown): value is R2Bucket {
  return hasMethods(value, ["put", "get", "delete", "head"]);
}

/** Creates a store of blobs in a Cloudflare R2 bucket. R2 is strongly consistent: a stored blob is readable at once. */
export function createR2Blobs(bucket: R2Bucket): BlobStore {
  return {
    async put(id, bytes) {
      const key = checkBlobId(id);
      await callBucket(() => bucket.put(key, bytes));
    },
    async get(id) {
      const key = checkBlobId(id);
      return await callBucket(async () => {
        const object = await bucket.get(key);
        return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
      });
    },
    async delete(ids) {
      const failed = new Map<string, unknown>();
      for (const keys of toChunks(ids.map(checkBlobId), { maxItems: MAX_DELETED_KEYS })) {
        try {
          await callBucket(() => bucket.delete([...keys]));
        } catch (error) {
          for (const key of keys) failed.set(key, error);
        }
      }
      return failed;
    },
  };
}

/** Calls the bucket. @throws StoreUnavailable when the invocation may make no more calls */
async function callBucket<T>(call: () => Promise<T>): Promise<T> {
  return await callBinding(call).catch(refuseCall);
}
