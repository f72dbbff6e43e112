import assert from "node:assert/strict";
import { createStreamHash } from "../../../application/jobs/file_hash.ts";
import { rowsSource } from "../../../application/jobs/recipient_source.ts";

async function hashOf(bytes: Uint8Array<ArrayBuffer>, size: number): Promise<string> {
  const { stream, digest } = createStreamHash();
  let at = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at += size));
    },
  });
  let length = 0;
  for await (const chunk of source.pipeThrough(stream)) length += chunk.length;
  assert.equal(length, bytes.length);
  return await digest();
}

Deno.test("createStreamHash: depends on the bytes, not on how they are cut into chunks", async () => {
  const bytes = new Uint8Array(2_500_000).map((_, at) => at % 251);
  const hash = await hashOf(bytes, 65_536);
  assert.match(hash, /^[0-9a-f]{64}$/);
  for (const size of [1_000_003, 1_048_576, 2_500_000]) {
    assert.equal(await hashOf(bytes, size), hash);
  }
  for (const at of [0, 1_048_575, 1_048_576, bytes.length - 1]) {
    const other = bytes.slice();
    other[at] = (other[at] ?? 0) ^ 1;
    assert.notEqual(await hashOf(other, 65_536), hash, String(at));
  }
  assert.notEqual(await hashOf(bytes.slice(1), 65_536), hash);
  assert.notEqual(await hashOf(new Uint8Array(0), 1), await hashOf(new Uint8Array(1), 1));
});

Deno.test("rowsSource.hash: covers all rows without serialising them all at once", async (t) => {
  const rows = Array.from({ length: 2_000 }, (_, at) => [String(at), "x"]);
  const hash = await rowsSource(rows).hash();
  assert.equal(await rowsSource(rows.slice()).hash(), hash);
  for (const at of [0, 511, 512, 1_999]) {
    assert.notEqual(await rowsSource(rows.with(at, ["other"])).hash(), hash, String(at));
  }
  assert.notEqual(await rowsSource(rows.slice(0, -1)).hash(), hash);
  await t.step("never serialises the whole list", async () => {
    const never = () => assert.fail("serialised as a whole");
    await rowsSource(Object.assign(rows.slice(), { toJSON: never })).hash();
  });
});
