/** Thrown when a value was encrypted under a master key that is not configured. */
export class MissingMasterKey extends Error {
  override readonly name = "MissingMasterKey";
  /** The name of the key: the first four bytes of its SHA-256 hash, in hexadecimal. */
  readonly masterKeyId: string;

  constructor(masterKeyId: string) {
    super(`encrypted under master key ${masterKeyId}, which is not configured`);
    this.masterKeyId = masterKeyId;
  }
}

/**
 * The message that says to an operator what to do about master keys that are not configured.
 *
 * @param missing their ids
 */
export function adviceOnMasterKeys(missing: readonly string[]): string {
  return `MASTER_KEY does not decrypt the keys in the database (of master key ${
    missing.join(", ")
  }): set the key that the data was encrypted with, or after a rotation the earlier one as ` +
    "MASTER_KEY_PREVIOUS. To see the name of a key: " +
    '"printf %s "$MASTER_KEY" | base64 -d | sha256sum | head -c 8"';
}
