import { toCode } from "../../domain/recipient_settings/otp.ts";

/**
 * Generates a one-time passcode of six digits from the runtime's secure random numbers. Every code is equally likely.
 */
export function createOtp(): string {
  for (;;) {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    const code = toCode(random);
    if (code !== undefined) return code;
  }
}
