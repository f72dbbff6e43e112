import assert from "node:assert/strict";
import { createDiskBlobs } from "../../adapters/blobs/disk.ts";
import { blobsContract } from "./blobs_contract.ts";

blobsContract({
  name: "disk",
  async open() {
    const folder = await Deno.makeTempDir();
    return {
      blobs: await createDiskBlobs(`${folder}/made/for/it`),
      another: () => createDiskBlobs(`${folder}/made/for/it`),
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
  },
});

Deno.test("createDiskBlobs: keeps files to its own user, and leaves nothing half written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const blobs = await createDiskBlobs(folder);
    await blobs.put("service/one", new Uint8Array(5));
    const names = Array.from(Deno.readDirSync(`${folder}/service`), ({ name }) => name);
    assert.deepEqual(names, ["one"]);
    assert.equal((Deno.statSync(`${folder}/service/one`).mode ?? 0) & 0o777, 0o600);
    assert.equal((Deno.statSync(`${folder}/service`).mode ?? 0) & 0o777, 0o700);
    // When a folder has the file's name, nothing is stored and the temporary file is deleted.
    await assert.rejects(blobs.put("service", new Uint8Array(5)));
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["service"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("createDiskBlobs: refuses a folder that cannot be made", async () => {
  const file = await Deno.makeTempFile();
  try {
    await assert.rejects(createDiskBlobs(`${file}/below`));
  } finally {
    await Deno.remove(file);
  }
});
