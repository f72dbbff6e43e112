/** One-time codes by time (RFC 6238), for authenticator apps: six digits, 30 seconds, SHA-1. */
export interface Totp {
  /** A new secret of 20 random bytes, in base32. */
  newSecret(): Promise<string>;
  /** The address `otpauth://totp/…` for the QR code. */
  uriOf(secret: string, account: string): Promise<string>;
  /**
   * Finds the time step whose code this is: the present one, the one before or the one after.
   *
   * @param now epoch milliseconds
   * @returns the step's number; `undefined` when the code is of none of them
   */
  findStep(secret: string, code: string, now: number): Promise<number | undefined>;
}
