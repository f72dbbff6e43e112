/** {@link BlobStore} over R2, in a real workerd (miniflare); miniflare wants a file to itself. */
import { Miniflare } from "npm:miniflare@4.20260730.0";
import { createR2Blobs, isR2Bucket } from "../../adapters/blobs/r2.ts";
import { WORKER_TEST } from "../support/workerd.ts";
import { BLOB_IDS, blobsContract } from "./blobs_contract.ts";

const miniflare = new Miniflare({
  modules: true,
  script: "export default { fetch() { return new Response() } }",
  compatibilityDate: "2026-04-01",
  r2Buckets: ["FILES"],
});

blobsContract({
  name: "R2",
  options: WORKER_TEST,
  async open() {
    const bucket: unknown = await miniflare.getR2Bucket("FILES");
    if (!isR2Bucket(bucket)) throw new TypeError("miniflare gave no bucket");
    return {
      blobs: createR2Blobs(bucket),
      another: () => Promise.resolve(createR2Blobs(bucket)),
      async [Symbol.asyncDispose]() {
        await bucket.delete([...BLOB_IDS]);
      },
    };
  },
});

Deno.test({ name: "miniflare stops", fn: () => miniflare.dispose(), ...WORKER_TEST });
