const BLOB_ID = /^[A-Za-z0-9-]+(?:\/[A-Za-z0-9-]+)*$/;

/**
 * Returns `id` unchanged if it is a valid blob id: segments of letters, digits and hyphens, separated by slashes.
 *
 * @throws {RangeError} for any other id, which could name a path outside the blobs, such as a parent folder
 */
export function checkBlobId(id: string): string {
  if (!BLOB_ID.test(id)) throw new RangeError("not a blob's id");
  return id;
}
