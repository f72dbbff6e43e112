import type { AccountSecrets } from "../../domain/ports/account_secrets.ts";
import { createOtp } from "../crypto/otp.ts";

const TOKEN_BYTES = 32;
const RECOVERY_CODE_CHARACTERS = 16;
/** Base32 without characters that look alike. 32 of them, so that each byte's five low bits choose evenly. */
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Secrets from the runtime's secure random numbers. */
export const accountSecrets: AccountSecrets = {
  newToken() {
    const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
    return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  },
  newCode: createOtp,
  newRecoveryCode() {
    const bytes = crypto.getRandomValues(new Uint8Array(RECOVERY_CODE_CHARACTERS));
    return Array.from(bytes, (byte) => BASE32[byte % BASE32.length]).join("");
  },
};
