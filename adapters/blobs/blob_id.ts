const BLOB_ID = /^[A-Za-z0-9-]+(?:\/[A-Za-z0-9-]+)*$/;

/** @throws when an id could name something else than a blob, such as a folder above */
export function checkBlobId(id: string): string {
  if (!BLOB_ID.test(id)) throw new RangeError("not a blob's id");
  return id;
}
