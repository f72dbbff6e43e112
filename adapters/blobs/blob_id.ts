const BLOB_ID = /^[A-Za-z0-9-]+(?:\/[A-Za-z0-9-]+)*$/;

/** Returns a valid blob id. @throws {RangeError} when the id could name another path, such as a parent folder */
export function checkBlobId(id: string): string {
  if (!BLOB_ID.test(id)) throw new RangeError("not a blob's id");
  return id;
}
