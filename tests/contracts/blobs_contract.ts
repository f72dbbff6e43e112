import assert from "node:assert/strict";
import type { BlobStore } from "../../domain/ports/blob_store.ts";

/** A place for blobs that the contract is run over. */
export interface BlobBackend {
  readonly name: string;
  /** Opens an empty store. */
  open(): Promise<AsyncDisposable & { readonly blobs: BlobStore; another(): Promise<BlobStore> }>;
  /** Further options of its tests. */
  readonly options?: { readonly sanitizeOps: boolean; readonly sanitizeResources: boolean };
}

/** The ids that the contract leaves blobs under. */
export const BLOB_IDS = [
  "6a1b2c3d-0000-4000-8000-0000000000ff/7a1b2c3d-0000-4000-8000-0000000000ff",
  "empty",
  "other",
  "same",
] as const;
const [ID] = BLOB_IDS;

/** The contract of {@link BlobStore}. */
export function blobsContract(backend: BlobBackend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test({ name: `BlobStore ${name} (${backend.name})`, fn: run, ...backend.options });

  test("get: returns the bytes that were put, in other instances too", async () => {
    await using store = await backend.open();
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    await store.blobs.put(ID, bytes);
    assert.deepEqual(await store.blobs.get(ID), bytes);
    assert.deepEqual(await (await store.another()).get(ID), bytes);
  });

  test("put: stores blobs of no bytes and of 2 MiB, and copies its argument", async () => {
    await using store = await backend.open();
    const large = crypto.getRandomValues(new Uint8Array(65_536));
    const whole = new Uint8Array(2 * 1024 * 1024 + 1052);
    for (let at = 0; at < whole.length; at += large.length) {
      whole.set(large.subarray(0, whole.length - at), at);
    }
    const copy = whole.slice();
    await store.blobs.put(ID, whole);
    whole.fill(0);
    assert.deepEqual(await store.blobs.get(ID), copy);
    await store.blobs.put("empty", new Uint8Array());
    assert.deepEqual(await store.blobs.get("empty"), new Uint8Array());
  });

  test("put: stores a view of a buffer as that view only", async () => {
    await using store = await backend.open();
    await store.blobs.put(ID, Uint8Array.from([1, 2, 3, 4]).subarray(1, 3));
    assert.deepEqual(await store.blobs.get(ID), Uint8Array.from([2, 3]));
  });

  test("get: returns undefined for an unknown or deleted id, and delete is idempotent", async () => {
    await using store = await backend.open();
    const { blobs } = store;
    assert.equal(await blobs.get(ID), undefined);
    await blobs.delete([ID]);
    await blobs.put(ID, new Uint8Array(3));
    await blobs.put("other", new Uint8Array(4));
    assert.equal((await blobs.delete([ID])).size, 0);
    assert.equal((await blobs.delete([ID])).size, 0);
    assert.equal(await blobs.get(ID), undefined);
    assert.equal((await blobs.get("other"))?.length, 4);
  });

  test("delete: deletes many, those among them that are not stored included", async () => {
    await using store = await backend.open();
    const { blobs } = store;
    const ids = Array.from({ length: 30 }, (_, at) => `service/${at}`);
    for (const id of ids.slice(0, 20)) await blobs.put(id, new Uint8Array(1));
    await blobs.put("other", new Uint8Array(1));
    assert.equal((await blobs.delete(ids)).size, 0);
    assert.equal((await blobs.delete([])).size, 0);
    for (const id of ids) assert.equal(await blobs.get(id), undefined);
    assert.ok(await blobs.get("other"));
  });

  test("put: replaces the blob of the same id", async () => {
    await using store = await backend.open();
    await store.blobs.put(ID, new Uint8Array(9));
    await store.blobs.put(ID, Uint8Array.from([1]));
    assert.deepEqual(await store.blobs.get(ID), Uint8Array.from([1]));
  });

  test("put: handles many ids concurrently, and one id from many callers", async () => {
    await using store = await backend.open();
    const { blobs } = store;
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => blobs.put(`service/${at}`, new Uint8Array(at + 1))),
    );
    await Promise.all(
      Array.from({ length: 10 }, (_, at) => blobs.put("same", new Uint8Array(1000).fill(at))),
    );
    for (let at = 0; at < 20; at++) {
      assert.equal((await blobs.get(`service/${at}`))?.length, at + 1);
    }
    const same = await blobs.get("same");
    assert.equal(new Set(same).size, 1);
    assert.equal(same?.length, 1000);
  });

  for (const id of ["", "..", "../x", "a/../../x", "/x", "a//b", "a/", "a\0", "a.b", "a b", "ї"]) {
    test(`put, get, delete: throw for the id ${JSON.stringify(id)}`, async () => {
      await using store = await backend.open();
      await assert.rejects(store.blobs.put(id, new Uint8Array(1)), RangeError);
      await assert.rejects(store.blobs.get(id), RangeError);
      await store.blobs.put("other", new Uint8Array(1));
      await assert.rejects(store.blobs.delete(["other", id]), RangeError);
      assert.ok(await store.blobs.get("other"));
    });
  }
}
