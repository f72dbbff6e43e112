/** Random secrets of accounts, from the runtime's secure random numbers. */
export interface AccountSecrets {
  /** 32 random bytes in base64url: links, sessions, remembered browsers. */
  newToken(): string;
  /** Six digits, each code equally likely. */
  newCode(): string;
  /** A recovery code: 16 characters of base32, 80 bits. */
  newRecoveryCode(): string;
}
