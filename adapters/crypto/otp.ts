import { toCode } from "../../domain/recipient_settings/otp.ts";

/** Draws a one-time passcode; every code is equally likely. */
export function createOtp(): string {
  for (;;) {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    const code = toCode(random);
    if (code !== undefined) return code;
  }
}
