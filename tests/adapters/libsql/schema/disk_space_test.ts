import assert from "node:assert/strict";
import {
  FREE_SPACE,
  requireDiskSpace,
} from "../../../../adapters/libsql/schema/copy/disk_space.ts";
import { SchemaError } from "../../../../adapters/libsql/schema/schema_error.ts";

const SIZE = 4_000_000_000;

Deno.test("requireDiskSpace: accepts exactly the free space that a copy needs, and names both when a byte is missing", async () => {
  const disk = (free: number) => () => Promise.resolve({ size: SIZE, free });
  await requireDiskSpace("/data/hark.db", disk(SIZE * FREE_SPACE));
  await assert.rejects(
    requireDiskSpace("/data/hark.db", disk(SIZE * FREE_SPACE - 1)),
    (error: unknown) => {
      assert.ok(error instanceof SchemaError);
      assert.match(error.message, /needs 6000 MB of free space beside \/data\/hark\.db/);
      return true;
    },
  );
});

Deno.test("requireDiskSpace: reads the size and the free space of a real file", async () => {
  await using file = await makeFile();
  await requireDiskSpace(file.path);
});

async function makeFile() {
  const path = await Deno.makeTempFile();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}
