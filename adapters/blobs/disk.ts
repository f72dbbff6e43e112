import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobStore } from "../../domain/ports/blob_store.ts";
import { checkBlobId } from "./blob_id.ts";

/**
 * Creates a store of blobs as files in a folder, on one machine or a shared volume. The folder is created if it is
 * missing. A file is written under a temporary name, synced to disk and renamed, so that no reader sees an incomplete
 * file.
 *
 * @throws when the folder cannot be created or written to
 */
export async function createDiskBlobs(folder: string): Promise<BlobStore> {
  const pathOf = (id: string) => join(folder, checkBlobId(id));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const probe = join(folder, `.probe-${crypto.randomUUID()}`);
  await writeDurably(probe, new Uint8Array());
  await rm(probe);
  return {
    async put(id, bytes) {
      const path = pathOf(id);
      const temporary = `${path}.${crypto.randomUUID()}.part`;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      try {
        await writeDurably(temporary, bytes);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(dirname(path));
    },
    async get(id) {
      try {
        return new Uint8Array(await readFile(pathOf(id)));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async delete(ids) {
      const failed = new Map<string, unknown>();
      const files = ids.map((id) => ({ id, path: pathOf(id) }));
      await Promise.all(files.map(async ({ id, path }) => {
        try {
          await rm(path, { force: true });
        } catch (error) {
          failed.set(id, error);
        }
      }));
      return failed;
    },
  };
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes a folder. Without it, a rename may be lost in a crash. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    (error.code === "ENOENT" || error.code === "ENOTDIR");
}
